"""Whether probabilities mean what they say: of all cells given 20 %, one in five should hold the species.

Cells of unknown presence never count. All functions take arrays of any one shape, such as (lists, species).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError

Bins = Literal["equal_mass", "equal_width", "square_root"]


def compute_brier(probability: np.ndarray, outcome: np.ndarray, known: np.ndarray | None = None) -> float:
    """Return the mean squared difference of probability and outcome over the known cells (Brier 1950).

    Parameters
    ----------
    probability
        In [0, 1].
    outcome
        Bool, of the same shape.
    known
        Which cells count; None counts all.

    Raises
    ------
    SubsongError
        When shapes differ or a probability of a known cell lies outside [0, 1].
    """
    predicted, happened = _select_known(probability, outcome, known)
    difference = predicted - happened
    return float(np.mean(difference**2, dtype=np.float64)) if len(difference) else float("nan")


def compute_calibration_curve(
    probability: np.ndarray,
    outcome: np.ndarray,
    known: np.ndarray | None = None,
    num_bins: int = 10,
    bins: Bins = "equal_mass",
) -> pl.DataFrame:
    """Compare what was predicted with what was found, in bins of the probability.

    Parameters
    ----------
    probability, outcome, known
        As of `compute_brier`.
    num_bins
        At most; equal probabilities are never divided, so there may be fewer of equal mass.
    bins
        ``equal_mass``: as many cells in each, ``equal_width``: edges evenly spaced, ``square_root``: edges evenly
        spaced in the root of the probability, which shows rare species and common ones.

    Returns
    -------
    polars.DataFrame
        One row a bin that holds a cell: ``low`` and ``high`` edge (above low, up to high; the first holds its low
        edge too), mean ``predicted`` probability, ``observed`` frequency, ``count`` of cells.

    Notes
    -----
    Cells of one list, and of one place, depend on each other: the counts overstate how sure a bin is.
    """
    predicted, happened = _select_known(probability, outcome, known)
    high = _choose_upper_edges(predicted, num_bins, bins)
    low = np.concatenate([predicted.min(initial=high[0], keepdims=True) if bins == "equal_mass" else [0.0], high[:-1]])
    bin_of_cell = np.searchsorted(high, predicted, side="left")
    count = np.bincount(bin_of_cell, minlength=len(high))
    total_predicted = np.bincount(bin_of_cell, predicted, minlength=len(high))
    total_happened = np.bincount(bin_of_cell, happened, minlength=len(high))
    used = count > 0
    return pl.DataFrame(
        {
            "low": low[used],
            "high": high[used],
            "predicted": total_predicted[used] / count[used],
            "observed": total_happened[used] / count[used],
            "count": count[used],
        }
    )


def compute_calibration_error(curve: pl.DataFrame) -> float:
    """Return the expected calibration error of a curve: mean of |predicted - observed|, weighted by count.

    The error depends on the bins and falls with fewer of them (Naeini, Cooper & Hauskrecht 2015): compare errors of
    equal bins only.
    """
    gap = (curve["predicted"] - curve["observed"]).abs().to_numpy()
    return float(np.average(gap, weights=curve["count"].to_numpy())) if len(gap) else float("nan")


def _select_known(
    probability: np.ndarray, outcome: np.ndarray, known: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probabilities (float) and outcomes (0 or 1) of the cells that count, flat."""
    shapes = {np.shape(probability), np.shape(outcome), np.shape(probability if known is None else known)}
    if len(shapes) != 1:
        raise SubsongError(f"probabilities, outcomes and what is known should have one shape, not {sorted(shapes)}")
    where = slice(None) if known is None else np.ravel(known)
    predicted, happened = np.ravel(probability)[where], np.ravel(outcome)[where]
    is_bad = ~((predicted >= 0) & (predicted <= 1))
    if is_bad.any():
        raise SubsongError(
            f"probabilities should lie in [0, 1], but {is_bad.sum()} do not, the first being {predicted[is_bad][0]}"
        )
    return predicted, happened.astype(predicted.dtype)


def _choose_upper_edges(predicted: np.ndarray, num_bins: int, bins: Bins) -> np.ndarray:
    even = np.arange(1, num_bins + 1) / num_bins
    if bins == "equal_mass" and len(predicted):
        return np.unique(np.quantile(predicted, even, method="inverted_cdf"))
    return even**2 if bins == "square_root" else even
