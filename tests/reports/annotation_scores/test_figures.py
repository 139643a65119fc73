from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.evaluation.annotations.scores import AnnotationScores, score_annotations
from subsong.reports.annotation_scores.confusion import build_matrix, plot_confusion
from subsong.reports.annotation_scores.curves import plot_curves, plot_errors
from subsong.reports.annotation_scores.page import write_scores_page
from subsong.reports.annotation_scores.strips import choose_strips, plot_strips
from subsong.sources.annotations.table import build_annotations


@pytest.fixture(scope="module")
def scores() -> AnnotationScores:
    """Return the scores of 20 segments and 20 events of two recordings, half of those of b missed."""
    onset_s = np.tile(np.arange(20, dtype=float), 2)
    truth = build_annotations(
        recording=["a"] * 20 + ["b"] * 20,
        onset_s=onset_s,
        offset_s=onset_s + np.tile([0.5, 0.0], 20),
        label=["x", "pulse"] * 20,
    )
    found = truth.filter((pl.col("recording") == "a") | (pl.col("onset_s") < 10))
    return score_annotations(found, truth, durations_s={"a": 25.0, "b": 25.0})


def test_curves_hold_what_the_table_holds(scores: AnnotationScores) -> None:
    left, right = plot_curves(scores.curves).axes
    assert [line.get_label() for line in left.lines] == ["both edges", "onset alone", "events"]
    expected = scores.curves.filter(pl.col("criterion") == "iou")["f1"].to_numpy()
    assert np.allclose(right.lines[0].get_ydata(), expected)


def test_events_alone_have_one_panel(scores: AnnotationScores) -> None:
    assert len(plot_curves(scores.curves.filter(pl.col("criterion") == "event")).axes) == 1


def test_every_error_lies_in_a_bar() -> None:
    errors_s = {"onset": np.random.default_rng(0).normal(0, 0.01, 500), "offset": np.zeros(3), "event": np.empty(0)}
    panels = plot_errors(errors_s).axes
    assert [sum(bar.get_height() for bar in axes.patches) for axes in panels] == [500, 3]  # type: ignore[attr-defined]


def test_the_matrix_has_a_row_for_extra_and_a_column_for_missed(scores: AnnotationScores) -> None:
    truths, founds, counts = build_matrix(scores.confusion)
    assert (truths, founds) == (["pulse", "x"], ["pulse", "x", "(missed)"])
    assert counts.tolist() == [[15, 0, 5], [0, 15, 5]]
    assert len(plot_confusion(scores.confusion).axes) == 2


def test_rare_labels_stand_together_and_none_is_lost() -> None:
    names = [f"l{number:02}" for number in range(60)]
    confusion = pl.DataFrame({"truth": names, "found": names, "count": range(1, 61)})
    truths, _, counts = build_matrix(confusion)
    assert truths[-1] == "(others)"
    assert len(truths) == 41
    assert counts.sum() == sum(range(1, 61))
    assert counts[-1, -1] == sum(range(1, 21))


def test_strips_show_recordings_with_mistakes_only(scores: AnnotationScores) -> None:
    strips = choose_strips(scores.matches, length_s=5.0)
    assert [strip.recording for strip in strips] == ["b"]
    assert 9 <= strips[0].start_s < strips[0].stop_s <= 20
    assert set(strips[0].matches["outcome"]) == {"missed"}
    assert plot_strips(strips).axes[0].get_title(loc="left") == "b"


def test_a_strip_of_a_short_recording_begins_with_it(scores: AnnotationScores) -> None:
    assert choose_strips(scores.matches, length_s=60.0)[0].start_s == 0


def test_nothing_found_still_makes_a_page(tmp_path, scores: AnnotationScores) -> None:  # type: ignore[no-untyped-def]
    truth = build_annotations(recording=["a"], onset_s=[0.0], offset_s=[1.0], label=["<b>"])
    write_scores_page(tmp_path / "page.html", score_annotations(truth[:0], truth), "none against <all>", {}, {})
    page = (tmp_path / "page.html").read_text()
    assert "none against &lt;all&gt;" in page
    assert "<all>" not in page
    assert "not computed" in page
