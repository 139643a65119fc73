from __future__ import annotations

import numpy as np
import pytest

from subsong.evaluation.annotations.ratios import compute_outcome_intervals, compute_ratio_intervals, divide


def test_nothing_of_nothing_is_no_number() -> None:
    assert np.isnan(divide(np.array([1.0, 0.0]), np.array([2.0, 0.0]))).tolist() == [False, True]


def test_recordings_count_by_their_size() -> None:
    interval = compute_ratio_intervals(np.array([[9.0], [0.0]]), np.array([[10.0], [90.0]]))
    assert interval.mean == pytest.approx([0.09])
    assert interval.low == pytest.approx([0.0])
    assert interval.high == pytest.approx([0.9])


def test_equal_recordings_leave_no_doubt() -> None:
    interval = compute_ratio_intervals(np.full((5, 1), 3.0), np.full((5, 1), 4.0))
    assert (interval.low, interval.high) == (pytest.approx([0.75]), pytest.approx([0.75]))


def test_one_recording_has_no_interval() -> None:
    assert np.isnan(compute_ratio_intervals(np.ones((1, 1)), np.ones((1, 1))).low).all()


def test_many_recordings_give_the_interval_of_the_normal_law() -> None:
    rng = np.random.default_rng(0)
    values = (rng.random(2000) < 0.3).astype(float)[:, None]
    interval = compute_ratio_intervals(values, np.ones_like(values), num_resamples=4000)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert interval.high[0] - interval.mean[0] == pytest.approx(half, rel=0.08)
    assert interval.mean[0] - interval.low[0] == pytest.approx(half, rel=0.08)


def test_the_seed_decides() -> None:
    values = np.random.default_rng(0).random((20, 1))
    first, again, other = (compute_ratio_intervals(values, np.ones((20, 1)), seed=seed).low[0] for seed in (1, 1, 2))
    assert first == again != other


def test_outcomes_give_recall_the_interval_of_a_share() -> None:
    interval = compute_outcome_intervals(80, 100, 80, num_resamples=4000)
    assert interval.mean == pytest.approx([1.0, 0.8, 160 / 180])
    assert interval.high[1] - interval.low[1] == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 100), rel=0.12)


def test_no_outcome_has_no_score() -> None:
    assert np.isnan(compute_outcome_intervals(0, 0, 0).mean).all()
