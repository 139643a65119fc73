from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from subsong.reports.segmentation import (
    SegmentedExcerpt,
    describe_durations,
    find_segments_within,
    plot_segmented_excerpt,
)
from subsong.reports.style import figure_to_svg


def make_excerpt(**changes: object) -> SegmentedExcerpt:
    excerpt = SegmentedExcerpt(
        name="a.wav, 1.00 to 2.00 s",
        log_spec=np.random.default_rng(0).normal(size=(20, 50)),
        start_s=1.0,
        stop_s=2.0,
        band_hz=(500.0, 10_000.0),
        trace=np.linspace(20, 60, 50),
        trace_times=np.linspace(1, 2, 50),
        trace_name="level (dB)",
        thresholds={"boundary": 30.0, "dip": 30.0, "peak": 40.0},
        segments=np.array([[0.9, 1.2], [1.5, 1.6]]),
        at_edge=np.array([True, False]),
    )
    return excerpt._replace(**changes)


def legend(figure: Figure) -> list[str]:
    shown = figure.axes[1].get_legend()
    return [] if shown is None else [text.get_text() for text in shown.get_texts()]


def test_equal_thresholds_are_one_line() -> None:
    assert legend(plot_segmented_excerpt(make_excerpt())) == ["boundary and dip", "peak"]


def test_both_panels_show_the_stretch_and_its_band() -> None:
    above, below = plot_segmented_excerpt(make_excerpt()).axes
    assert above.get_xlim() == below.get_xlim() == (1.0, 2.0)
    assert above.get_ylim() == (0.5, 10.0)


def test_a_silent_stretch_without_thresholds_or_segments_is_drawn() -> None:
    thresholds = dict.fromkeys(("boundary", "dip", "peak"), np.inf)
    nothing = {"segments": np.empty((0, 2)), "at_edge": np.empty(0, bool), "thresholds": thresholds}
    figure = plot_segmented_excerpt(make_excerpt(log_spec=np.full((20, 50), -20.0), **nothing))
    assert legend(figure) == []
    assert "<svg" in figure_to_svg(figure)


def test_segments_that_overlap_a_stretch_are_within() -> None:
    segments = np.array([[0.0, 1.0], [0.9, 1.1], [1.9, 2.1], [2.0, 3.0], [0.0, 9.0]])
    assert find_segments_within(segments, 1.0, 2.0).tolist() == [False, True, True, False, True]


def test_durations_are_told_in_a_sentence() -> None:
    assert "50 ms" in describe_durations([0.05, 0.05, 0.05])
    assert describe_durations([]) == "No segment was found."
