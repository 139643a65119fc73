"""What a warp is judged by: how far the warped template is from the rendition, and the warp from none.

Rendition n at fraction x is modelled by template(w_n(x)): linear between the frames of the template, its first and last
frame beyond them. Its objective is the mean squared error over frames and frequencies, plus `warp_penalty` times the
area between w_n and the identity (the objective of Williams et al. 2020, Neuron 105:246, which AVA uses).

Legend: N = renditions, T = frames, F = frequencies, K = knots, P = proposed warps of each rendition.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from subsong.datasets.warps.config import WarpConfig
from subsong.datasets.warps.warp import Warp, evaluate_on_frames

_CELLS_A_BLOCK = 1 << 21
"""Numbers worked on at a time: bounds memory, changes no result."""


class Places(NamedTuple):
    """Where frames lie in the template: between frame `cell` and the next, at `share` of the way; shape (..., T)."""

    cell: np.ndarray
    share: np.ndarray


class FrameDistances(NamedTuple):
    """Squared distances between the frames of renditions and those of a template.

    They hold all that the error of any warp needs. At share a between template frames i and i + 1, the squared
    distance to an interpolated frame is ``(1 - a) d_i + a d_(i+1) - a (1 - a) s_i``, with s_i the squared distance
    between the two: its cost does not depend on the number of frequencies.

    Attributes
    ----------
    distance_NTT
        Squared distance of frame t of rendition n to frame i of the template, at [n, t, i].
    step_S
        Squared distance from each frame of the template to the next, shape (T - 1,).
    num_freq_bins
        F.
    """

    distance_NTT: np.ndarray
    step_S: np.ndarray
    num_freq_bins: int

    def look_up(self, places: Places) -> tuple[np.ndarray, np.ndarray]:
        """Return the squared distances to the frames before and after each place, shape (N, P, T) each."""
        num, num_bins, _ = self.distance_NTT.shape
        first_NT = np.arange(num * num_bins).reshape(num, 1, num_bins) * num_bins
        index_NPT = places.cell + first_NT
        flat = self.distance_NTT.reshape(-1)
        before = flat.take(index_NPT)
        index_NPT += 1
        return before, flat.take(index_NPT)


def find_places(template_time: np.ndarray) -> Places:
    """Return where template times lie, clamped to its first and last frame, shape (..., T)."""
    last = template_time.shape[-1] - 1
    place = np.clip(template_time, 0.0, 1.0)
    place *= last
    cell = np.minimum(place.astype(np.intp), last - 1)
    place -= cell
    return Places(cell, place)


def compute_frame_distances(spec_NTF: np.ndarray, template_TF: np.ndarray) -> FrameDistances:
    """Return all distances, float64. Each rendition's own do not depend on the others."""
    spec_NTF = np.asarray(spec_NTF, dtype=np.float64)
    distance_NTT = spec_NTF @ template_TF.T
    distance_NTT *= -2.0
    distance_NTT += np.square(spec_NTF).sum(axis=2)[:, :, None]
    distance_NTT += np.square(template_TF).sum(axis=1)
    return FrameDistances(distance_NTT, np.square(np.diff(template_TF, axis=0)).sum(axis=1), spec_NTF.shape[2])


def score_proposals(distances: FrameDistances, x_NPK: np.ndarray, y_NPK: np.ndarray, warp_penalty: float) -> np.ndarray:
    """Return the objective of proposed warps, shape (N, P)."""
    places = find_places(evaluate_on_frames(x_NPK, y_NPK, distances.distance_NTT.shape[1]))
    before, after = distances.look_up(places)
    after -= before
    after *= places.share
    before += after
    before -= places.share * (1.0 - places.share) * distances.step_S[places.cell]
    error_NP = before.mean(axis=2) / distances.num_freq_bins
    score_NP: np.ndarray = error_NP + warp_penalty * compute_area(x_NPK, y_NPK)
    return score_NP


def compute_area(x_K: np.ndarray, y_K: np.ndarray) -> np.ndarray:
    """Return the area between warps and the identity, exact, shape (...) for knots of shape (..., K)."""
    above = y_K - x_K
    left, right = above[..., :-1], above[..., 1:]
    size = np.abs(left) + np.abs(right)
    # Where the warp crosses the identity within a piece, the area is that of two triangles.
    crossed = np.divide(left**2 + right**2, size, out=np.zeros_like(size), where=size > 0)
    area: np.ndarray = (np.diff(x_K) * np.where(left * right < 0, crossed, size)).sum(axis=-1) / 2
    return area


def warp_template(template_TF: np.ndarray, warp: Warp) -> np.ndarray:
    """Return the model of each rendition: the template under its warp, shape (N, T, F)."""
    cell_NT, share_NT = find_places(evaluate_on_frames(*warp, len(template_TF)))
    model_NTF: np.ndarray = template_TF[cell_NT] * (1.0 - share_NT[..., None])
    model_NTF += template_TF[cell_NT + 1] * share_NT[..., None]
    return model_NTF


def compute_objective(spec_NTF: np.ndarray, template_TF: np.ndarray, warp: Warp, warp_penalty: float) -> np.ndarray:
    """Return the objective of each rendition, shape (N,): mean squared error plus penalty."""
    objective_N = warp_penalty * compute_area(*warp)
    for block in iterate_blocks(len(spec_NTF), spec_NTF[0].size):
        error_NTF = warp_template(template_TF, warp.select(block)) - spec_NTF[block]
        objective_N[block] += np.square(error_NTF).mean(axis=(1, 2))
    return objective_N


def compute_total(objective_N: np.ndarray, template_TF: np.ndarray, config: WarpConfig) -> float:
    """Return what fitting makes smaller: the mean objective, and the penalties of the template on the same scale."""
    bend = np.square(np.diff(template_TF, n=2, axis=0)).sum()
    penalty = config.smoothness * bend + config.l2 * np.square(template_TF).sum()
    return float(objective_N.mean() + penalty / template_TF.size)


def iterate_blocks(num: int, cells_each: int) -> Iterator[slice]:
    """Yield slices of renditions that keep what is in memory bounded."""
    size = max(1, _CELLS_A_BLOCK // cells_each)
    yield from (slice(start, min(start + size, num)) for start in range(0, num, size))
