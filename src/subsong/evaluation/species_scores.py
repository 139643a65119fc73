"""How well each species is told: over the lists where it could be, whether its scores find those where it is.

Legend: N = lists, D = species.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from subsong.evaluation.completion import compute_list_auc, rank_hidden


def compute_species_auc(scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray) -> np.ndarray:
    """Return how well each species' scores tell the lists it was hidden from from those that lack it, shape (D,).

    Over the lists where the species is a candidate; ties count half. NaN for a species that is hidden nowhere or
    lacks nowhere. Works for any predictions of presence: give presence as hidden and what is known as candidates.
    """
    return compute_list_auc(*_transpose(scores_ND, hidden_ND, candidates_ND))


def compute_species_average_precision(
    scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray
) -> np.ndarray:
    """Return the average precision of each species over the lists where it is a candidate, shape (D,).

    The mean over its hits of the precision among all lists that score at least as high; lists of equal score come
    together, so a constant score earns the share of hits. NaN for a species that is hidden nowhere.
    """
    scores_DN, hidden_DN, candidates_DN = _transpose(scores_ND, hidden_ND, candidates_ND)
    among_all = rank_hidden(scores_DN, hidden_DN, candidates_DN)
    among_hits = rank_hidden(scores_DN, hidden_DN, hidden_DN)
    precision_H = (among_hits.above_H + among_hits.tied_H) / (among_all.above_H + among_all.tied_H)
    total_D = np.bincount(among_all.list_H, precision_H, minlength=scores_ND.shape[1])
    with np.errstate(invalid="ignore"):
        average_D: np.ndarray = total_D / among_all.num_hidden_N
    return average_D


def average_by_prevalence(
    values_D: np.ndarray, prevalence_D: np.ndarray, edges: Sequence[float] = (0.0, 0.001, 0.01, 0.05, 0.2, 1.0)
) -> pl.DataFrame:
    """Average a score over species of like prevalence: columns ``low``, ``high``, ``mean`` and ``num_species``.

    A class holds prevalences above its low edge up to its high edge, the first also its low edge. Species without a
    score (NaN) are left out; a class without any has no mean.
    """
    bounds = np.asarray(edges, np.float64)
    class_D = np.clip(np.searchsorted(bounds, prevalence_D, side="left") - 1, 0, len(bounds) - 2)
    is_scored_D = np.isfinite(values_D)
    counts = np.bincount(class_D[is_scored_D], minlength=len(bounds) - 1)
    totals = np.bincount(class_D[is_scored_D], values_D[is_scored_D], minlength=len(bounds) - 1)
    with np.errstate(invalid="ignore"):
        mean = pl.Series(totals / counts).fill_nan(None)
    return pl.DataFrame({"low": bounds[:-1], "high": bounds[1:], "mean": mean, "num_species": counts})


def _transpose(*arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return arrays with lists and species exchanged: a species is then ranked over lists as a list is over species."""
    return tuple(np.ascontiguousarray(array.T) for array in arrays)
