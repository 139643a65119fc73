"""How well a model completes a list: some of its species are hidden, and should be ranked above those not found.

Candidates are what the model may suggest: every species not shown to it and not of unknown presence. The metrics of
a list are NaN where nothing was hidden. Equal scores share their places: a list's metric is the mean over all orders
of what is tied, so that neither the order of the species nor a constant score can earn anything.

Legend: N = lists, D = species, H = hidden entries of all lists.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from subsong.core.errors import SubsongError
from subsong.core.noise import ItemNoise

_BLOCK_CELLS = 1 << 21
"""Cells worked on at a time: bounds memory, changes no number."""


class HiddenRanks(NamedTuple):
    """Where each hidden entry stands among the candidates of its list.

    Attributes
    ----------
    list_H, species_H
        Row and column of the entry, ascending by row.
    above_H
        Candidates of its list with a higher score.
    tied_H
        Candidates with the same score, itself among them.
    num_candidates_N, num_hidden_N
        Of each list.
    """

    list_H: np.ndarray
    species_H: np.ndarray
    above_H: np.ndarray
    tied_H: np.ndarray
    num_candidates_N: np.ndarray
    num_hidden_N: np.ndarray

    @property
    def rank_H(self) -> np.ndarray:
        """Place of each entry from 1, the mean place where scores are equal."""
        ranks: np.ndarray = self.above_H + (self.tied_H + 1) / 2
        return ranks


class CompletionScores(NamedTuple):
    """The metrics of each list, shape (N,); NaN where nothing was hidden."""

    ndcg: np.ndarray
    recall: np.ndarray
    auc: np.ndarray


def hide_species(
    presence_ND: np.ndarray, share: float = 0.2, seed: int = 0, rows: np.ndarray | None = None
) -> np.ndarray:
    """Choose the species to hide from each list, as a mask of shape (N, D).

    Of a list of two species or more, `share` of them is hidden, rounded, but one at least and not all. Shorter lists
    hide nothing.

    Parameters
    ----------
    presence_ND
        True where the species was found.
    share
        Between 0 and 1, both excluded.
    seed
        Equal seeds hide alike.
    rows
        Number of each list in its dataset, shape (N,); by default 0, 1, 2 ... What is hidden from a list depends on
        the seed, its number and its species alone, so any division into batches gives the same.

    Raises
    ------
    SubsongError
        When the share is not between 0 and 1.
    """
    if not 0 < share < 1:
        raise SubsongError(f"the share of species to hide should lie between 0 and 1, not be {share:g}")
    rows = np.arange(len(presence_ND)) if rows is None else np.asarray(rows)
    hidden_ND = np.zeros(presence_ND.shape, bool)
    for block in _iterate_blocks(presence_ND.shape):
        hidden_ND[block] = _hide_block(np.asarray(presence_ND[block], bool), share, seed, rows[block])
    return hidden_ND


def _hide_block(presence_ND: np.ndarray, share: float, seed: int, rows_N: np.ndarray) -> np.ndarray:
    richness_N = presence_ND.sum(axis=1)
    num_hidden_N = np.clip(np.rint(share * richness_N).astype(np.int64), 1, np.maximum(richness_N - 1, 0))
    like = torch.empty(1, dtype=torch.float64).expand(presence_ND.shape)
    draws_ND = ItemNoise(seed, rows_N, "hide species").uniform(like).numpy()
    row, column = np.nonzero(presence_ND)
    order = np.lexsort((draws_ND[row, column], row))
    place = np.arange(len(row)) - np.repeat(np.cumsum(richness_N) - richness_N, richness_N)
    chosen = order[place < num_hidden_N[row]]
    hidden_ND = np.zeros(presence_ND.shape, bool)
    hidden_ND[row[chosen], column[chosen]] = True
    return hidden_ND


def compute_hidden_share(presence_ND: np.ndarray, hidden_ND: np.ndarray, share: float = 0.2) -> np.ndarray:
    """Return the share of its species that is hidden from each list, shape (N, 1).

    Of short lists it is larger than what `hide_species` was asked for, up to one half. Where nothing is hidden it is
    `share`.
    """
    num_hidden_N1 = hidden_ND.sum(axis=1, keepdims=True)
    richness_N1 = np.maximum(presence_ND.sum(axis=1, keepdims=True), 1)
    share_N1: np.ndarray = np.where(num_hidden_N1 > 0, num_hidden_N1 / richness_N1, share).astype(np.float32)
    return share_N1


def find_candidates(presence_ND: np.ndarray, hidden_ND: np.ndarray, known_ND: np.ndarray | None = None) -> np.ndarray:
    """Return what a model may suggest, as a mask of shape (N, D): known and not shown, on lists that hide something.

    Parameters
    ----------
    presence_ND, hidden_ND
        What was found, and what of it is hidden, bool.
    known_ND
        False where it is unknown whether the species was there; None when all is known.
    """
    candidates_ND: np.ndarray = ~presence_ND | hidden_ND
    candidates_ND &= hidden_ND.any(axis=1, keepdims=True)
    if known_ND is not None:
        candidates_ND &= known_ND
    return candidates_ND


def compute_missed_probability(probability: np.ndarray, missed_share: float | np.ndarray) -> np.ndarray:
    """Return the probability that a species is there although it is not on the list, any shape.

    Parameters
    ----------
    probability
        Of being on the whole list.
    missed_share
        Share of the species of a whole list that is missing from what was shown, in (0, 1]; one number, or an array
        that fits the probabilities.

    Notes
    -----
    Bayes' rule: a species that is there is missing with probability ``m``, one that is not is always missing, so
    ``p m / (p m + 1 - p)``. The order of the species stays as it is.
    """
    missed = probability * missed_share
    # Added in this order, rounding cannot bring the sum below `missed`, and the chance above 1.
    chance: np.ndarray = missed / (missed + (1 - probability))
    return chance


def compute_listed_probability(chance: np.ndarray, missed_share: float | np.ndarray) -> np.ndarray:
    """Return the probability of being on the whole list: `compute_missed_probability` undone, for a share above 0."""
    probability: np.ndarray = chance / (chance + missed_share * (1 - chance))
    return probability


def rank_hidden(scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray) -> HiddenRanks:
    """Find the place of each hidden entry among the candidates of its list, the highest score first.

    Parameters
    ----------
    scores_ND
        Higher is likelier; any scale, infinite values allowed. Only those of candidates matter.
    hidden_ND, candidates_ND
        Bool; every hidden entry is a candidate.

    Raises
    ------
    SubsongError
        When shapes differ, a candidate's score is not a number, or a hidden entry is no candidate.
    """
    _check(scores_ND, hidden_ND, candidates_ND)
    parts = [
        _rank_block(scores_ND[block], hidden_ND[block], candidates_ND[block], block.start)
        for block in _iterate_blocks(scores_ND.shape)
    ]
    row, column, above, tied = (np.concatenate(values) for values in zip(*parts, strict=True))
    return HiddenRanks(row, column, above, tied, candidates_ND.sum(axis=1), hidden_ND.sum(axis=1))


def _rank_block(
    scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray, first_row: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    row, column = np.nonzero(hidden_ND)
    ordered_ND = np.where(candidates_ND, scores_ND, np.nan)
    ordered_ND.sort(axis=1)  # what is not a number comes last
    size, score = candidates_ND.sum(axis=1)[row], scores_ND[row, column]
    below = _count_smaller(ordered_ND, row, size, score, or_equal=False)
    not_above = _count_smaller(ordered_ND, row, size, score, or_equal=True)
    return row + first_row, column, size - not_above, not_above - below


def _count_smaller(
    ordered_ND: np.ndarray, row_H: np.ndarray, size_H: np.ndarray, score_H: np.ndarray, or_equal: bool
) -> np.ndarray:
    """Return how many of the first `size_H` values of a row are below a score: a binary search, all rows at once."""
    low, high = np.zeros_like(size_H), size_H.copy()
    compare = np.less_equal if or_equal else np.less
    while (is_open := low < high).any():
        middle = (low + high) // 2
        goes_up = compare(ordered_ND[row_H, np.minimum(middle, ordered_ND.shape[1] - 1)], score_H)
        low = np.where(is_open & goes_up, middle + 1, low)
        high = np.where(is_open & ~goes_up, middle, high)
    return low


def score_completion(
    scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray, ndcg_k: int = 100, recall_k: int = 20
) -> CompletionScores:
    """Return `compute_ndcg`, `compute_recall` and `compute_list_auc` of each list from one ranking."""
    ranks = rank_hidden(scores_ND, hidden_ND, candidates_ND)
    return CompletionScores(_ndcg(ranks, ndcg_k), _recall(ranks, recall_k), _auc(ranks))


def compute_ndcg(scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray, k: int = 100) -> np.ndarray:
    """Return the normalised discounted cumulative gain of each list's first `k` suggestions, shape (N,).

    A hidden species at place r earns 1 / log2(r + 1); the sum is divided by that of the best order, in which the
    first min(k, hidden) places are all hits (Liang, Krishnan, Hoffman & Jebara 2018). Arguments as of `rank_hidden`.
    """
    return _ndcg(rank_hidden(scores_ND, hidden_ND, candidates_ND), k)


def compute_recall(scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray, k: int = 20) -> np.ndarray:
    """Return the hits among each list's first `k` suggestions divided by min(k, hidden), shape (N,) (as Liang 2018)."""
    return _recall(rank_hidden(scores_ND, hidden_ND, candidates_ND), k)


def compute_list_auc(scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray) -> np.ndarray:
    """Return how often a hidden species of the list outscores a candidate that was not found, ties half, shape (N,).

    NaN also where every candidate is hidden.
    """
    return _auc(rank_hidden(scores_ND, hidden_ND, candidates_ND))


def _ndcg(ranks: HiddenRanks, k: int) -> np.ndarray:
    return _compute_gain(ranks, 1.0 / np.log2(np.arange(2, k + 2)))


def _recall(ranks: HiddenRanks, k: int) -> np.ndarray:
    return _compute_gain(ranks, np.ones(k))


def _compute_gain(ranks: HiddenRanks, discount_K: np.ndarray) -> np.ndarray:
    """Return what the places of the hits are worth over the worth of the best order; what is tied shares its places."""
    num_places = len(discount_K)
    worth = np.concatenate([[0.0], np.cumsum(discount_K)])
    last_H = np.minimum(ranks.above_H + ranks.tied_H, num_places)
    gain_H = (worth[last_H] - worth[np.minimum(ranks.above_H, num_places)]) / ranks.tied_H
    gain_N = np.bincount(ranks.list_H, gain_H, minlength=len(ranks.num_hidden_N))
    return _divide(gain_N, worth[np.minimum(ranks.num_hidden_N, num_places)])


def _auc(ranks: HiddenRanks) -> np.ndarray:
    num_hidden_N = ranks.num_hidden_N
    below_H = ranks.num_candidates_N[ranks.list_H] - ranks.above_H - ranks.tied_H
    won_N = np.bincount(ranks.list_H, below_H + (ranks.tied_H - 1) / 2, minlength=len(num_hidden_N))
    # Each pair of hidden species was counted once among them, whoever won.
    won_N = won_N - num_hidden_N * (num_hidden_N - 1) / 2
    return _divide(won_N, num_hidden_N * (ranks.num_candidates_N - num_hidden_N))


def _check(scores_ND: np.ndarray, hidden_ND: np.ndarray, candidates_ND: np.ndarray) -> None:
    shapes = [array.shape for array in (scores_ND, hidden_ND, candidates_ND)]
    if len(set(shapes)) != 1 or len(shapes[0]) != 2:
        raise SubsongError(f"scores, hidden and candidates should have one shape (lists, species), not {shapes}")
    if (hidden_ND & ~candidates_ND).any():
        row, column = np.argwhere(hidden_ND & ~candidates_ND)[0]
        raise SubsongError(f"row {row} hides column {column}, which is no candidate there: what is hidden is not shown")
    is_bad_ND = np.isnan(scores_ND) & candidates_ND
    if is_bad_ND.any():
        row, column = np.argwhere(is_bad_ND)[0]
        raise SubsongError(f"the score at row {row}, column {column} is not a number: the model has diverged")


def _iterate_blocks(shape: tuple[int, ...]) -> Iterator[slice]:
    """Yield slices that cover the rows, one at least."""
    num_rows, num_columns = shape
    size = max(1, _BLOCK_CELLS // max(1, num_columns))
    yield from (slice(start, min(start + size, num_rows)) for start in range(0, max(1, num_rows), size))


def _divide(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Return the quotient, NaN where there is nothing to divide by."""
    quotient: np.ndarray = np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0)
    return quotient
