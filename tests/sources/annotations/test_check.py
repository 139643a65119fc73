"""Annotations that cannot be are dropped or mended, and nothing is lost silently."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsong.sources.annotations import build_annotations, check_segments

NAN = float("nan")


def segments(*times: tuple[float, float], **columns: object) -> pl.DataFrame:
    onsets, offsets = zip(*times, strict=True)
    return build_annotations(**{"recording": "a.wav", "onset_s": onsets, "offset_s": offsets} | columns)


def kept_times(checked) -> list[tuple[float, float]]:
    return checked.kept["onset_s", "offset_s"].rows()


@pytest.mark.parametrize(
    ("onset", "offset", "problem"),
    [
        (NAN, 1.0, "onset or offset is missing or not finite; dropped"),
        (0.5, NAN, "onset or offset is missing or not finite; dropped"),
        (0.5, float("inf"), "onset or offset is missing or not finite; dropped"),
        (1.0, 0.5, "offset lies before onset; dropped"),
        (1.0, 1.0, "zero length; dropped"),
        (-2.0, -1.0, "ends before the recording begins; dropped"),
        (-0.5, 1.0, "begins before the recording by more than the tolerance; dropped"),
        (10.0, 10.5, r"begins past the end of the recording (10.0 s), are the times in seconds?; dropped"),
        (1277.8, 1351.2, r"begins past the end of the recording (10.0 s), are the times in seconds?; dropped"),
        (9.0, 10.5, "ends past the end of the recording (10.0 s) by more than the tolerance; dropped"),
    ],
)
def test_what_cannot_be_is_dropped_and_nothing_else(onset: float, offset: float, problem: str) -> None:
    checked = check_segments(segments((0.1, 0.2), (onset, offset), (5.0, 5.1)), {"a.wav": 10.0})
    assert kept_times(checked) == [(0.1, 0.2), (5.0, 5.1)]
    assert checked.problems["row", "problem"].rows() == [(1, problem)]


def test_segments_that_reach_a_little_past_the_ends_are_cut() -> None:
    checked = check_segments(segments((-0.01, 0.2), (9.0, 10.015)), {"a.wav": 10.0})
    assert kept_times(checked) == [(0.0, 0.2), (9.0, 10.0)]
    assert checked.problems["onset_s", "offset_s"].rows() == [(-0.01, 0.2), (9.0, 10.015)]
    assert all(problem.endswith("cut there") for problem in checked.problems["problem"])


def test_events_are_kept_where_they_are_wanted() -> None:
    checked = check_segments(segments((1.0, 1.0), (10.0, 10.0), (11.0, 11.0)), {"a.wav": 10.0}, keep_events=True)
    assert kept_times(checked) == [(1.0, 1.0), (10.0, 10.0)]
    assert checked.problems["row"].to_list() == [2]


def test_a_row_that_is_there_twice_is_kept_once() -> None:
    checked = check_segments(segments((1.0, 2.0), (1.0, 2.0), (1.0, 2.0), label=["x", "x", "y"]), {"a.wav": 10.0})
    assert checked.kept["label"].to_list() == ["x", "y"]
    assert checked.problems["row", "problem"].rows() == [
        (1, "same as an earlier row; dropped"),
        (2, "overlaps an earlier segment; kept"),
    ]


def test_overlaps_are_noted_within_an_annotator_and_a_channel_only() -> None:
    table = segments((1.0, 4.0), (2.0, 3.0), (3.5, 5.0), (4.0, 6.0), annotator=["x", "x", "x", "y"])
    checked = check_segments(table, {"a.wav": 10.0})
    assert checked.kept.height == 4
    assert checked.problems["row"].to_list() == [1, 2]


def test_rows_out_of_order_are_sorted_and_noted_once() -> None:
    checked = check_segments(segments((3.0, 3.1), (2.0, 2.1), (1.0, 1.1)), {"a.wav": 10.0})
    assert kept_times(checked) == [(1.0, 1.1), (2.0, 2.1), (3.0, 3.1)]
    assert checked.problems["row", "problem"].rows() == [(1, "rows are not in order; kept, sorted")]


def test_a_recording_of_unknown_length_is_noted() -> None:
    checked = check_segments(segments((1.0, 2.0), (3.0, 4.0)), {})
    assert checked.kept.height == 2
    assert checked.problems["problem"].to_list() == ["the length of the recording is not known; kept, ends not checked"]


def test_an_empty_table_has_no_problems() -> None:
    checked = check_segments(segments((1.0, 2.0)).clear(), {"a.wav": 10.0})
    assert (checked.kept.height, checked.problems.height) == (0, 0)


TIMES = st.sampled_from([NAN, -1.0, -0.01, 0.0, 0.5, 1.0, 9.99, 10.0, 10.01, 12.0])


@settings(max_examples=40, deadline=None)
@given(times=st.lists(st.tuples(TIMES, TIMES), min_size=1, max_size=12), keep_events=st.booleans())
def test_every_row_is_kept_or_named_and_what_is_kept_can_be(
    times: list[tuple[float, float]], keep_events: bool
) -> None:
    checked = check_segments(segments(*times), {"a.wav": 10.0}, keep_events=keep_events)
    dropped = checked.problems.filter(pl.col("problem").str.ends_with("dropped"))
    assert dropped["row"].n_unique() == dropped.height == len(times) - checked.kept.height
    for onset, offset in kept_times(checked):
        assert 0 <= onset <= offset <= 10
        assert onset < offset or keep_events
    assert check_segments(checked.kept, {"a.wav": 10.0}, keep_events=keep_events).kept.equals(checked.kept)
