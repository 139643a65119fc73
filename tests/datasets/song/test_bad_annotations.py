"""Bad annotation files are named, with the line or the row, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.gathering import GatheredSong, gather_song
from subsong.datasets.song.reading import SongReading

from .songs import write_recording

GOOD = [("a", 0.5, 0.7), ("b", 1.0, 1.2), ("a", 2.0, 2.2), ("b", 3.0, 3.2)]
DAS, OWN = "name,start_seconds,stop_seconds", "recording,onset_s,offset_s,label"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in "xyz":
        write_recording(tmp_path / "songs", name, GOOD)
    return tmp_path / "songs"


def gather(folder: Path, text: str, mode: str = "strict") -> GatheredSong:
    """Gather the recordings, those of x with other annotations."""
    (folder / "x_annotations.csv").write_text(text)
    settings = {"split_by": "time", "split_gap_s": 0.01, "audit": {"mode": mode}}
    return gather_song(folder, SongReading.model_validate(settings))


def gather_table(folder: Path, text: str) -> GatheredSong:
    """Gather the recordings, with one table of annotations for all of them."""
    for path in folder.glob("*_annotations.csv"):
        path.unlink()
    (folder / "annotations.csv").write_text(text)
    return gather_song(folder, SongReading(split_by="time", split_gap_s=0.01))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name,start_second,stop_seconds\na,0.5,0.7", r"x_annotations\.csv is no annotation file.*start_seconds"),
        (f"{DAS}\na,0.5,0.7\na,half,0.7", r"x_annotations\.csv line 3: expected a number in start_seconds, .*'half'"),
        (f"{DAS}\na,0.5", r"x_annotations\.csv line 2: expected 3 cells, found 2"),
        (f"{DAS}\na,0.5,nan\na,0.5,0.7", r"x\.wav annotation 1 \(onset 0.5 s, offset nan s\): .*not finite"),
        (f"{DAS}\na,0.5,0.7\na,0.9,0.7", r"x\.wav annotation 2 \(onset 0.9 s, offset 0.7 s\): offset lies before"),
    ],
)
def test_a_bad_file_is_named_with_its_row(folder: Path, text: str, message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        gather(folder, text)


def test_a_file_that_cannot_be_read_is_left_out_by_name(folder: Path) -> None:
    gathered = gather(folder, f"{DAS}\na,half,0.7", mode="lenient")
    assert set(gathered.annotations["source"]) == {"y.wav", "z.wav"}
    assert gathered.skipped["recording"].to_list() == ["x.wav"]
    assert "x_annotations.csv line 2: expected a number" in gathered.skipped["reason"][0]


def test_a_misspelt_column_of_a_table_is_named(folder: Path) -> None:
    with pytest.raises(SubsongError, match=r"annotations\.csv line 1: unknown column 'lable'; did you mean 'label'"):
        gather_table(folder, "recording,onset_s,offset_s,lable\nx.wav,0.5,0.7,a\n")


def test_a_row_of_no_recording_is_listed(folder: Path) -> None:
    rows = "".join(f"{name}.wav,0.5,0.7,a\n" for name in "wxyz")
    gathered = gather_table(folder, f"{OWN}\n{rows}")
    assert gathered.skipped.select("recording", "reason").rows() == [("w.wav", "these annotations have no recording")]


def test_a_table_in_milliseconds_is_told(folder: Path) -> None:
    with pytest.raises(SubsongError, match=r"x\.wav: .*look like milliseconds, not seconds"):
        gather_table(folder, f"{OWN}\nx.wav,500,700,a\ny.wav,500,700,a\n")


@pytest.mark.parametrize("row", ["sine,nan,0", "sine,nan,nan", "sine,nan,0.7"])
def test_either_way_to_name_a_class_without_annotations_is_no_annotation(folder: Path, row: str) -> None:
    gathered = gather(folder, f"{DAS}\n{row}\na,0.5,0.7\n")
    assert "sine" not in gathered.annotations["label"]
    assert gathered.skipped.is_empty()
