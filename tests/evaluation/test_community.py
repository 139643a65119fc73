"""Likelihood of lists, effort in the latents, and recovery of habitats: known values."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from scipy.stats import spearmanr

from subsong.core.errors import SubsongError
from subsong.evaluation.bootstrap import compute_bootstrap_interval
from subsong.evaluation.community import (
    compute_bernoulli_likelihood,
    compute_bits_gained,
    compute_effort_correlation,
    compute_multinomial_likelihood,
    score_habitat_recovery,
)

RNG = np.random.default_rng(0)
PRESENCE = np.array([[True, False, True], [False, False, False]])
KNOWN = np.array([[True, True, False], [True, True, True]])


def test_bernoulli_likelihood_by_hand():
    probability = np.array([[0.5, 0.2, 0.9], [0.5, 0.2, 0.9]])
    expected = [math.log(0.5 * 0.8 * 0.9), math.log(0.5 * 0.8 * 0.1)]
    assert compute_bernoulli_likelihood(probability, PRESENCE) == pytest.approx(expected)
    expected = [math.log(0.5 * 0.8), math.log(0.5 * 0.8 * 0.1)]
    assert compute_bernoulli_likelihood(probability, PRESENCE, KNOWN) == pytest.approx(expected)


def test_a_sure_mistake_costs_much_but_not_everything():
    found = compute_bernoulli_likelihood(np.zeros((1, 1), np.float32), np.ones((1, 1), bool))
    assert found == pytest.approx([math.log(1e-7)])


def test_multinomial_likelihood_by_hand():
    scores = np.log([[1.0, 2.0, 5.0], [1.0, 2.0, 5.0]])
    assert compute_multinomial_likelihood(scores, PRESENCE) == pytest.approx([math.log(1 / 8 * 5 / 8), 0.0])
    assert compute_multinomial_likelihood(scores, PRESENCE, KNOWN) == pytest.approx([math.log(1 / 3), 0.0])


def test_multinomial_likelihood_does_not_overflow_and_ignores_a_shift():
    scores = RNG.normal(size=(2, 3)).astype(np.float32)
    shifted = compute_multinomial_likelihood(scores.astype(np.float64) + 5000, PRESENCE)
    assert shifted == pytest.approx(compute_multinomial_likelihood(scores, PRESENCE))


def test_a_list_of_which_nothing_is_known_has_likelihood_0():
    nothing = np.zeros((2, 3), bool)
    assert compute_multinomial_likelihood(np.ones((2, 3)), PRESENCE, nothing).tolist() == [0, 0]
    assert compute_bernoulli_likelihood(np.full((2, 3), 0.5), PRESENCE, nothing).tolist() == [0, 0]


def test_a_likelihood_twice_as_high_gains_one_bit():
    assert compute_bits_gained(np.log([0.5, 0.1]), np.log([0.25, 0.2])) == pytest.approx([1, -1])


def test_effort_correlation_agrees_with_scipy_over_the_known_lists():
    latents = RNG.normal(size=(50, 3))
    duration = np.round(latents[:, 1] * 2) + RNG.normal(size=50)
    frame = pl.DataFrame({"duration_min": [None, *duration[1:]], "hour": np.round(RNG.normal(size=50))})
    found = compute_effort_correlation(latents, frame)
    assert found.columns == ["dimension", "duration_min", "hour"]
    assert found["duration_min"].to_list() == pytest.approx(
        [spearmanr(latents[1:, dimension], duration[1:]).statistic for dimension in range(3)]
    )
    assert found["hour"].to_list() == pytest.approx(
        [spearmanr(column, frame["hour"]).statistic for column in latents.T]
    )


def test_what_does_not_vary_or_is_not_known_has_no_correlation():
    latents = np.column_stack([np.zeros(4), np.arange(4.0)])
    frame = pl.DataFrame({"a": [1, 2, 3, 4], "b": [1, 1, 1, 1], "c": [1.0, None, math.nan, 2.0]})
    found = compute_effort_correlation(latents, frame)
    assert found["a"].to_list() == [None, pytest.approx(1)]
    assert found["b"].to_list() == found["c"].to_list() == [None, None]


def test_effort_of_other_lists_is_refused():
    with pytest.raises(SubsongError, match="3 lists have latents but 2 have covariates"):
        compute_effort_correlation(np.zeros((3, 2)), pl.DataFrame({"a": [1, 2]}))


def test_separate_habitats_are_recovered_and_mixed_ones_are_not():
    habitats = np.repeat(["forest", "marsh", "sea"], 60)
    latents = RNG.normal(size=(180, 4)).astype(np.float32)
    assert max(score_habitat_recovery(latents, habitats)) < 0.1
    latents[:, 0] += 12 * (habitats == "marsh")
    latents[:, 1] += 12 * (habitats == "sea")
    assert min(score_habitat_recovery(latents, habitats)) > 0.99


def test_collapsed_latents_recover_nothing():
    assert score_habitat_recovery(np.zeros((40, 3)), np.arange(40) % 2) == (0, 0)


@pytest.mark.parametrize("habitats", [np.zeros(5), np.arange(4)])
def test_habitats_that_cannot_be_scored_are_refused(habitats):
    with pytest.raises(SubsongError, match="two habitats at least"):
        score_habitat_recovery(np.zeros((5, 2)), habitats)


def test_a_bootstrap_interval_is_that_of_the_standard_error_for_many_lists():
    values = RNG.exponential(size=(2000, 2))
    interval = compute_bootstrap_interval(values, seed=1)
    error = 1.96 * values.std(axis=0) / math.sqrt(2000)
    assert interval.mean == pytest.approx(values.mean(axis=0))
    assert interval.mean - interval.low == pytest.approx(error, rel=0.15)
    assert interval.high - interval.mean == pytest.approx(error, rel=0.15)


def test_lists_of_one_site_are_drawn_together():
    values, sites = np.repeat(RNG.normal(size=(50, 1)), 20, axis=0), np.repeat(np.arange(50), 20)
    alone, together = (compute_bootstrap_interval(values, groups=groups) for groups in (None, sites))
    assert (together.high - together.low) > 3 * (alone.high - alone.low)
    assert together.mean == pytest.approx(alone.mean)


def test_lists_without_a_value_are_left_out_of_the_interval():
    values = np.column_stack([[1.0, np.nan, 3.0, np.nan], [np.nan] * 4])
    interval = compute_bootstrap_interval(values)
    assert (interval.mean[0], interval.low[0], interval.high[0]) == (2, 1, 3)
    assert np.isnan([interval.mean[1], interval.low[1], interval.high[1]]).all()


def test_no_lists_have_no_interval():
    assert np.isnan(compute_bootstrap_interval(np.zeros((0, 2)))).all()
