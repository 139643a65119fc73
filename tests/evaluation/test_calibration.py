"""Brier score and calibration: known values, and probabilities that are right by construction."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from subsong.core.errors import SubsongError
from subsong.evaluation.calibration import (
    compute_brier,
    compute_calibration_curve,
    compute_calibration_error,
)
from subsong.evaluation.completion import compute_missed_probability

RNG = np.random.default_rng(0)
PROBABILITY = RNG.random((200, 50)) ** 3
OUTCOME = RNG.random((200, 50)) < PROBABILITY


def test_brier_agrees_with_scikit_learn():
    assert compute_brier(PROBABILITY, OUTCOME) == pytest.approx(brier_score_loss(OUTCOME.ravel(), PROBABILITY.ravel()))


def test_unknown_cells_do_not_count():
    known = np.array([[True, False]])
    probability, outcome = np.array([[0.25, 0.9]]), np.array([[False, False]])
    assert compute_brier(probability, outcome, known) == 0.0625
    assert compute_calibration_curve(probability, outcome, known)["count"].to_list() == [1]
    assert np.isnan(compute_brier(probability, outcome, ~known & known))


@pytest.mark.parametrize("bins", ["equal_mass", "equal_width", "square_root"])
def test_right_probabilities_are_calibrated_and_doubled_odds_are_not(bins):
    right = compute_calibration_curve(PROBABILITY, OUTCOME, bins=bins)
    spread = 4 * np.sqrt(right["predicted"] * (1 - right["predicted"]) / right["count"])
    assert ((right["predicted"] - right["observed"]).abs() < spread + 1e-9).all()
    wrong = compute_calibration_curve(np.sqrt(PROBABILITY), OUTCOME, bins=bins)
    assert compute_calibration_error(right) < 0.02 < 0.1 < compute_calibration_error(wrong)
    assert right["count"].sum() == OUTCOME.size


def test_bins_of_equal_mass_hold_as_many_cells():
    assert compute_calibration_curve(PROBABILITY, OUTCOME, num_bins=8)["count"].to_list() == [1250] * 8


def test_equal_probabilities_stay_together():
    probability = np.array([0.0] * 6 + [0.2, 0.3, 0.4, 0.5])
    curve = compute_calibration_curve(probability, probability > 0.3, num_bins=5)
    assert curve.rows() == [(0.0, 0.0, 0.0, 0.0, 6), (0.0, 0.3, 0.25, 0.0, 2), (0.3, 0.5, 0.45, 1.0, 2)]


def test_bins_of_equal_width_have_round_edges_and_leave_out_empty_ones():
    curve = compute_calibration_curve(
        np.array([0.0, 0.1, 0.55, 1.0]), np.array([False, True, True, True]), bins="equal_width"
    )
    assert curve["low"].to_list() == pytest.approx([0.0, 0.5, 0.9])
    assert curve["observed"].to_list() == [0.5, 1.0, 1.0]


def test_the_error_is_weighted_by_count():
    probability, outcome = np.array([0.1] * 9 + [0.9]), np.zeros(10, bool)
    assert compute_calibration_error(compute_calibration_curve(probability, outcome)) == pytest.approx(0.18)


def test_the_curve_of_no_cells_is_empty():
    curve = compute_calibration_curve(np.zeros(0), np.zeros(0, bool))
    assert curve.height == 0
    assert np.isnan(compute_calibration_error(curve))


@pytest.mark.parametrize("wrong", [-0.1, 1.5, np.nan])
def test_what_is_no_probability_is_refused_unless_unknown(wrong):
    probability, outcome = np.array([0.5, wrong]), np.array([True, False])
    with pytest.raises(SubsongError, match=r"in \[0, 1\], but 1 do not"):
        compute_brier(probability, outcome)
    assert compute_brier(probability, outcome, np.array([True, False])) == 0.25


def test_arrays_of_other_shapes_are_refused():
    with pytest.raises(SubsongError, match="one shape"):
        compute_brier(np.zeros((2, 3)), np.zeros((3, 2), bool))


def test_the_probability_of_a_missed_species_is_calibrated_when_a_share_is_hidden():
    hidden = OUTCOME & (RNG.random(OUTCOME.shape) < 0.2)
    not_shown = hidden | ~OUTCOME
    plain = compute_calibration_curve(PROBABILITY, hidden, not_shown)
    right = compute_calibration_curve(compute_missed_probability(PROBABILITY, 0.2), hidden, not_shown)
    assert compute_calibration_error(right) < 0.01 < 0.1 < compute_calibration_error(plain)
