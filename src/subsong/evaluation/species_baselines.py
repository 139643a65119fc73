"""What a model of checklists has to beat: how common each species is, and linear models of which occur together.

All are fitted to `Cooccurrence`, the counts of lists by species and by pair of species, which a sparse matrix of a
million lists gives in seconds. Only the baseline of prevalence gives probabilities (`is_probability`); the scores of
the others order species and mean nothing else.

Legend: N = lists, D = species, L = components.

Notes
-----
A training cell of unknown presence is replaced by the species' prevalence among the lists where it is known: it is
then evidence neither for nor against any other species.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np
import polars as pl
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.datasets.splits import assign_splits
from subsong.evaluation.completion import compute_ndcg, find_candidates, hide_species

Cells: TypeAlias = np.ndarray | csr_array
"""Cells that are set, shape (N, D): dense, or sparse with the others not stored."""

EASE_L2 = 250.0
L2_CANDIDATES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)
_MIN_UNITS = 2
"""Lists, or groups of such, that can be divided at all."""
_MAX_HELD_LISTS = 10_000


class SpeciesBaseline(Protocol):
    """Something that scores every species, given those shown."""

    @property
    def name(self) -> str:
        """What it is called in tables and figures."""
        ...

    @property
    def is_probability(self) -> bool:
        """Whether its scores are probabilities of presence."""
        ...

    def score(self, shown_ND: np.ndarray) -> np.ndarray:
        """Return scores, float32, shape (N, D); `shown_ND` is 1 or True where a species was shown."""
        ...


class PrevalenceBaseline(NamedTuple):
    """The same probability of each species for every list, whatever was shown."""

    probability_D: np.ndarray
    name: str = "prevalence"
    is_probability: bool = True

    def score(self, shown_ND: np.ndarray) -> np.ndarray:
        """Return the probabilities, float32, shape (N, D)."""
        return np.broadcast_to(self.probability_D.astype(np.float32), shown_ND.shape)


class LinearBaseline(NamedTuple):
    """Scores that are linear in what was shown: an offset, and what each species shown adds to every species' score."""

    weights_DD: np.ndarray
    offset_D: np.ndarray
    name: str
    is_probability: bool = False

    def score(self, shown_ND: np.ndarray) -> np.ndarray:
        """Return the scores, float32, shape (N, D)."""
        weights, offset = self.weights_DD.astype(np.float32), self.offset_D.astype(np.float32)
        scores_ND: np.ndarray = np.asarray(shown_ND, np.float32) @ weights + offset
        return scores_ND


class Cooccurrence(NamedTuple):
    """What the baselines need to know of the training lists.

    Attributes
    ----------
    num_lists
        N.
    num_known_D, num_present_D
        On how many lists it is known whether the species was there, and on how many it was.
    gram_DD
        On how many lists two species were together, float64; unknown cells count by prevalence. The diagonal is the
        sum of squares of each column.
    """

    num_lists: int
    num_known_D: np.ndarray
    num_present_D: np.ndarray
    gram_DD: np.ndarray

    @property
    def mean_D(self) -> np.ndarray:
        """Prevalence among the known lists; 0 for a species never known."""
        mean: np.ndarray = self.num_present_D / np.maximum(self.num_known_D, 1)
        return mean


def count_cooccurrence(presence: Cells, unknown: Cells | None = None) -> Cooccurrence:
    """Count on how many lists species, and pairs of them, were found.

    Parameters
    ----------
    presence
        A cell that is not zero, or stored, is a presence whatever its value: counts will do, also NaN.
    unknown
        Cells of unknown presence; None when all is known.

    Raises
    ------
    SubsongError
        When there are no lists, or the shapes differ.
    """
    found = _to_sparse(presence)
    missing = csr_array(found.shape, dtype=np.float64) if unknown is None else _to_sparse(unknown)
    if found.shape[0] == 0 or found.shape != missing.shape:
        raise SubsongError(
            f"baselines need at least one training list and one shape for presence and unknown cells, not "
            f"{found.shape} and {missing.shape}"
        )
    num_known_D = found.shape[0] - missing.sum(axis=0)
    num_present_D = found.sum(axis=0)
    missing.data *= (num_present_D / np.maximum(num_known_D, 1))[missing.indices]
    filled = found + missing
    return Cooccurrence(found.shape[0], num_known_D, num_present_D, (filled.T @ filled).toarray())


def _to_sparse(cells: Cells) -> csr_array:
    """Return a new matrix of ones where a cell is set; not a number is set too."""
    sparse = csr_array(cells)
    return csr_array((np.ones(len(sparse.data)), sparse.indices, sparse.indptr), shape=sparse.shape)


def fit_prevalence(counts: Cooccurrence) -> PrevalenceBaseline:
    """Return the share of lists each species is on, with one added to hits and to misses (Laplace's rule).

    No species has probability 0 or 1, so that held-out lists have a likelihood.
    """
    return PrevalenceBaseline((counts.num_present_D + 1.0) / (counts.num_known_D + 2.0))


def fit_item_cosine(counts: Cooccurrence) -> LinearBaseline:
    """Return the sum over the species shown of their cosine with each species, over training lists; 0 with itself."""
    norm_D = np.sqrt(counts.gram_DD.diagonal())
    safe_D = np.where(norm_D > 0, norm_D, 1.0)
    cosine_DD = counts.gram_DD / np.outer(safe_D, safe_D)
    np.fill_diagonal(cosine_DD, 0.0)
    return LinearBaseline(cosine_DD, np.zeros(len(norm_D)), "item cosine")


def fit_ease(counts: Cooccurrence, l2: float = EASE_L2) -> LinearBaseline:
    """Return the linear model that best predicts each species from all others, ridge-regularised, in closed form.

    ``P = (X'X + l2 I)^-1``, ``B_ij = -P_ij / P_jj``, ``B_jj = 0``; the scores are ``shown @ B`` (Steck 2019, EASE).

    Raises
    ------
    SubsongError
        When `l2` is not positive.
    """
    if not l2 > 0:
        raise SubsongError(f"the l2 penalty of EASE should be above 0, not {l2:g}")
    identity_DD = np.eye(len(counts.gram_DD))
    precision_DD = cho_solve(cho_factor(counts.gram_DD + l2 * identity_DD), identity_DD)
    weights_DD = -precision_DD / precision_DD.diagonal()
    np.fill_diagonal(weights_DD, 0.0)
    return LinearBaseline(weights_DD, np.zeros(len(weights_DD)), "EASE")


def fit_pca(counts: Cooccurrence, num_components: int) -> LinearBaseline:
    """Return the reconstruction of the row shown from the first principal components of the training lists.

    Components beyond the number of species add nothing.
    """
    mean_D = counts.mean_D
    covariance_DD = counts.gram_DD / counts.num_lists - np.outer(mean_D, mean_D)
    _, vectors_DD = np.linalg.eigh(covariance_DD)
    axes_DL = vectors_DD[:, ::-1][:, :num_components]
    projection_DD = axes_DL @ axes_DL.T
    return LinearBaseline(projection_DD, mean_D - mean_D @ projection_DD, f"PCA {num_components}")


def select_ease_l2(
    presence: Cells,
    unknown: Cells | None = None,
    candidates: Sequence[float] = L2_CANDIDATES,
    seed: int = 0,
    groups: np.ndarray | None = None,
) -> float:
    """Return the penalty of EASE that completes held-out training lists best, so that the baseline is a strong one.

    EASE is fitted with each candidate to 80 % of the training lists; the one of the highest mean NDCG@100 of the
    species hidden from the others (at most 10,000 of them) is returned, the first among equals.

    Parameters
    ----------
    presence, unknown
        The training lists as for `count_cooccurrence`; never those it will be tested on.
    candidates
        Penalties to choose from.
    seed
        Of the division and of what is hidden.
    groups
        Group of each list, shape (N,), when test lists are of other groups than training lists; None divides lists.

    Raises
    ------
    SubsongError
        When there are too few lists or groups to divide, or no held-out list has two species.
    """
    num_units = presence.shape[0] if groups is None else len(np.unique(groups))
    if num_units < _MIN_UNITS:
        raise SubsongError(
            f"the penalty of EASE cannot be chosen from {num_units} training {'list' if groups is None else 'group'}: "
            f"{_MIN_UNITS} at least are needed"
        )
    fit_rows, held_rows = _divide_rows(presence.shape[0], seed, groups)
    counts = count_cooccurrence(presence[fit_rows], None if unknown is None else unknown[fit_rows])
    present_ND = _to_dense(presence[held_rows])
    known_ND = None if unknown is None else ~_to_dense(unknown[held_rows])
    hidden_ND = hide_species(present_ND, seed=seed, rows=held_rows)
    if not hidden_ND.any():
        raise SubsongError("the penalty of EASE cannot be chosen: no held-out training list has two species")
    allowed_ND, shown_ND = find_candidates(present_ND, hidden_ND, known_ND), present_ND & ~hidden_ND
    means = [np.nanmean(compute_ndcg(fit_ease(counts, l2).score(shown_ND), hidden_ND, allowed_ND)) for l2 in candidates]
    return float(candidates[int(np.argmax(means))])


def _divide_rows(num_lists: int, seed: int, groups: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    items = pl.DataFrame({"group": np.arange(num_lists) if groups is None else groups})
    splits = assign_splits(items, {"fit": 0.8, "held": 0.2}, seed, None if groups is None else "group")
    fit_rows, held_rows = (np.flatnonzero((splits == name).to_numpy()) for name in ("fit", "held"))
    spread = np.linspace(0, len(held_rows) - 1, min(_MAX_HELD_LISTS, len(held_rows))).astype(np.int64)
    return fit_rows, held_rows[spread]


def _to_dense(cells: Cells) -> np.ndarray:
    dense_ND: np.ndarray = _to_sparse(cells).toarray() > 0
    return dense_ND
