from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsong.core.errors import SubsongError
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.scores import AnnotationScores, score_annotations
from subsong.sources.annotations.read import read_annotations
from subsong.sources.annotations.table import build_annotations

Row = tuple[str, float, float, str | None]


def annotations(*rows: Row, channel: list[int] | None = None) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return build_annotations(
        **dict(zip(("recording", "onset_s", "offset_s", "label"), map(list, columns), strict=True)), channel=channel
    )


def values_of(scores: AnnotationScores) -> dict[str, float]:
    return dict(scores.summary.select("score", "value").iter_rows())


def get(table: pl.DataFrame, **where: object) -> Mapping[str, object]:
    return table.filter(*(pl.col(name) == value for name, value in where.items())).row(0, named=True)


TRUTH = annotations(("a", 0.0, 1.0, "x"), ("a", 2.0, 3.0, "y"), ("a", 4.0, 5.0, "x"), ("b", 1.0, 2.0, "y"))
DURATIONS = {"a": 10.0, "b": 5.0}


def test_what_equals_the_truth_has_no_error() -> None:
    scores = score_annotations(TRUTH, TRUTH, durations_s=DURATIONS)
    values = values_of(scores)
    assert all(value == 1.0 for name, value in values.items() if "error" not in name)
    assert all(value == 0.0 for name, value in values.items() if "error" in name)
    assert set(scores.matches["outcome"]) == {"paired"}
    assert scores.uses_labels


def test_a_known_case_has_the_scores_counted_by_hand() -> None:
    found = annotations(("a", 0.005, 1.0, "x"), ("a", 2.02, 3.0, "x"), ("a", 6.0, 7.0, "y"), ("b", 1.0, 2.0, "y"))
    scores = score_annotations(found, TRUTH, durations_s=DURATIONS)
    values = values_of(scores)
    assert values["iou_precision"] == values["iou_recall"] == values["iou_f1"] == 2 / 4
    assert values["syllable_error_rate"] == 2 / 4
    # Of recording a: 20 ms late, then 1 s with the other label, 1 s missed, 1 s extra, 5 ms late at first.
    assert values["frame_error"] == pytest.approx((0.005 + 1.0 + 1.0 + 1.0) / 15)
    assert values["frame_error_in_sound"] == pytest.approx((0.005 + 1.0 + 1.0) / 4)
    assert values["frame_recall"] == pytest.approx((4 - 0.005 - 0.02 - 1) / 4)
    assert scores.matches.group_by("outcome").len().sort("outcome").rows() == [
        ("confused", 1),
        ("extra", 1),
        ("missed", 1),
        ("paired", 2),
    ]
    assert scores.confusion.rows() == [
        ("(extra)", "y", 1),
        ("x", "(missed)", 1),
        ("x", "x", 1),
        ("y", "x", 1),
        ("y", "y", 1),
    ]
    assert get(scores.timing, edge="onset")["p95_ms"] == pytest.approx(18.5)
    assert get(scores.per_class, label="x", criterion="iou")["f1"] == pytest.approx(0.5)


def test_without_labels_a_confusion_is_a_pair() -> None:
    found = TRUTH.with_columns(pl.lit("z").alias("label"))
    scores = score_annotations(found, TRUTH)
    assert not scores.uses_labels
    assert values_of(scores)["iou_f1"] == 1.0
    assert any("no label in common" in warning for warning in scores.warnings)
    assert values_of(score_annotations(found, TRUTH, ScoringOptions(use_labels=True)))["iou_f1"] == 0.0


def test_annotations_without_labels_are_compared_without_a_word() -> None:
    scores = score_annotations(TRUTH.with_columns(pl.lit(None, pl.String).alias("label")), TRUTH, durations_s=DURATIONS)
    assert not scores.uses_labels
    assert not any("label" in warning for warning in scores.warnings)


def test_events_agree_with_events_only() -> None:
    truth = annotations(("a", 1.0, 1.0, "p"), ("a", 2.0, 2.0, "p"), ("a", 3.0, 3.1, "p"))
    found = annotations(("a", 1.008, 1.008, "p"), ("a", 2.0, 2.1, "p"), ("a", 3.0, 3.0, "p"))
    values = values_of(score_annotations(found, truth))
    assert (values["event_precision"], values["event_recall"]) == (0.5, 0.5)
    assert values["iou_f1"] == 0.0


def test_a_label_that_is_a_point_in_one_set_only_is_told() -> None:
    truth, found = annotations(("a", 1.0, 1.0, "p")), annotations(("a", 1.0, 1.1, "p"))
    assert any("event (a point) in the other" in warning for warning in score_annotations(found, truth).warnings)


def test_channels_count_where_both_sets_name_them() -> None:
    rows = (("a", 0.0, 1.0, "x"), ("a", 0.0, 1.0, "x"))
    truth, found = annotations(*rows, channel=[0, 1]), annotations(*rows, channel=[1, 2])
    assert values_of(score_annotations(found, truth))["iou_f1"] == 0.5
    unsaid = found.with_columns(pl.lit(None, pl.Int64).alias("channel"))[:1]
    assert values_of(score_annotations(unsaid, truth))["iou_precision"] == 1.0


def test_a_recording_nobody_annotated_does_not_count_and_is_told() -> None:
    found = pl.concat([TRUTH, annotations(("c", 0.0, 1.0, "x"))])
    scores = score_annotations(found, TRUTH)
    assert values_of(scores)["iou_f1"] == 1.0
    assert any("no truth" in warning and "(c)" in warning for warning in scores.warnings)


def test_a_recording_with_nothing_found_is_missed_and_told() -> None:
    scores = score_annotations(TRUTH.filter(pl.col("recording") == "a"), TRUTH)
    assert values_of(scores)["iou_recall"] == 0.75
    assert get(scores.per_recording, recording="b")["iou_recall"] == 0.0
    assert any("counts as missed (b)" in warning for warning in scores.warnings)


def test_an_annotated_recording_without_a_sound_can_only_have_extras() -> None:
    found = annotations(("c", 0.0, 1.0, "x"), ("a", 0.0, 1.0, "x"))
    scores = score_annotations(found, TRUTH, recordings=["a", "b", "c"])
    assert get(scores.per_recording, recording="c")["iou_precision"] == 0.0
    assert get(scores.per_recording, recording="c")["iou_recall"] is None


def test_nothing_in_common_is_an_error_that_names_both() -> None:
    with pytest.raises(SubsongError, match=r"no recording in common: the truth is of a, b, the found .* are of q"):
        score_annotations(annotations(("q", 0.0, 1.0, "x")), TRUTH)


def test_nothing_at_all_is_an_error() -> None:
    with pytest.raises(SubsongError, match="neither set has an annotation"):
        score_annotations(annotations(), annotations())


def test_rows_that_cannot_be_are_counted_out_and_told() -> None:
    found = pl.concat([TRUTH, annotations(("a", 8.0, 7.0, "x"), ("a", math.nan, 1.0, "x"))])
    scores = score_annotations(found, TRUTH)
    assert values_of(scores)["iou_f1"] == 1.0
    assert any("2 rows of the found annotations cannot be used" in warning for warning in scores.warnings)


def test_extras_count_only_where_the_truth_is_complete() -> None:
    truth = annotations(("a", 1.0, 2.0, "x"), ("a", 5.0, 7.0, "ambient"))
    found = annotations(("a", 1.0, 2.0, "x"), ("a", 1.4, 1.6, "x"), ("a", 5.5, 6.0, "x"), ("a", 8.0, 9.0, "x"))
    scores = score_annotations(found, truth, ScoringOptions(within=("amb*",)))
    values = values_of(scores)
    assert (values["iou_precision"], values["iou_recall"]) == (1 / 3, 1.0)
    assert scores.matches["outcome"].to_list() == ["paired", "extra", "extra", "not judged"]
    assert values["frame_error"] == pytest.approx(0.5 / 3)
    by_table = score_annotations(found, truth[:1], windows=truth[1:])
    assert by_table.summary.equals(scores.summary)


def test_a_label_that_marks_nothing_is_an_error() -> None:
    with pytest.raises(SubsongError, match=r"no label 'ambient'.*it has x, y"):
        score_annotations(TRUTH, TRUTH, ScoringOptions(within=("ambient",)))


def test_the_frame_error_waits_for_the_length_of_the_recordings() -> None:
    scores = score_annotations(TRUTH, TRUTH)
    assert "frame_error" not in values_of(scores)
    assert "frame_error_in_sound" in values_of(scores)
    assert any("length of the recordings is not known" in warning for warning in scores.warnings)


def test_one_recording_has_intervals_over_its_annotations() -> None:
    one = TRUTH.filter(pl.col("recording") == "a")
    scores = score_annotations(one[:2], one)
    assert scores.interval_units == "annotations"
    recall = get(scores.summary, score="iou_recall")
    assert 0 <= recall["low"] < recall["value"] < recall["high"] <= 1  # type: ignore[operator]
    assert any("one recording" in warning for warning in scores.warnings)


rows_of = st.lists(
    st.tuples(st.sampled_from("ab"), st.integers(0, 60), st.integers(0, 9), st.sampled_from("xy")),
    min_size=1,
    max_size=14,
)


def build(rows: list[tuple[str, int, int, str]]) -> pl.DataFrame:
    return annotations(*((name, on / 16, (on + length) / 16, label) for name, on, length, label in rows))


@settings(max_examples=12, deadline=None)
@given(rows_of, rows_of, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(true, heard, random) -> None:  # type: ignore[no-untyped-def]
    options = ScoringOptions(num_resamples=10, use_labels=True)
    first = score_annotations(build(heard), build(true), options, recordings=["a", "b"])
    random.shuffle(true)
    random.shuffle(heard)
    again = score_annotations(build(heard), build(true), options, recordings=["a", "b"])
    assert again.summary.equals(first.summary, null_equal=True)
    assert again.matches.equals(first.matches, null_equal=True)


@settings(max_examples=12, deadline=None)
@given(rows_of, rows_of)
def test_exchanging_the_sets_exchanges_precision_and_recall(true, heard) -> None:  # type: ignore[no-untyped-def]
    options = ScoringOptions(num_resamples=10, use_labels=True)
    names = ["a", "b"]
    there, back = (
        values_of(score_annotations(*pair, options, recordings=names))
        for pair in ((build(heard), build(true)), (build(true), build(heard)))
    )
    for name, value in there.items():
        other = name.replace("precision", "RECALL").replace("recall", "precision").replace("RECALL", "recall")
        if other.endswith(("precision", "recall", "f1")):
            assert back[other] == pytest.approx(value, nan_ok=True)


def test_splitting_a_recording_changes_no_count() -> None:
    rng = np.random.default_rng(0)
    onset_s = np.cumsum(rng.uniform(0.1, 0.5, 60))
    rows = [("a", float(on), float(on) + 0.06, str(rng.choice(list("xyz")))) for on in onset_s]
    shifts = rng.normal(0, 0.01, 60)
    heard = [(name, on + d, off + d, label) for (name, on, off, label), d in zip(rows, shifts, strict=True)][::2]
    cut_s = float(onset_s[30]) - 0.05

    def split(row: Row) -> Row:
        name, on, off, label = row
        return (name, on, off, label) if on < cut_s else ("b", on - cut_s, off - cut_s, label)

    whole = score_annotations(annotations(*heard), annotations(*rows))
    halves = score_annotations(annotations(*map(split, heard)), annotations(*map(split, rows)))
    same = ~pl.col("score").str.starts_with("frame")  # frames lie on another grid
    columns = ["score", "value", "numerator", "denominator"]
    assert halves.summary.filter(same).select(columns).equals(whole.summary.filter(same).select(columns))


def test_a_hundred_thousand_segments_take_seconds() -> None:
    rng = np.random.default_rng(0)
    onset_s = np.cumsum(rng.uniform(0.05, 0.2, (100, 1000)), axis=1)
    names = np.repeat([f"r{number:03}" for number in range(100)], 1000)
    truth = build_annotations(
        recording=names.tolist(),
        onset_s=onset_s.ravel(),
        offset_s=onset_s.ravel() + 0.04,
        label=rng.choice(list("abcdef"), 100_000).tolist(),
    )
    found = truth.with_columns(pl.col("onset_s", "offset_s") + pl.Series(rng.normal(0, 0.004, 100_000)))
    scores = score_annotations(found[:95_000], truth, ScoringOptions(num_resamples=100))
    assert values_of(scores)["iou_recall"] == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize(("name", "f1"), [("20190122T093303a-7", 0.964), ("20190122T132554a-14", 0.865)])
def test_two_people_agree_on_fly_pulses_as_measured_before(real_data: Path, name: str, f1: float) -> None:
    folder = real_data / "fly_song_songexplorer"
    found, truth = (read_annotations(folder / f"{name}.wav-annotated-person{person}.csv") for person in (2, 3))
    pulses = pl.col("label") == "mel-pulse"
    values = values_of(score_annotations(found.filter(pulses), truth.filter(pulses)))
    assert values["event_f1"] == pytest.approx(f1, abs=0.0005)


def test_mouse_calls_moved_by_known_errors_have_the_scores_that_follow(real_data: Path) -> None:
    truth = read_annotations(real_data / "mouse_usv_amvoc" / "segments.csv")
    late = truth.with_columns(pl.col("onset_s", "offset_s") + 0.012)
    durations = {name: 60.0 for name in truth["recording"].unique()}
    scores = score_annotations(late, truth, durations_s=durations)
    values = values_of(scores)
    length = (truth["offset_s"] - truth["onset_s"]).to_numpy()
    # A call moved by d overlaps itself by (L - d) / (L + d), which is half at L = 3 d.
    assert values["iou_recall"] >= np.mean(length >= 0.036 - 1e-9)
    assert values["edges_f1"] <= 1 - np.mean(length > 0.1)
    assert get(scores.timing, edge="onset")["median_ms"] == pytest.approx(12.0)
    assert get(scores.curves, criterion="edges", limit=0.015)["f1"] == 1.0
