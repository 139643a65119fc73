"""The real originals say what the tables made from them say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from subsong.sources.annotations import check_segments, find_annotations, read_annotations, write_annotations
from subsong.sources.audio import find_audio, read_audio_info

ORDER = ["recording", "onset_s", "offset_s", "label", "annotator"]


def assert_like_the_table(found: pl.DataFrame, folder: Path) -> None:
    """Compare with segments.csv, whose times are rounded to microseconds."""
    table = read_annotations(folder / "segments.csv")
    assert found.height == table.height
    rounded = found.with_columns(pl.col("onset_s", "offset_s").round(6)).sort(ORDER)
    table = table.sort(ORDER)
    assert rounded["recording", "label", "annotator"].equals(table["recording", "label", "annotator"], null_equal=True)
    for name in ("onset_s", "offset_s"):
        assert (rounded[name] - table[name]).abs().max() < 1.5e-6  # type: ignore[operator]


def test_not_mat_files_beside_the_recordings(real_data: Path) -> None:
    root = real_data / "bengalese_finch_sober"
    found = find_annotations([*root.rglob("*.flac")], root)
    assert found.format == "not-mat"
    assert found.recordings_without == []
    assert_like_the_table(found.table, root)


def test_annotation_xml_of_koumura(real_data: Path) -> None:
    root = real_data / "bengalese_finch_koumura"
    found = find_annotations([*(root / "Bird0").glob("*.flac")], root, root / "Annotation.xml")
    assert (found.format, found.recordings_without, found.annotations_without) == ("koumura", [], [])
    assert_like_the_table(found.table, root)


@pytest.mark.parametrize("name", ["zebra_finch_adults", "zebra_finch_juveniles", "canary", "meerkat"])
def test_json_of_whisperseg(real_data: Path, name: str) -> None:
    root = real_data / f"{name}_whisperseg"
    found = find_annotations(find_audio(root), root)
    assert found.format == "whisperseg"
    assert_like_the_table(found.table, root)


def test_songexplorer_tables_of_several_people(real_data: Path) -> None:
    root = real_data / "fly_song_songexplorer"
    found = find_annotations(find_audio(root), root)
    assert found.format == "songexplorer"
    assert_like_the_table(found.table, root)
    is_pulse = found.table["label"].str.ends_with("pulse") & ~found.table["label"].str.starts_with("not_")
    counts = found.table.filter(is_pulse).height, found.table.filter(pl.col("label") == "ambient").height
    assert counts == (1053, 33)
    assert found.table.filter(is_pulse).select((pl.col("onset_s") == pl.col("offset_s")).all()).item()


def test_two_column_tables_of_amvoc(real_data: Path) -> None:
    root = real_data / "mouse_usv_amvoc"
    tables = [
        read_annotations(path).with_columns(pl.lit(f"rec_{path.stem[3:]}.flac").alias("recording"), label=pl.lit("usv"))
        for path in root.glob("gt_*.csv")
    ]
    assert_like_the_table(pl.concat(tables), root)


def test_a_real_file_goes_through_our_writer(real_data: Path, tmp_path: Path) -> None:
    path = next((real_data / "bengalese_finch_sober" / "raw_evtaf_sample").glob("*.not.mat"))
    table = read_annotations(path)
    write_annotations(tmp_path / path.name, table, sample_rate_hz=32000)
    assert read_annotations(tmp_path / path.name).equals(table)


def test_only_real_overlaps_are_noted(real_data: Path) -> None:
    root = real_data / "meerkat_whisperseg"
    paths = find_audio(root)
    durations_s = {path.name: read_audio_info(path).duration_s for path in paths}
    table = find_annotations(paths, root).table
    checked = check_segments(table, durations_s)
    assert checked.kept.height == table.height
    assert set(checked.problems["problem"]) == {"overlaps an earlier segment; kept"}
