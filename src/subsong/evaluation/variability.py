"""How much renditions vary, and in how many directions.

Legend: N = items, L = latent dimensions, G = groups, R = resamples.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator

Centre = Literal["medoid", "median"]
_SMALLEST_SHARE = 0.01
_BLOCK_CELLS = 1 << 22


def compute_variability_index(latents_NL: np.ndarray, centre: Centre = "medoid") -> float:
    """Return the median squared distance of items from their centre, in squared units of the latents.

    Parameters
    ----------
    latents_NL
        Renditions of one kind of syllable, shape (N, L), N at least 2.
    centre
        ``"medoid"``: the item for which this median is least (Goffinet et al. 2021, figure 4); ``"median"``: the
        median of each coordinate (their figure 6), which costs N instead of N squared.

    Raises
    ------
    SubsongError
        When there are fewer than two items.
    """
    if len(latents_NL) < 2:
        raise SubsongError(f"variability needs at least 2 renditions, found {len(latents_NL)}")
    latents = np.asarray(latents_NL, np.float64)
    if centre == "median":
        return float(np.median(((latents - np.median(latents, axis=0)) ** 2).sum(axis=1)))
    latents = latents - latents.mean(axis=0)
    squares_N = (latents**2).sum(axis=1)
    size = max(1, _BLOCK_CELLS // len(latents))
    least = np.inf
    for start in range(0, len(latents), size):
        block = latents[start : start + size]
        squared_BN = squares_N[start : start + size, None] + squares_N - 2 * block @ latents.T
        least = min(least, float(np.median(np.maximum(squared_BN, 0.0), axis=1).min()))
    return least


def count_effective_dimensions(latents_NL: np.ndarray, smallest_share: float = _SMALLEST_SHARE) -> int:
    """Return how many principal components have at least this share of the variance."""
    variance = _compute_spectrum(latents_NL)
    return int((variance >= smallest_share * variance.sum()).sum()) if variance.sum() > 0 else 0


def compute_participation_ratio(latents_NL: np.ndarray) -> float:
    """Return ``(sum v)^2 / sum v^2`` of the variances v along principal components: L when equal, 1 when there is one.

    NaN when nothing varies.
    """
    variance = _compute_spectrum(latents_NL)
    return float(variance.sum() ** 2 / (variance**2).sum()) if variance.sum() > 0 else float("nan")


def compare_variability(
    latents_NL: np.ndarray,
    groups: np.ndarray,
    centre: Centre = "median",
    num_resamples: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> pl.DataFrame:
    """Return the variability and the dimensions of each group, with bootstrap intervals of the variability.

    Items are resampled within their group. The index is a median, not a mean, so that it is computed anew on every
    resample. Repeats in a resample make its medoid look central: take ``"median"`` for intervals.

    Parameters
    ----------
    latents_NL, groups
        Shapes (N, L) and (N,).
    centre
        As for `compute_variability_index`.
    num_resamples, level, seed
        Of the bootstrap (percentiles, Efron & Tibshirani 1993).

    Returns
    -------
    pl.DataFrame
        ``group``, ``num_items``, ``variability``, ``low``, ``high``, ``effective_dimensions``,
        ``participation_ratio``; groups sorted, those of one item left out.

    Raises
    ------
    SubsongError
        When the lengths differ, or no group has two items.
    """
    if len(groups) != len(latents_NL):
        raise SubsongError(f"{len(latents_NL)} items need as many groups, not {len(groups)}")
    names, counts = np.unique(groups, return_counts=True)
    if counts.max(initial=0) < 2:
        raise SubsongError("no group has 2 renditions or more: variability cannot be computed")
    rows = []
    for name in names[counts >= 2]:
        items = np.asarray(latents_NL, np.float64)[groups == name]
        generator = numpy_generator(seed, "variability", str(name))
        drawn = (items[generator.integers(len(items), size=len(items))] for _ in range(num_resamples))
        values_R = [compute_variability_index(sample, centre) for sample in drawn]
        low, high = np.quantile(values_R, [(1 - level) / 2, (1 + level) / 2]) if values_R else (np.nan, np.nan)
        index, dimensions = compute_variability_index(items, centre), count_effective_dimensions(items)
        rows.append((str(name), len(items), index, low, high, dimensions, compute_participation_ratio(items)))
    columns = ["group", "num_items", "variability", "low", "high", "effective_dimensions", "participation_ratio"]
    return pl.DataFrame(rows, columns, orient="row")


def _compute_spectrum(latents_NL: np.ndarray) -> np.ndarray:
    """Return the variance along each principal component."""
    centred = np.asarray(latents_NL, np.float64)
    centred = centred - centred.mean(axis=0)
    return np.asarray(np.linalg.svd(centred, compute_uv=False) ** 2 / max(1, len(centred)))
