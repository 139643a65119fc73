"""The variability index at every step of a motif at once, also of resamples that hold a rendition more than once.

Legend: R = renditions, M = rows taken of them, S = steps along the motif, L = latent dimensions.
"""

from __future__ import annotations

import numpy as np

from subsong.evaluation.variability import Centre


def compute_variability_along(latents_RSL: np.ndarray, centre: Centre = "median") -> np.ndarray:
    """Return the variability index at each step, shape (S,): as `compute_variability_index` of each step by itself."""
    return compute_index_along(np.asarray(latents_RSL, np.float64), np.arange(len(latents_RSL)), centre)


def compute_index_along(latents_RSL: np.ndarray, rows_M: np.ndarray, centre: Centre) -> np.ndarray:
    """Return the index of the renditions `rows_M`, some of which may come more than once, at each step, shape (S,).

    Around a medoid, a rendition that comes several times is its own neighbour once only: copies at no distance would
    make it look central.
    """
    latents_SML = latents_RSL[rows_M].swapaxes(0, 1)
    if centre == "median":
        distance_SM = ((latents_SML - np.median(latents_SML, axis=1, keepdims=True)) ** 2).sum(axis=2)
        return np.asarray(np.median(distance_SM, axis=1))
    return _compute_medoid_index(latents_SML, rows_M)


def _compute_medoid_index(latents_SML: np.ndarray, rows_M: np.ndarray) -> np.ndarray:
    """Return the least median squared distance from a rendition, where each is its own neighbour once."""
    centred_SML = latents_SML - latents_SML.mean(axis=1, keepdims=True)
    square_SM = (centred_SML**2).sum(axis=2)
    squared_SMM = square_SM[:, :, None] + square_SM[:, None] - 2 * centred_SML @ centred_SML.swapaxes(1, 2)
    is_same_MM = rows_M[:, None] == rows_M
    # Of a rendition that was drawn several times, the further copies are passed over: they come first.
    ordered_SMM = np.sort(np.where(is_same_MM, 0.0, np.maximum(squared_SMM, 0.0)), axis=2)
    num_copies_M = is_same_MM.sum(axis=1) - 1
    middle_M = num_copies_M + len(rows_M) - 1
    own_M = np.arange(len(rows_M))
    low_SM, high_SM = ordered_SMM[:, own_M, middle_M // 2], ordered_SMM[:, own_M, -(-middle_M // 2)]
    return np.asarray(((low_SM + high_SM) / 2).min(axis=1))
