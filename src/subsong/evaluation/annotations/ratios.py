"""Scores that are a ratio of two sums, and how sure they are.

Precision, recall, F1, error rates: each is a count over a count, summed over recordings. That is all an interval needs.

Legend: U = units (recordings), M = scores, R = resamples.
"""

from __future__ import annotations

import numpy as np

from subsong.core.seeds import numpy_generator
from subsong.evaluation.bootstrap import Interval

_BLOCK = 100


def divide(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Return the ratio, NaN where the denominator is 0."""
    numerator, denominator = np.asarray(numerator, np.float64), np.asarray(denominator, np.float64)
    ratio = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=ratio, where=denominator > 0)
    return ratio


def compute_ratio_intervals(
    numerator_UM: np.ndarray,
    denominator_UM: np.ndarray,
    seed: int = 0,
    num_resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Return each ratio of sums with its percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13).

    Parameters
    ----------
    numerator_UM, denominator_UM
        Counts of each unit; the score is ``sum(numerator) / sum(denominator)``, NaN where the latter is 0.
    seed
        Of the resampling; all scores share the resamples.
    num_resamples
        R.
    level
        Share of the resamples within the interval.

    Notes
    -----
    Units are what is drawn independently: recordings, as annotations of one recording are alike. Of one unit there is
    no interval: it is NaN.
    """
    value_M = divide(numerator_UM.sum(0), denominator_UM.sum(0))
    num_units = len(numerator_UM)
    if num_units < 2:
        return Interval(value_M, np.full_like(value_M, np.nan), np.full_like(value_M, np.nan))
    generator = numpy_generator(seed, "annotation scores")
    blocks = []
    for first in range(0, num_resamples, _BLOCK):
        size = min(_BLOCK, num_resamples - first)
        weight_RU = generator.multinomial(num_units, np.full(num_units, 1 / num_units), size=size)
        blocks.append(divide(weight_RU @ numerator_UM, weight_RU @ denominator_UM))
    return Interval(value_M, *_compute_quantiles(np.concatenate(blocks), level))


def compute_outcome_intervals(
    num_matched: int, num_truth: int, num_found: int, seed: int = 0, num_resamples: int = 1000, level: float = 0.95
) -> Interval:
    """Return precision, recall and F1 with intervals over annotations, where there is one recording; each (3,).

    What is drawn is an outcome: a pair, a missed annotation or an extra one. Annotations of one recording are alike,
    so that such intervals are too narrow for what another recording would give.
    """
    outcomes = np.array([num_matched, num_truth - num_matched, num_found - num_matched], np.float64)
    value_M = divide(*_to_ratios(outcomes))
    if outcomes.sum() < 1:
        return Interval(value_M, np.full(3, np.nan), np.full(3, np.nan))
    generator = numpy_generator(seed, "annotation outcomes")
    draws_R3 = generator.multinomial(int(outcomes.sum()), outcomes / outcomes.sum(), size=num_resamples)
    return Interval(value_M, *_compute_quantiles(divide(*_to_ratios(draws_R3)), level))


def _to_ratios(outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return numerators and denominators of precision, recall and F1 of (pairs, missed, extra)."""
    matched, missed, extra = np.moveaxis(outcomes, -1, 0)
    numerator = np.stack([matched, matched, 2 * matched], axis=-1)
    return numerator, np.stack([matched + extra, matched + missed, 2 * matched + missed + extra], axis=-1)


def _compute_quantiles(values_RM: np.ndarray, level: float) -> np.ndarray:
    """Return the low and the high end of each column, shape (2, M); resamples without a value do not count."""
    ends = np.full((2, values_RM.shape[1]), np.nan)
    known = np.isfinite(values_RM).any(axis=0)
    ends[:, known] = np.nanquantile(values_RM[:, known], [(1 - level) / 2, (1 + level) / 2], axis=0)
    return ends
