"""The project file and the project's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.core.errors import SubsongError
from subsong.projects.project import create_project, open_project


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "songs"
    folder.mkdir()
    return folder


def test_a_file_named_project_keeps_everything_in_its_own_folder(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "project.yaml").write_text("recordings: songs\n", "utf-8")
    project = open_project(tmp_path)
    assert (project.path, project.recordings_dir) == (tmp_path.resolve(), recordings.resolve())
    assert project.name == tmp_path.name


def test_another_file_keeps_everything_in_a_folder_named_as_it(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "aviary.yaml").write_text("recordings: songs\n", "utf-8")
    project = open_project(tmp_path / "aviary.yaml")
    assert project.path == (tmp_path / "aviary").resolve()
    assert project.report_path.parent == project.path


def test_the_folder_can_be_named(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "aviary.yaml").write_text("recordings: songs\nfolder: results\nname: Aviary 7\n", "utf-8")
    project = open_project(tmp_path / "aviary.yaml")
    assert (project.path, project.name) == ((tmp_path / "results").resolve(), "Aviary 7")


def test_a_misspelt_key_is_told_with_its_line(tmp_path: Path, recordings: Path) -> None:
    (tmp_path / "project.yaml").write_text("recordings: songs\nanotations: labels\n", "utf-8")
    with pytest.raises(SubsongError, match=r"project.yaml.*line 2.*annotations"):
        open_project(tmp_path)


def test_no_project_and_lost_recordings_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="is no project: expected"):
        open_project(tmp_path)
    (tmp_path / "project.yaml").write_text("recordings: gone\n", "utf-8")
    with pytest.raises(SubsongError, match="gone does not exist; say where they are now"):
        open_project(tmp_path)


def test_a_folder_of_recordings_becomes_a_project_beside_it(recordings: Path) -> None:
    project = create_project(recordings)
    assert project.path == recordings.resolve().with_name("songs-project")
    assert (project.recordings_dir, project.name) == (recordings.resolve(), "songs")
    assert list(recordings.iterdir()) == []


def test_a_project_made_before_is_opened_as_it_is(recordings: Path) -> None:
    file = create_project(recordings).file
    file.write_text(file.read_text("utf-8") + "seed: 5\n", "utf-8")
    assert create_project(recordings).config.seed == 5


def test_a_folder_of_other_recordings_is_left_alone(tmp_path: Path, recordings: Path) -> None:
    create_project(recordings, tmp_path / "kept")
    other = tmp_path / "other"
    other.mkdir()
    with pytest.raises(SubsongError, match="choose another folder"):
        create_project(other, tmp_path / "kept")
