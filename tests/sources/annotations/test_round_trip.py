"""What a format can hold is read back as it was written; what it cannot hold is said."""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from subsong.sources.annotations import (
    FORMATS,
    build_annotations,
    empty_annotations,
    read_annotations,
    write_annotations,
)
from subsong.sources.annotations.table import ANNOTATION_SCHEMA

WORDS = st.text("abcXYZ 019é,;'\"-_", min_size=1, max_size=8).map(str.strip).filter(bool)
MICROSECONDS = st.integers(1, 10**7)
RELAXED = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def tables(draw: st.DrawFn, with_events: bool = True, overlap: bool = True, labels: st.SearchStrategy[str] = WORDS):
    """Annotations of one recording in order, times on a grid of microseconds."""
    gaps = draw(st.lists(st.tuples(MICROSECONDS, st.integers(0 if with_events else 1, 10**6)), max_size=6))
    start, rows = 0, []
    for gap, length in gaps:
        start += gap
        rows.append((start / 1e6, (start + length) / 1e6, draw(labels), draw(st.none() | st.integers(0, 3))))
        start += 0 if overlap else length
    if not rows:
        return empty_annotations()
    low = [draw(st.none() | st.integers(0, 1000)) for _ in rows]
    return build_annotations(
        recording="rec",
        onset_s=[row[0] for row in rows],
        offset_s=[row[1] for row in rows],
        label=[row[2] for row in rows],
        channel=[row[3] for row in rows],
        low_hz=low,
        high_hz=[None if hz is None else hz + 500.5 for hz in low],
        score=[draw(st.none() | st.floats(0, 1, allow_subnormal=False)) for _ in rows],
        annotator=[draw(st.none() | st.sampled_from(["ann", "bea"])) for _ in rows],
    )


def written(folder: Path, name: str, table: pl.DataFrame, sample_rate_hz: int | None = None) -> pl.DataFrame:
    path = folder / name
    write_annotations(path, table, sample_rate_hz=sample_rate_hz)
    return read_annotations(path, sample_rate_hz=sample_rate_hz)


def holding(table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Return `table` with only `columns` and the times said."""
    held = {"recording", "onset_s", "offset_s", *columns}
    return table.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in ANNOTATION_SCHEMA.items() if name not in held
    )


def assert_same(found: pl.DataFrame, expected: pl.DataFrame, places: float = 0.0) -> None:
    assert_frame_equal(found, expected, check_exact=places == 0, abs_tol=places, rel_tol=0)


@RELAXED
@given(table=tables())
def test_our_csv_holds_everything(tmp_path: Path, table: pl.DataFrame) -> None:
    assert_same(written(tmp_path, "all.csv", table), table)


@RELAXED
@given(table=tables(with_events=False))
def test_ava_holds_times(tmp_path: Path, table: pl.DataFrame) -> None:
    assert_same(written(tmp_path, "rec.txt", table), holding(table), 1e-9)


@RELAXED
@given(table=tables())
def test_das_holds_channels_and_labels(tmp_path: Path, table: pl.DataFrame) -> None:
    assert_same(written(tmp_path, "rec_annotations.csv", table), holding(table, "label", "channel"))


@RELAXED
@given(table=tables())
def test_audacity_holds_labels_and_bands(tmp_path: Path, table: pl.DataFrame) -> None:
    write_annotations(tmp_path / "rec.txt", table, format="audacity")
    found = read_annotations(tmp_path / "rec.txt", format="audacity")
    assert_same(found, holding(table, "label", "low_hz", "high_hz"), 1e-9)


@RELAXED
@given(table=tables())
def test_raven_holds_labels_bands_and_channels(tmp_path: Path, table: pl.DataFrame) -> None:
    expected = holding(table, "label", "low_hz", "high_hz", "channel").with_columns(pl.col("channel").fill_null(0))
    assert_same(written(tmp_path, "rec.selections.txt", table), expected, 1e-9)


@RELAXED
@given(table=tables(overlap=False))
def test_textgrid_holds_labels_and_annotators(tmp_path: Path, table: pl.DataFrame) -> None:
    order = ["annotator", "onset_s", "offset_s"]
    found = written(tmp_path, "rec.TextGrid", table).sort(order, maintain_order=True)
    assert_same(found, holding(table, "label", "annotator").sort(order, maintain_order=True))


@RELAXED
@given(table=tables(with_events=False, labels=st.sampled_from("abz019-")))
def test_not_mat_holds_labels_of_one_character(tmp_path: Path, table: pl.DataFrame) -> None:
    assert_same(written(tmp_path, "rec.not.mat", table), holding(table, "label"), 1e-9)


@RELAXED
@given(table=tables())
def test_whisperseg_holds_labels(tmp_path: Path, table: pl.DataFrame) -> None:
    assert_same(written(tmp_path, "rec.json", table), holding(table, "label"))


@RELAXED
@given(table=tables())
def test_songexplorer_holds_samples_and_labels(tmp_path: Path, table: pl.DataFrame) -> None:
    write_annotations(tmp_path / "rec.csv", table, format="songexplorer", sample_rate_hz=10**6)
    found = read_annotations(tmp_path / "rec.csv", format="songexplorer", sample_rate_hz=10**6)
    assert_same(found, holding(table, "label"), 1e-9)


WRITTEN = [form.name for form in FORMATS if form.write]
SEGMENTS = build_annotations(recording="rec", onset_s=[0.1, 0.3], offset_s=[0.2, 0.4], label=["a", "b"])


@pytest.mark.parametrize("name", WRITTEN)
def test_a_table_without_rows_is_written_and_read(tmp_path: Path, name: str) -> None:
    write_annotations(tmp_path / "rec.x", empty_annotations(), format=name)
    found = read_annotations(tmp_path / "rec.x", format=name)
    assert found.height == 0


@pytest.mark.parametrize("name", WRITTEN)
def test_a_long_table_is_recognised_again(tmp_path: Path, name: str) -> None:
    table = build_annotations(
        recording="rec", onset_s=[t / 10 for t in range(5000)], offset_s=[t / 10 + 0.05 for t in range(5000)], label="a"
    )
    path = tmp_path / {form.name: f"rec{form.suffixes[0]}" for form in FORMATS}[name]
    write_annotations(path, table, format=name, sample_rate_hz=1000)
    assert read_annotations(path, sample_rate_hz=1000).height == 5000


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_lost_is_said(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    table = SEGMENTS.with_columns(pl.lit(0.5).alias("score"), pl.lit("ann").alias("annotator"))
    write_annotations(tmp_path / "rec.x", table, format=name, sample_rate_hz=1000)
    found = read_annotations(tmp_path / "rec.x", format=name, sample_rate_hz=1000)
    for column in ("label", "score", "annotator"):
        is_lost = bool(found[column].null_count())
        assert is_lost == any(
            column in record.message for record in caplog.records if record.levelno == logging.WARNING
        )


@pytest.mark.parametrize("name", [name for name in WRITTEN if name != "csv"])
def test_several_recordings_in_one_file_are_refused_and_the_old_file_stays(tmp_path: Path, name: str) -> None:
    (tmp_path / "rec.x").write_text("old")
    with pytest.raises(ValueError, match="one recording a file, found 2"):
        write_annotations(tmp_path / "rec.x", SEGMENTS.with_columns(pl.Series("recording", ["a", "b"])), format=name)
    assert (tmp_path / "rec.x").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["rec.x"]


@pytest.mark.parametrize("name", ["ava", "not-mat"])
def test_events_are_refused_where_only_segments_go(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"segments only, and row 1 of the table \(onset 0.4 s"):
        write_annotations(tmp_path / "rec.x", SEGMENTS.with_columns(pl.Series("onset_s", [0.1, 0.4])), format=name)


def test_long_labels_are_refused_in_a_not_mat_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one character a syllable, found the label 'call'"):
        write_annotations(tmp_path / "rec.not.mat", SEGMENTS.with_columns(label=pl.lit("call")))


def test_overlaps_of_one_annotator_are_refused_in_a_textgrid(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"overlap, found 'a' until 0.35 s and 'b' from 0.3 s"):
        write_annotations(tmp_path / "rec.TextGrid", SEGMENTS.with_columns(pl.Series("offset_s", [0.35, 0.4])))


def test_missing_labels_are_named_where_a_format_must_have_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = SEGMENTS.with_columns(pl.Series("label", ["a", None]))
    assert written(tmp_path, "rec_annotations.csv", table)["label"].to_list() == ["a", "vocalization"]
    assert "1 annotations without a label" in caplog.text


def test_tabs_in_labels_do_not_break_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    table = SEGMENTS.with_columns(pl.Series("label", ["a\tb", "c\nd "]))
    assert written(tmp_path, "rec.selections.txt", table)["label"].to_list() == ["a b", "c d"]
    assert "2 labels" in caplog.text


def test_times_that_are_missing_are_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="row 0 of the table has no finite onset"):
        write_annotations(tmp_path / "rec.txt", SEGMENTS.with_columns(onset_s=pl.lit(float("nan"))))


def test_the_rate_goes_into_a_not_mat_file(tmp_path: Path) -> None:
    from scipy.io import loadmat

    write_annotations(tmp_path / "rec.not.mat", SEGMENTS, sample_rate_hz=32000)
    assert loadmat(tmp_path / "rec.not.mat")["Fs"].item() == 32000


def test_koumuras_format_is_read_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="koumura is read but not written"):
        write_annotations(tmp_path / "Annotation.xml", SEGMENTS, format="koumura")
    with pytest.raises(ValueError, match="cannot tell the format to write"):
        write_annotations(tmp_path / "Annotation.xml", SEGMENTS)
