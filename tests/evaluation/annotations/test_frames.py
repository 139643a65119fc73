from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from subsong.evaluation.annotations.frames import FrameSegments, count_frames, to_frames

rows = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12), st.integers(0, 1), st.integers(0, 2)), max_size=8)


def build(values: list[tuple[int, int, int, int]]) -> FrameSegments:
    start, length, place, label = np.array(values, np.int64).reshape(-1, 4).T
    return FrameSegments(start, start + length, place, label)


def paint(values: list[tuple[int, int, int, int]]) -> list[list[frozenset[int]]]:
    """Return the labels of each of 50 frames of two places."""
    return [
        [
            frozenset(lab for on, n, where, lab in values if where == place and on <= frame < on + n)
            for frame in range(50)
        ]
        for place in range(2)
    ]


@settings(max_examples=200, deadline=None)
@given(rows, rows, rows)
def test_counts_are_those_of_frames_written_out(
    true: list[tuple[int, int, int, int]],
    heard: list[tuple[int, int, int, int]],
    windows: list[tuple[int, int, int, int]],
) -> None:
    counts = count_frames(build(true), build(heard), build(windows), 2)
    truth, found, judged = paint(true), paint(heard), paint(windows)
    for place in range(2):
        frames = [(a, b) for a, b, w in zip(truth[place], found[place], judged[place], strict=True) if w]
        expected = [
            len(frames),
            sum(a != b for a, b in frames),
            sum(a != b and bool(a) for a, b in frames),
            sum(bool(a) for a, _ in frames),
            sum(bool(b) for _, b in frames),
            sum(bool(a) and bool(b) for a, b in frames),
        ]
        assert [int(values[place]) for values in counts] == expected


def test_a_frame_belongs_to_what_covers_its_middle() -> None:
    assert to_frames(np.array([0.0, 0.0004, 0.0005, 0.0006, 0.0105]), 0.001).tolist() == [0, 0, 0, 1, 10]


def test_a_day_of_sound_takes_no_memory_for_its_frames() -> None:
    day = FrameSegments(*(np.array([value], np.int64) for value in (0, 86_400_000, 0, 0)))
    none = FrameSegments(*(np.empty(0, np.int64) for _ in range(4)))
    counts = count_frames(day._replace(stop=day.stop // 2), none, day, 1)
    assert (int(counts.judged[0]), int(counts.wrong[0])) == (86_400_000, 43_200_000)
