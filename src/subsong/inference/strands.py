"""Maps of sequences as strands: successive windows of a rendition are held together, whatever else lies near them.

The layout is UMAP's, on a graph of nearest neighbours in which the distance between successive windows is multiplied
by 1e-3 (Goffinet et al. 2021, eLife 10:e67855, figure 7). The graph has K neighbours a window, so that memory grows
with the number of windows, not with its square.

Legend: N = windows, L = latent dimensions, K = neighbours of a window, C = candidates for them.
"""

from __future__ import annotations

import numpy as np

from subsong.core.errors import SubsongError
from subsong.inference.neighbour_graph import NeighbourGraph, find_neighbour_graph
from subsong.inference.projection import (
    Projection,
    ProjectionOptions,
    check_latents,
    fit_principal_axes,
    project,
)
from subsong.inference.umap_layout import lay_out_graph

STRAND_FACTOR = 1e-3
_MIN_ITEMS = 5


def fit_strands(
    latents_NL: np.ndarray,
    offsets: np.ndarray,
    seed: int = 0,
    options: ProjectionOptions | None = None,
    factor: float = STRAND_FACTOR,
) -> Projection:
    """Lay windows out as strands, from left to right as the data vary most.

    Parameters
    ----------
    latents_NL
        Codes of windows, sequence after sequence.
    offsets
        Where each sequence begins, and the number of windows, as of `LatentSequences`.
    seed
        Of the layout; one thread and a seed repeat it.
    options
        As of every map; the metric must be euclidean.
    factor
        What distances between successive windows are multiplied by; 1 is a plain UMAP.

    Returns
    -------
    Projection
        Of the kind ``umap``, with these coordinates: it is saved, and other windows are placed on it, as any map. Other
        windows lie near the fitted windows they are most like; their succession is not used.

    Raises
    ------
    SubsongError
        When there are too few windows, one is not finite, or `factor` is not above 0 and at most 1.
    """
    options, latents = options or ProjectionOptions(), check_latents(latents_NL)
    if len(latents) < _MIN_ITEMS or not np.ptp(latents, axis=0).any():
        raise SubsongError(f"strands need at least {_MIN_ITEMS} windows that differ, found {len(latents)}")
    if not 0 < factor <= 1:
        raise SubsongError(f"the factor of distances along a strand is {factor:g}: expected above 0 and at most 1")
    if options.metric != "euclidean":
        raise SubsongError(f"strands know the euclidean metric only, not {options.metric}")
    graph = build_strand_graph(latents, offsets, min(options.num_neighbours, len(latents) - 1), factor)
    start = project(latents, fit_principal_axes(latents, 2), 2)
    return Projection("umap", options, seed, latents, lay_out_graph(graph, start, seed, options.min_distance))


def build_strand_graph(
    latents_NL: np.ndarray, offsets: np.ndarray, num_neighbours: int, factor: float = STRAND_FACTOR
) -> NeighbourGraph:
    """Return the nearest neighbours of each window, where those before and after it count as `factor` times as far.

    Parameters
    ----------
    latents_NL, offsets, factor
        As for `fit_strands`.
    num_neighbours
        K, the window itself among them; at least 3, so that both of its neighbours in time can be.
    """
    nearest = find_neighbour_graph(latents_NL, num_neighbours)
    num_windows = len(latents_NL)
    sequence_N = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    indices, distances = [nearest.index_NK], [nearest.distance_NK]
    for shift in (-1, 1):
        other_N = np.clip(np.arange(num_windows) + shift, 0, num_windows - 1)
        is_strand_N = (sequence_N[other_N] == sequence_N) & (other_N != np.arange(num_windows))
        # Found among the nearest as well, it counts once.
        distances[0][(nearest.index_NK == other_N[:, None]) & is_strand_N[:, None]] = np.inf
        apart_N = factor * np.linalg.norm(latents_NL - latents_NL[other_N], axis=1)
        indices.append(other_N[:, None])
        distances.append(np.where(is_strand_N, apart_N, np.inf)[:, None])
    index_NC, distance_NC = np.concatenate(indices, axis=1), np.concatenate(distances, axis=1)
    distance_NC[:, 0] = -1.0  # the window itself stays first, even before its equals
    kept_NK = np.argsort(distance_NC, axis=1, kind="stable")[:, :num_neighbours]
    index_NK, distance_NK = (np.take_along_axis(values, kept_NK, axis=1) for values in (index_NC, distance_NC))
    distance_NK[:, 0] = 0.0
    return NeighbourGraph(index_NK, distance_NK)
