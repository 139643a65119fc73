"""How sure a mean over lists is: intervals by resampling them.

Legend: N = lists, M = columns (metrics or methods), R = resamples.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.seeds import numpy_generator


class Interval(NamedTuple):
    """Means with their intervals, each of shape (M,); NaN for a column without values."""

    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def compute_bootstrap_interval(
    values_NM: np.ndarray,
    seed: int = 0,
    groups: np.ndarray | None = None,
    num_resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return the mean of each column with its percentile bootstrap interval (Efron & Tibshirani 1993).

    Parameters
    ----------
    values_NM
        NaN where an example has no value: it is left out of that column.
    seed
        Of the resampling. All columns share the resamples, so that methods can be compared.
    groups
        What is drawn together, shape (N,), such as the site of each list; None draws lists. Lists of one place are
        alike, and an interval over lists is then too narrow.
    num_resamples
        R.
    level
        Share of the resamples within the interval.
    """
    sums_GM, counts_GM = _sum_groups(np.asarray(values_NM, np.float64), groups)
    generator = numpy_generator(seed, "bootstrap")
    num_groups = len(sums_GM)
    means_RM = np.empty((num_resamples, sums_GM.shape[1]))
    with np.errstate(invalid="ignore"):
        for number in range(num_resamples):
            drawn = generator.integers(max(1, num_groups), size=num_groups)
            weight_G = np.bincount(drawn, minlength=num_groups).astype(np.float64)
            means_RM[number] = (weight_G @ sums_GM) / (weight_G @ counts_GM)
        mean_M = sums_GM.sum(axis=0) / counts_GM.sum(axis=0)
    low_M, high_M = _compute_quantiles(means_RM, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean_M, low_M, high_M)


def _sum_groups(values_NM: np.ndarray, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the sum and the number of values in each group, shape (G, M)."""
    has_value_NM = np.isfinite(values_NM)
    sums, counts = np.where(has_value_NM, values_NM, 0.0), has_value_NM.astype(np.float64)
    if groups is None:
        return sums, counts
    _, number_N = np.unique(groups, return_inverse=True)
    totals = np.zeros((2, number_N.max() + 1, values_NM.shape[1]))
    np.add.at(totals[0], number_N, sums)
    np.add.at(totals[1], number_N, counts)
    return totals[0], totals[1]


def _compute_quantiles(means_RM: np.ndarray, levels: list[float]) -> np.ndarray:
    """Return quantiles over resamples, shape (levels, M); a resample without values does not count."""
    quantiles = np.full((len(levels), means_RM.shape[1]), np.nan)
    for column, means_R in enumerate(means_RM.T):
        known_R = means_R[np.isfinite(means_R)]
        if len(known_R):
            quantiles[:, column] = np.quantile(known_R, levels)
    return quantiles
