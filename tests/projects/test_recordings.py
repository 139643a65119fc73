"""What is in a project, and who is heard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.projects.project import Project, open_project
from subsong.projects.recordings import list_recordings
from subsong.sources.audio import write_audio

NAMES = ("amy/day1/a.wav", "amy/day2/b.wav", "bob/c.wav")


def make(folder: Path, names: tuple[str, ...] = NAMES, **lines: str) -> Project:
    for name in names:
        (folder / "songs" / name).parent.mkdir(parents=True, exist_ok=True)
        write_audio(folder / "songs" / name, np.zeros(80, np.float32), 8000)
    text = "".join(f"{key}: {value}\n" for key, value in {"recordings": "songs", **lines}.items())
    (folder / "project.yaml").write_text(text, "utf-8")
    return open_project(folder)


def birds_of(project: Project) -> list[str]:
    return [recording.bird for recording in list_recordings(project)]


def test_recordings_are_named_by_their_path_in_the_folder(tmp_path: Path) -> None:
    found = list_recordings(make(tmp_path))
    assert tuple(recording.name for recording in found) == NAMES
    assert all(recording.path.is_file() for recording in found)


def test_the_first_folder_tells_the_bird_where_nothing_else_does(tmp_path: Path) -> None:
    assert birds_of(make(tmp_path)) == ["amy", "amy", "bob"]


def test_recordings_without_folders_are_of_one_bird(tmp_path: Path) -> None:
    assert birds_of(make(tmp_path, ("a.wav", "b.wav"))) == ["bird", "bird"]


def test_a_table_beside_the_recordings_comes_first(tmp_path: Path) -> None:
    project = make(tmp_path)
    (tmp_path / "songs" / "files.csv").write_text("audio_file,individual\na.wav,x\nb.wav,y\nc.wav,x\n", "utf-8")
    assert birds_of(project) == ["x", "y", "x"]


def test_birds_are_told_by_patterns(tmp_path: Path) -> None:
    assert birds_of(make(tmp_path, birds="{one: ['amy/*'], two: [c.wav]}")) == ["one", "one", "two"]


def test_a_recording_of_no_bird_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"bob/c.wav fits none: expected the patterns of one bird"):
        birds_of(make(tmp_path, birds="{one: ['amy/*']}"))


def test_an_unknown_column_is_told(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="no column 'individul'"):
        birds_of(make(tmp_path, birds="individul"))


def test_only_some_recordings_belong_to_the_project(tmp_path: Path) -> None:
    names = [recording.name for recording in list_recordings(make(tmp_path, only="['amy/*']"))]
    assert names == list(NAMES[:2])
    (tmp_path / "project.yaml").write_text("recordings: songs\nonly: ['x*']\n", "utf-8")
    with pytest.raises(SubsongError, match=r"none of 3 recordings fits x\*"):
        list_recordings(open_project(tmp_path))
