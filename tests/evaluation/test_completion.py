"""Hidden species and their ranks: against brute force over every order of what is tied, and against scikit-learn."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, ndcg_score, roc_auc_score

from subsong.core.errors import SubsongError
from subsong.evaluation import completion
from subsong.evaluation.completion import (
    compute_hidden_share,
    compute_list_auc,
    compute_listed_probability,
    compute_missed_probability,
    compute_ndcg,
    compute_recall,
    find_candidates,
    hide_species,
    rank_hidden,
    score_completion,
)
from subsong.evaluation.species_scores import (
    average_by_prevalence,
    compute_species_auc,
    compute_species_average_precision,
)

RNG = np.random.default_rng(0)
PRESENCE = RNG.random((40, 30)) < 0.3
KNOWN = PRESENCE | (RNG.random((40, 30)) < 0.8)
HIDDEN = hide_species(PRESENCE)
CANDIDATES = find_candidates(PRESENCE, HIDDEN, KNOWN)
SCORES = RNG.random((40, 30)).astype(np.float32)
TIED = np.round(SCORES * 4) / 4


def mean_over_orders(function, scores, hidden):
    """Return the mean of a metric over all orders of the candidates that sort by score."""
    orders = [o for o in permutations(range(len(scores))) if (np.diff(scores[list(o)]) <= 0).all()]
    return np.mean([function(hidden[list(order)]) for order in orders])


@pytest.mark.parametrize(("richness", "num_hidden"), [(0, 0), (1, 0), (2, 1), (7, 1), (8, 2), (30, 6)])
def test_a_fifth_of_a_list_is_hidden_and_one_species_at_least(richness, num_hidden):
    presence = np.arange(30)[None] < richness
    hidden = hide_species(presence)
    assert hidden.sum() == num_hidden
    assert not (hidden & ~presence).any()


def test_a_list_always_shows_something():
    assert hide_species(np.ones((1, 3), bool), share=0.99).sum() == 2


def test_what_is_hidden_depends_on_the_number_of_the_list_and_not_on_the_batch(monkeypatch):
    rows = np.array([7, 31, 2])
    assert (hide_species(PRESENCE[rows], rows=rows) == HIDDEN[rows]).all()
    monkeypatch.setattr(completion, "_BLOCK_CELLS", 90)
    assert (hide_species(PRESENCE) == HIDDEN).all()
    assert (
        score_completion(SCORES, HIDDEN, CANDIDATES).ndcg.tolist() == compute_ndcg(SCORES, HIDDEN, CANDIDATES).tolist()
    )


def test_another_seed_hides_other_species():
    assert (hide_species(PRESENCE, seed=1) != HIDDEN).any()


def test_every_species_is_hidden_equally_often():
    share = hide_species(np.ones((4000, 10), bool)).mean(axis=0)
    assert share == pytest.approx(np.full(10, 0.2), abs=4 * math.sqrt(0.16 / 4000))


@pytest.mark.parametrize("share", [0, 1, -0.2, math.nan])
def test_a_share_that_hides_nothing_or_all_is_refused(share):
    with pytest.raises(SubsongError, match="between 0 and 1"):
        hide_species(PRESENCE, share)


def test_candidates_are_known_and_not_shown_on_lists_that_hide_something():
    presence = np.array([[True, True, False, False], [True, False, False, False]])
    hidden = np.array([[False, True, False, False], [False] * 4])
    known = np.array([[True, True, True, False], [True] * 4])
    assert find_candidates(presence, hidden, known).tolist() == [[False, True, True, False], [False] * 4]


def test_ndcg_agrees_with_scikit_learn_where_nothing_is_tied():
    found = compute_ndcg(SCORES, HIDDEN, CANDIDATES, k=5)
    for row in range(len(SCORES)):
        chosen = CANDIDATES[row]
        assert found[row] == pytest.approx(ndcg_score(HIDDEN[row, chosen][None], SCORES[row, chosen][None], k=5))


def test_list_auc_agrees_with_scikit_learn_also_where_scores_are_tied():
    found = compute_list_auc(TIED, HIDDEN, CANDIDATES)
    expected = [roc_auc_score(h[c], s[c]) for h, s, c in zip(HIDDEN, TIED, CANDIDATES, strict=True)]
    assert found == pytest.approx(expected)


def test_tied_scores_earn_the_mean_over_their_orders():
    scores, hidden = np.array([3.0, 2, 2, 2, 1, 1]), np.array([0, 1, 0, 1, 1, 0], bool)
    discount = 1 / np.log2(np.arange(2, 5))
    arguments = (scores[None], hidden[None], np.ones((1, 6), bool))
    expected = mean_over_orders(lambda hits: (hits[:3] * discount).sum() / discount.sum(), scores, hidden)
    assert compute_ndcg(*arguments, k=3) == pytest.approx(expected)
    expected = mean_over_orders(lambda hits: hits[:2].sum() / 2, scores, hidden)
    assert compute_recall(*arguments, k=2) == pytest.approx(expected)


def test_a_constant_score_earns_what_chance_does_wherever_the_hidden_species_stand():
    for hidden in np.eye(50, dtype=bool)[[0, 20, 49]]:
        scores = score_completion(np.zeros((1, 50)), hidden[None], np.ones((1, 50), bool))
        assert scores.recall == pytest.approx([20 / 50])
        assert scores.ndcg == pytest.approx([np.mean(1 / np.log2(np.arange(2, 52)))])
        assert scores.auc == pytest.approx([0.5])


@pytest.mark.parametrize("num_hidden", [1, 5, 30])
def test_the_best_and_the_worst_order_have_the_ends_of_the_scale(num_hidden):
    hidden, candidates = np.arange(60)[None] < num_hidden, np.ones((1, 60), bool)
    assert [value[0] for value in score_completion(hidden * 1.0, hidden, candidates)] == pytest.approx([1, 1, 1])
    worst = score_completion(hidden * -1.0, hidden, candidates)
    assert (worst.recall[0], worst.auc[0]) == (0, 0)


def test_recall_is_relative_to_what_could_be_hit():
    hidden = np.array([[True, True, True, False, False]])
    scores = np.array([[5.0, 1, 3, 4, 2]])
    assert compute_recall(scores, hidden, np.ones((1, 5), bool), k=2) == [0.5]
    assert compute_recall(scores, hidden, np.ones((1, 5), bool), k=4) == pytest.approx([2 / 3])


def test_scores_of_what_is_no_candidate_do_not_matter():
    wild = np.where(CANDIDATES, SCORES, np.where(PRESENCE, np.inf, np.nan))
    for first, second in zip(
        score_completion(wild, HIDDEN, CANDIDATES), score_completion(SCORES, HIDDEN, CANDIDATES), strict=True
    ):
        assert first.tolist() == second.tolist()


def test_infinite_scores_are_ranked():
    hidden = np.array([[True, False, True, False]])
    ranks = rank_hidden(np.array([[-np.inf, np.inf, np.inf, 0.0]]), hidden, np.ones((1, 4), bool))
    assert ranks.rank_H.tolist() == [4, 1.5]


def test_lists_that_hide_nothing_have_no_score():
    nothing = np.zeros((2, 5), bool)
    assert all(np.isnan(values).all() for values in score_completion(np.ones((2, 5)), nothing, ~nothing))


def test_a_list_without_absences_has_no_auc_but_a_gain():
    scores = score_completion(np.arange(3.0)[None], np.ones((1, 3), bool), np.ones((1, 3), bool))
    assert (scores.ndcg[0], scores.recall[0]) == (1, 1)
    assert np.isnan(scores.auc[0])


def test_no_lists_have_no_scores():
    nothing = np.zeros((0, 5), bool)
    assert score_completion(np.zeros((0, 5)), nothing, nothing).ndcg.shape == (0,)


def test_species_scores_agree_with_scikit_learn_also_where_scores_are_tied():
    auc = compute_species_auc(TIED, PRESENCE, KNOWN)
    precision = compute_species_average_precision(TIED, PRESENCE, KNOWN)
    for column in range(PRESENCE.shape[1]):
        known = KNOWN[:, column]
        hits, scores = PRESENCE[known, column], TIED[known, column]
        assert auc[column] == pytest.approx(roc_auc_score(hits, scores))
        assert precision[column] == pytest.approx(average_precision_score(hits, scores))


def test_species_found_nowhere_or_everywhere_have_no_auc():
    presence = np.array([[False, True], [False, True]])
    assert np.isnan(compute_species_auc(SCORES[:2, :2], presence, np.ones((2, 2), bool))).all()
    precision = compute_species_average_precision(SCORES[:2, :2], presence, np.ones((2, 2), bool))
    assert np.isnan(precision[0])
    assert precision[1] == 1


def test_species_are_averaged_within_classes_of_prevalence():
    values, prevalence = np.array([0.5, 0.7, np.nan, 0.9]), np.array([0.0, 0.1, 0.1, 0.5])
    table = average_by_prevalence(values, prevalence, edges=(0, 0.1, 0.2, 1))
    assert table["mean"].to_list() == pytest.approx([0.6, None, 0.9])
    assert table["num_species"].to_list() == [2, 0, 1]


@pytest.mark.parametrize(
    ("scores", "hidden", "candidates", "sentence"),
    [
        (np.zeros((1, 3)), np.zeros((1, 2), bool), np.ones((1, 3), bool), "one shape"),
        (np.zeros((1, 2)), np.array([[False, True]]), np.array([[True, False]]), "row 0 hides column 1"),
        (np.array([[0.0, np.nan]]), np.zeros((1, 2), bool), np.ones((1, 2), bool), "column 1 is not a number"),
    ],
)
def test_what_cannot_be_ranked_is_refused(scores, hidden, candidates, sentence):
    with pytest.raises(SubsongError, match=sentence):
        rank_hidden(scores, hidden, candidates)


def test_the_share_hidden_is_each_list_s_own():
    presence = np.tri(12, 11, -1, dtype=bool)  # 0 to 11 species
    share = compute_hidden_share(presence, hide_species(presence, 0.2), 0.2)[:, 0]
    expected = [0.2, 0.2, 1 / 2, 1 / 3, 1 / 4, 1 / 5, 1 / 6, 1 / 7, 2 / 8, 2 / 9, 2 / 10, 2 / 11]
    assert share == pytest.approx(expected)


def test_the_probability_of_the_whole_list_comes_back():
    probability, share = RNG.random((7, 9)), RNG.uniform(0.01, 1, (7, 1))
    missed = compute_missed_probability(probability, share)
    assert compute_listed_probability(missed, share) == pytest.approx(probability)


def test_rounding_brings_no_probability_above_one():
    """In single precision, as models give them."""
    probability = (1 - np.arange(9) * 2.0**-24).astype(np.float32)
    share = (np.arange(1, 500) / 500).astype(np.float32)[:, None]
    assert compute_missed_probability(probability, share).max() == 1.0
