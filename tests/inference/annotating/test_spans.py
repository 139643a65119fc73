"""Stretches of sound: hysteresis, gaps, ends to a part of a frame."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.inference.annotating.spans import drop_short, fill_gaps, find_spans, refine_ends


def find(sound, low: float = 0.5, high: float = 0.5):
    return find_spans(np.array(sound, dtype=float), low, high)


def test_ends_lie_where_the_line_between_frames_crosses_the_threshold() -> None:
    spans = find([0.0, 0.25, 0.75, 1.0, 0.6, 0.1, 0.0])
    np.testing.assert_allclose([spans.onset_N[0], spans.offset_N[0]], [1.5, 4.2])
    assert (spans.start_N[0], spans.stop_N[0]) == (2, 5)


def test_a_sound_at_the_ends_of_the_recording_reaches_them() -> None:
    spans = find([0.9, 0.9, 0.1, 0.8])
    np.testing.assert_allclose([spans.onset_N[0], spans.offset_N[1]], [-0.5, 3.5])


def test_a_sound_all_along_is_one_span() -> None:
    spans = find([0.9])
    np.testing.assert_allclose([spans.onset_N, spans.offset_N], [[-0.5], [0.5]])


def test_hysteresis_keeps_only_what_reaches_the_high_threshold() -> None:
    spans = find([0.0, 0.4, 0.9, 0.4, 0.0, 0.6, 0.0], low=0.3, high=0.8)
    assert (list(spans.start_N), list(spans.stop_N)) == ([1], [4])


def test_silence_has_no_spans() -> None:
    assert len(find([0.1, 0.2]).start_N) == len(find([]).start_N) == 0


def test_short_gaps_are_filled_and_longer_ones_left() -> None:
    spans = find([0, 1, 1, 0, 1, 1, 0, 0, 0, 1, 0])
    assert list(fill_gaps(spans, 1.0).start_N) == [1, 4, 9]
    assert list(fill_gaps(spans, 1.01).start_N) == [1, 9]
    filled = fill_gaps(spans, 3.5)
    np.testing.assert_allclose([filled.onset_N, filled.offset_N], [[0.5], [9.5]])


def test_short_spans_are_dropped() -> None:
    spans = find([0, 1, 1, 0, 1, 0])
    assert list(drop_short(spans, 1.5).start_N) == [1]
    assert len(drop_short(spans, 2.01).start_N) == 0


@pytest.mark.parametrize("shift", [-0.4, 0.0, 0.25])
def test_ends_move_to_borders_that_were_seen(shift: float) -> None:
    spans, near_K2 = find([0.0, 0.0, 0.2, 1.0, 1.0, 0.0, 0.0]), np.zeros((7, 2))
    near_K2[1:4, 0] = 0.5 - shift, 1.0, 0.5 + shift
    refined = refine_ends(spans, near_K2)
    np.testing.assert_allclose(refined.onset_N, [2.0 + shift])
    np.testing.assert_array_equal(refined.offset_N, spans.offset_N)


def test_borders_that_are_faint_or_far_are_not_followed() -> None:
    spans, near_K2 = find([0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]), np.zeros((7, 2))
    near_K2[3, 0], near_K2[6, 1] = 0.4, 1.0
    assert refine_ends(spans, near_K2) == spans or np.array_equal(refine_ends(spans, near_K2).onset_N, spans.onset_N)
    np.testing.assert_array_equal(refine_ends(spans, near_K2).offset_N, spans.offset_N)


def test_ends_that_pass_each_other_leave_nothing() -> None:
    spans, near_K2 = find([0.0, 0.0, 0.6, 0.0, 0.0]), np.zeros((5, 2))
    near_K2[2, 0] = near_K2[2, 1] = 1.0
    refined = refine_ends(spans, near_K2)
    assert len(drop_short(refined, 0.0).start_N) == 0
