from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation.annotations.reading import align_names, read_lengths, read_set
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations, empty_annotations
from subsong.sources.audio import write_audio


def write(path: Path, recording: str, num: int = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    onset_s = np.arange(num, dtype=float)
    table = build_annotations(recording=[recording] * num, onset_s=onset_s, offset_s=onset_s + 0.5, label=["x"] * num)
    write_annotations(path, table if num else empty_annotations())
    return path


def test_a_folder_of_files_names_recordings_by_files_and_folders(tmp_path: Path) -> None:
    write(tmp_path / "day1" / "a.txt", "a")
    write(tmp_path / "day2" / "a.txt", "a")
    (tmp_path / "notes.md").write_text("nothing")
    found = read_set(tmp_path)
    assert sorted(found.recordings) == ["day1/a", "day2/a"]
    assert found.table.height == 4


def test_an_empty_file_is_a_recording_without_a_sound(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "a")
    write(tmp_path / "b.csv", "b", num=0)
    assert read_set(tmp_path).recordings == ("a", "b")


def test_a_table_in_the_folder_is_preferred(tmp_path: Path) -> None:
    write(tmp_path / "annotations.csv", "a.wav")
    write(tmp_path / "other.txt", "other")
    assert read_set(tmp_path).recordings == ("a.wav",)


def test_two_formats_of_a_recording_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "a")
    write(tmp_path / "a.TextGrid", "a")
    with pytest.raises(SubsongError, match=r"two formats, a\.TextGrid and a\.txt"):
        read_set(tmp_path)


def test_recordings_name_annotations_and_give_lengths(tmp_path: Path) -> None:
    write_audio(tmp_path / "songs" / "day1" / "a.wav", np.zeros(8000, np.float32), 8000)
    write(tmp_path / "found" / "day1" / "a.txt", "a")
    lengths = read_lengths(tmp_path / "songs")
    assert lengths.durations_s == {"day1/a.wav": 1.0}
    assert read_set(tmp_path / "found", lengths).recordings == ("day1/a.wav",)


def test_names_fit_folders_and_suffixes_aside(tmp_path: Path) -> None:
    truth = read_set(write(tmp_path / "truth.csv", "day1/a.wav"))
    found = read_set(write(tmp_path / "found.csv", "a.flac"))
    assert align_names(found, truth, tmp_path).table["recording"].unique().to_list() == ["day1/a.wav"]


def test_two_files_that_name_nothing_are_of_one_recording(tmp_path: Path) -> None:
    truth, found = (read_set(write(tmp_path / f"{name}.txt", name)) for name in ("mine", "yours"))
    assert align_names(found, truth, tmp_path).recordings == ("mine",)


def test_two_names_of_one_recording_are_refused(tmp_path: Path) -> None:
    truth = read_set(write(tmp_path / "truth.csv", "a.wav"))
    write(tmp_path / "found" / "x" / "a.txt", "a")
    write(tmp_path / "found" / "y" / "a.txt", "a")
    with pytest.raises(SubsongError, match=r"'x/a' and 'y/a', which both fit 'a\.wav'"):
        align_names(read_set(tmp_path / "found"), truth, tmp_path / "found")


def test_what_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="does not exist"):
        read_set(tmp_path / "nowhere")
    with pytest.raises(SubsongError, match="no annotations in"):
        read_set(tmp_path)
