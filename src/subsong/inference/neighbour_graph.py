"""Who lies nearest to whom among items, and how strongly that ties them: the graph that UMAP lays out.

Neighbours are found exactly, by comparing each item with all others: for 10,000 items that takes about a second, and
an approximate search would first be compiled for longer than that. Memory grows with the number of items only.

Legend: N = items, L = latent dimensions, K = neighbours of an item.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import coo_matrix

_NUM_HALVINGS = 64
_SMALLEST_SCALE = 1e-3


class NeighbourGraph(NamedTuple):
    """The nearest neighbours of each item, itself first.

    Attributes
    ----------
    index_NK, distance_NK
        Which items, int64, and how far, float64, ascending.
    """

    index_NK: np.ndarray
    distance_NK: np.ndarray


def find_neighbour_graph(latents_NL: np.ndarray, num_neighbours: int, metric: str = "euclidean") -> NeighbourGraph:
    """Return the nearest neighbours of each item, exactly.

    Parameters
    ----------
    latents_NL
        Finite.
    num_neighbours
        K, the item itself among them: from 2 to N.
    metric
        euclidean, cosine, correlation or manhattan.
    """
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=num_neighbours - 1, metric=metric, algorithm="brute").fit(latents_NL)
    # Asked for no items in particular, the search leaves each one itself out, among its equals too.
    distance, index = search.kneighbors()
    if metric == "euclidean":
        # The search expands squares, by which equal items come to lie apart: measured again, they do not.
        distance = np.stack([np.linalg.norm(latents_NL - latents_NL[near], axis=1) for near in index.T], axis=1)
        order = np.argsort(distance, axis=1, kind="stable")
        index, distance = (np.take_along_axis(values, order, axis=1) for values in (index, distance))
    own_N1 = np.arange(len(latents_NL))[:, None]
    return NeighbourGraph(
        np.concatenate([own_N1, index], axis=1), np.concatenate([np.zeros(own_N1.shape), distance], axis=1)
    )


def compute_ties(graph: NeighbourGraph) -> coo_matrix:
    """Return how strongly neighbours are tied, symmetric, from 0 to 1, shape (N, N), without zeros.

    Notes
    -----
    The fuzzy set of UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426, algorithms 2 and 3): the nearest
    neighbour is tied by 1, the others by ``exp(-(distance - nearest) / scale)``, where each item's scale is such that
    its ties add up to ``log2(K)``; of the two ties of a pair, ``a + b - ab`` counts. What umap-learn computes, whose
    functions would be compiled for seconds in every process.
    """
    from scipy.sparse import coo_matrix

    num_items, num_near = graph.index_NK.shape
    apart_NK = np.where(graph.distance_NK > 0, graph.distance_NK, np.inf)
    nearest_N1 = apart_NK.min(axis=1, keepdims=True)
    nearest_N1[np.isinf(nearest_N1)] = 0.0  # all neighbours are equal to the item
    beyond_NK = np.maximum(graph.distance_NK - nearest_N1, 0.0)
    scale_N1 = _find_scales(beyond_NK[:, 1:], np.log2(num_near))[:, None]
    mean_N1 = np.where(nearest_N1 > 0, graph.distance_NK.mean(axis=1, keepdims=True), graph.distance_NK.mean())
    tie_NK = np.exp(-beyond_NK / np.maximum(scale_N1, np.maximum(_SMALLEST_SCALE * mean_N1, np.finfo(float).tiny)))
    rows, columns = np.repeat(np.arange(num_items), num_near - 1), graph.index_NK[:, 1:].ravel()
    ties = coo_matrix((tie_NK[:, 1:].ravel(), (rows, columns)), shape=(num_items, num_items)).tocsr()
    both = (ties + ties.T - ties.multiply(ties.T)).tocoo()
    both.eliminate_zeros()
    return both


def _find_scales(beyond_NK: np.ndarray, target: float) -> np.ndarray:
    """Return the scale of each item at which its ties add up to `target`, shape (N,), by halving intervals."""
    low, high = np.zeros(len(beyond_NK)), np.full(len(beyond_NK), np.inf)
    scale = np.ones(len(beyond_NK))
    for _ in range(_NUM_HALVINGS):
        is_wide = np.exp(-beyond_NK / scale[:, None]).sum(axis=1) > target
        low, high = np.where(is_wide, low, scale), np.where(is_wide, scale, high)
        scale = np.where(np.isinf(high), 2 * scale, 0.5 * (low + high))
    return scale
