"""Baselines of checklists: against their definitions, and on lists whose ties are known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from subsong.core.errors import SubsongError
from subsong.evaluation.completion import find_candidates, hide_species, score_completion
from subsong.evaluation.species_baselines import (
    count_cooccurrence,
    fit_ease,
    fit_item_cosine,
    fit_pca,
    fit_prevalence,
    select_ease_l2,
)

RNG = np.random.default_rng(0)
PRESENCE = RNG.random((60, 8)) < np.linspace(0.1, 0.8, 8)


def make_communities(num_lists, seed=0):
    """Return lists of two habitats of ten species each, and ten species found everywhere."""
    rng = np.random.default_rng(seed)
    habitat = rng.integers(2, size=num_lists)
    rates = np.full((2, 30), 0.03)
    rates[0, :10] = rates[1, 10:20] = 0.4
    rates[:, 20:] = 0.5
    return rng.random((num_lists, 30)) < rates[habitat]


def test_ease_predicts_each_species_by_ridge_regression_on_all_others():
    weights = fit_ease(count_cooccurrence(PRESENCE), l2=3.0).weights_DD
    for species in range(8):
        others = np.arange(8) != species
        ridge = Ridge(alpha=3.0, fit_intercept=False).fit(PRESENCE[:, others], PRESENCE[:, species])
        assert weights[others, species] == pytest.approx(ridge.coef_)
        assert weights[species, species] == 0


def test_cosine_is_that_of_the_columns():
    x = PRESENCE.astype(float)
    weights = fit_item_cosine(count_cooccurrence(PRESENCE)).weights_DD
    assert weights[1, 2] == pytest.approx(x[:, 1] @ x[:, 2] / np.linalg.norm(x[:, 1]) / np.linalg.norm(x[:, 2]))
    assert (weights.diagonal() == 0).all()


def test_pca_reconstructs_as_scikit_learn_does():
    reference = PCA(3).fit(PRESENCE)
    expected = reference.inverse_transform(reference.transform(PRESENCE))
    baseline = fit_pca(count_cooccurrence(PRESENCE), 3)
    assert baseline.score(PRESENCE) == pytest.approx(expected, abs=1e-5)
    assert baseline.name == "PCA 3"


def test_prevalence_adds_one_hit_and_one_miss():
    presence = np.array([[True, False], [True, False]])
    baseline = fit_prevalence(count_cooccurrence(presence))
    assert baseline.score(presence[:1]).tolist() == [[0.75, 0.25]]
    assert baseline.is_probability


def test_only_prevalence_calls_its_scores_probabilities():
    counts = count_cooccurrence(PRESENCE)
    assert not any(fitted.is_probability for fitted in (fit_ease(counts), fit_item_cosine(counts), fit_pca(counts, 2)))


def test_unknown_cells_count_by_prevalence_and_never_as_absent():
    presence = np.array([[True, True], [True, False], [False, False], [False, True]])
    unknown = np.array([[False, False], [False, False], [False, True], [True, False]])
    counts = count_cooccurrence(presence, unknown)
    assert counts.num_known_D.tolist() == [3, 3]
    assert counts.mean_D == pytest.approx([2 / 3, 2 / 3])
    filled = np.array([[1, 1], [1, 0], [0, 2 / 3], [2 / 3, 1]])
    assert counts.gram_DD == pytest.approx(filled.T @ filled)
    assert fit_prevalence(counts).probability_D == pytest.approx([3 / 5, 3 / 5])


def test_sparse_counts_give_what_dense_presence_gives():
    counts = csr_array(np.where(PRESENCE, 7.0, 0.0))
    counts.data[::3] = np.nan  # found, but not counted
    unknown = ~PRESENCE & (RNG.random(PRESENCE.shape) < 0.2)
    dense, sparse = count_cooccurrence(PRESENCE, unknown), count_cooccurrence(counts, csr_array(unknown))
    for first, second in zip(dense, sparse, strict=True):
        assert np.array_equal(first, second)
    assert counts.data[1] == 7.0


def test_a_species_never_seen_breaks_no_baseline():
    counts = count_cooccurrence(np.column_stack([PRESENCE, np.zeros(60, bool)]))
    shown = np.ones((2, 9), bool)
    for fitted in (fit_prevalence(counts), fit_item_cosine(counts), fit_ease(counts), fit_pca(counts, 20)):
        assert np.isfinite(fitted.score(shown)).all()


def test_what_occurs_together_is_completed_better_than_by_prevalence():
    counts = count_cooccurrence(make_communities(1000))
    test = make_communities(300, seed=1)
    hidden = hide_species(test)
    candidates, shown = find_candidates(test, hidden), test & ~hidden
    auc = {
        fitted.name: np.nanmean(score_completion(fitted.score(shown), hidden, candidates).auc)
        for fitted in (fit_prevalence(counts), fit_item_cosine(counts), fit_ease(counts, 30), fit_pca(counts, 2))
    }
    assert min(auc["item cosine"], auc["EASE"], auc["PCA 2"]) > auc["prevalence"] + 0.03


def make_pairs(num_lists):
    """Return lists of 30 pairs of species, rare to common, of which one is seldom found without the other."""
    rng = np.random.default_rng(0)
    is_there = rng.random((num_lists, 30)) < np.linspace(0.02, 0.5, 30)
    return np.concatenate([is_there & (rng.random(is_there.shape) < 0.9) for _ in range(2)], axis=1)


def test_the_penalty_chosen_for_ease_is_neither_too_small_nor_too_large():
    train, candidates = make_pairs(100), (1e-3, 10.0, 1e6)
    assert select_ease_l2(train, candidates=candidates) == 10.0
    assert select_ease_l2(csr_array(train), candidates=candidates) == 10.0


def test_lists_of_one_group_are_not_divided_to_choose_the_penalty():
    """Learning lists by heart pays as long as their copies are among the held-out ones."""
    groups, candidates = np.repeat(np.arange(30), 10), (1.0, 1e4)
    train = (np.random.default_rng(1).random((30, 60)) < np.linspace(0.05, 0.5, 60))[groups]
    assert select_ease_l2(train, candidates=candidates) == 1.0
    assert select_ease_l2(train, candidates=candidates, groups=groups) == 1e4


def test_the_penalty_cannot_be_chosen_from_lists_of_one_species():
    with pytest.raises(SubsongError, match="no held-out training list has two species"):
        select_ease_l2(np.eye(10, dtype=bool))


def test_wrong_arguments_are_refused():
    with pytest.raises(SubsongError, match="above 0"):
        fit_ease(count_cooccurrence(PRESENCE), 0)
    with pytest.raises(SubsongError, match="one shape"):
        count_cooccurrence(PRESENCE, PRESENCE[:3])
    with pytest.raises(SubsongError, match="at least one training list"):
        count_cooccurrence(PRESENCE[:0])


def test_routes_of_the_breeding_bird_survey_are_completed_far_better_by_ease_than_by_prevalence(real_data):
    cells = pl.read_csv(real_data / "bbs2011_mistnet" / "presence.csv.gz").drop("route_data_id").to_numpy()
    known, presence = np.isfinite(cells.astype(float)), cells == 1
    test = np.arange(0, len(cells), 5)
    train = np.setdiff1d(np.arange(len(cells)), test)
    counts = count_cooccurrence(presence[train], ~known[train])
    ease = fit_ease(counts, select_ease_l2(presence[train], ~known[train]))
    hidden = hide_species(presence[test], rows=test)
    candidates, shown = find_candidates(presence[test], hidden, known[test]), presence[test] & ~hidden
    ndcg = {
        fitted.name: np.nanmean(score_completion(fitted.score(shown), hidden, candidates).ndcg)
        for fitted in (ease, fit_prevalence(counts))
    }
    assert ndcg["EASE"] > 0.8
    assert ndcg["prevalence"] < 0.65


def test_one_list_is_too_few_to_choose_a_penalty():
    with pytest.raises(SubsongError, match="from 1 training list: 2 at least are needed"):
        select_ease_l2(csr_array(np.ones((1, 4), np.float32)))
