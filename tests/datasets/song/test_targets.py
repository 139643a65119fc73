"""Targets of frames: shares of hops, bumps of events, gaps; each against its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.datasets.song.targets import carve_gaps, compute_targets
from subsong.sources.song_class import SongClass

CLASSES = (SongClass("a", "segment"), SongClass("b", "segment"), SongClass("p", "event"))
TIMES_S = np.arange(100) * 0.01


def compute(rows, times_s=TIMES_S, event_width_s=0.004, gap_s=0.0) -> np.ndarray:
    onset_s, offset_s, number = (np.array(column) for column in zip(*rows, strict=True))
    return compute_targets(onset_s, offset_s, number.astype(np.int64), CLASSES, times_s, event_width_s, gap_s)


def test_a_segment_covers_its_share_of_each_hop() -> None:
    target = compute([(0.1025, 0.2, 0)])[:, 0]
    expected = np.zeros(100)
    expected[10], expected[11:20], expected[20] = 0.25, 1.0, 0.5
    np.testing.assert_allclose(target, expected, atol=1e-6)


def test_what_is_covered_in_all_is_the_duration() -> None:
    rng = np.random.default_rng(0)
    onset = np.sort(rng.uniform(0.05, 0.8, 12))
    rows = [(time, time + length, 0) for time, length in zip(onset, rng.uniform(0, 0.1, 12), strict=True)]
    grid = np.linspace(0, 1, 1_000_001)
    is_on = np.any([(grid >= on) & (grid < off) for on, off, _ in rows], axis=0)
    assert 0.01 * compute(rows)[:, 0].sum() == pytest.approx(is_on.mean(), abs=2e-5)


def test_segments_of_one_class_that_overlap_count_once_and_classes_do_not_disturb_each_other() -> None:
    alone = compute([(0.1, 0.3, 0)])
    both = compute([(0.1, 0.25, 0), (0.15, 0.3, 0), (0.12, 0.18, 0), (0.2, 0.4, 1)])
    np.testing.assert_allclose(both[:, 0], alone[:, 0], atol=1e-6)
    np.testing.assert_allclose(both[:, 1], compute([(0.2, 0.4, 1)])[:, 1])


def test_an_event_is_a_bump_of_unit_peak_and_neighbours_take_the_larger() -> None:
    target = compute([(0.2, 0.2, 2), (0.215, 0.215, 2), (0.5, 0.5, 2)])[:, 2]
    bumps = [np.exp(-0.5 * ((TIMES_S - event) / 0.004) ** 2) for event in (0.2, 0.215, 0.5)]
    np.testing.assert_allclose(target, np.max(bumps, axis=0), atol=1e-7)
    assert target[20] == target[50] == 1.0


def test_frames_of_a_part_have_the_targets_of_the_whole() -> None:
    rows = [(0.1025, 0.2, 0), (0.2, 0.33, 1), (0.25, 0.25, 2)]
    whole = compute(rows, gap_s=0.02)
    np.testing.assert_allclose(compute(rows, TIMES_S[15:30], gap_s=0.02), whole[15:30], atol=1e-6)


def test_gaps_are_taken_from_both_sides() -> None:
    onset, offset = carve_gaps(np.array([0.0, 0.1, 0.21, 0.5]), np.array([0.1, 0.2, 0.3, 0.6]), 0.02)
    np.testing.assert_allclose(onset, [0.0, 0.11, 0.215, 0.5])
    np.testing.assert_allclose(offset, [0.09, 0.195, 0.3, 0.6])


def test_events_make_no_gaps_overlaps_stay_and_nothing_vanishes() -> None:
    with_event = compute([(0.1, 0.2, 0), (0.205, 0.205, 2)], gap_s=0.02)
    np.testing.assert_allclose(with_event[:, 0], compute([(0.1, 0.2, 0)])[:, 0])
    onset, offset = np.array([0.0, 0.05]), np.array([0.1, 0.2])
    assert all(np.array_equal(*pair) for pair in zip(carve_gaps(onset, offset, 0.02), (onset, offset), strict=True))
    onset, offset = carve_gaps(np.array([0.0, 0.1, 0.11]), np.array([0.1, 0.11, 0.2]), 0.05)
    np.testing.assert_allclose(offset - onset, [0.075, 0.005, 0.0675])


def test_no_annotations_are_no_targets_and_one_frame_is_too_few() -> None:
    nothing = np.empty(0)
    found = compute_targets(nothing, nothing, nothing.astype(np.int64), CLASSES, TIMES_S, 0.01, 0.01)
    assert found.shape == (100, 3)
    assert not found.any()
    with pytest.raises(ValueError, match="two or more"):
        compute([(0.1, 0.2, 0)], TIMES_S[:1])
