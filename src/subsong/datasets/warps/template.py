"""The template that fits given warps best: regularised least squares, solved exactly.

Legend: N = renditions, T = frames, F = frequencies.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solveh_banded
from scipy.sparse import coo_array

from subsong.datasets.warps.objective import find_places, iterate_blocks
from subsong.datasets.warps.warp import Warp, evaluate_on_frames


def fit_template(spec_NTF: np.ndarray, warp: Warp, smoothness: float, l2: float) -> np.ndarray:
    """Return the template with the least total objective, float64, shape (T, F).

    Notes
    -----
    It minimises the squared error summed over renditions, plus N * `smoothness` times its squared second differences,
    plus N * `l2` times its squares. A frame of a rendition touches two neighbouring frames of the template and a second
    difference three, so the normal equations have five diagonals.
    """
    num, num_bins, num_freq_bins = spec_NTF.shape
    bands_3T = num * _build_penalty(num_bins, smoothness, l2)
    target_TF = np.zeros((num_bins, num_freq_bins))
    for block in iterate_blocks(num, num_bins * num_freq_bins):
        cell_NT, share_NT = find_places(evaluate_on_frames(*warp.select(block), num_bins))
        cell, share = cell_NT.ravel(), share_NT.ravel()
        bands_3T[2] += np.bincount(cell, (1 - share) ** 2, num_bins) + np.bincount(cell + 1, share**2, num_bins)
        bands_3T[1] += np.bincount(cell + 1, share * (1 - share), num_bins)
        frame = np.arange(cell.size)
        rows, columns = np.concatenate([cell, cell + 1]), np.concatenate([frame, frame])
        spread = coo_array((np.concatenate([1 - share, share]), (rows, columns)), (num_bins, cell.size)).tocsr()
        target_TF += spread @ np.asarray(spec_NTF[block], dtype=np.float64).reshape(-1, num_freq_bins)
    template_TF: np.ndarray = solveh_banded(bands_3T, target_TF)
    return template_TF


def _build_penalty(num_bins: int, smoothness: float, l2: float) -> np.ndarray:
    """Return the diagonals of the penalties' matrix in the upper form of `solveh_banded`, shape (3, T)."""
    bands_3T = np.zeros((3, num_bins))
    for offset, weight in enumerate((1.0, 4.0, 1.0)):
        bands_3T[2, offset : num_bins - 2 + offset] += smoothness * weight
    bands_3T[1, 1:-1] -= 2 * smoothness
    bands_3T[1, 2:] -= 2 * smoothness
    bands_3T[0, 2:] = smoothness
    bands_3T[2] += l2
    return bands_3T
