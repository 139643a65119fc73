"""Runs of earlier rounds: the newest stay, and whatever people made or refer to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.projects.made_project import make_project

from subsong.core.files import hash_file, read_json, write_json
from subsong.projects.project import Project
from subsong.projects.steps.earlier_runs import MARK_NAME, mark_run, remove_earlier_runs
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import describe_process, write_process


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project in which the first of six runs of the map is in use, and one earlier run is to be kept."""
    project = make_project(tmp_path, keep_runs="1")
    for number in range(6):
        add_run(project, number)
    write_json(project.steps_dir / "map" / "run.json", {"run": "runs/map_0"})
    return project


def add_run(project: Project, number: int, kind: str = "map") -> Path:
    path = project.runs_dir / f"{kind}_{number}"
    path.mkdir(parents=True)
    (path / "config.yaml").write_text("recipe: syllable-vae\n", "utf-8")
    mark_run(path, kind)
    mark = read_json(path / MARK_NAME)
    write_json(path / MARK_NAME, {**mark, "made_at": number})
    return path


def list_runs(project: Project) -> set[str]:
    return {path.name for path in project.runs_dir.iterdir()}


def test_the_run_in_use_and_the_newest_before_it_are_kept(project: Project) -> None:
    add_run(project, 1, "segmenter-bird1")
    assert remove_earlier_runs(project) == ["map_1", "map_2", "map_3", "map_4"]
    assert list_runs(project) == {"map_0", "map_5", "segmenter-bird1_1"}
    assert remove_earlier_runs(project) == []


def test_all_are_kept_where_that_is_asked_for(tmp_path: Path) -> None:
    project = make_project(tmp_path, keep_runs="null")
    for number in range(6):
        add_run(project, number)
    assert remove_earlier_runs(project) == []


@pytest.mark.parametrize(
    "file", ["datasets/mine/manifest.json", "maps/mine/map.json", "studio/notes.json", "runs/mine/config.yaml"]
)
def test_what_something_refers_to_is_kept(project: Project, file: str) -> None:
    write_json(project.path / file, {"start_from": "../map_2/model"})
    assert remove_earlier_runs(project) == ["map_1", "map_3", "map_4"]


def test_what_people_made_changed_or_train_is_kept(project: Project) -> None:
    (project.runs_dir / "map_1" / MARK_NAME).unlink()
    config = project.runs_dir / "map_2" / "config.yaml"
    before = hash_file(config)
    config.write_text("recipe: syllable-vae\ntraining: {num_epochs: 90}\n", "utf-8")
    assert hash_file(config) != before
    write_process(RunFolder(project.runs_dir / "map_3"), describe_process(os.getpid()))
    assert remove_earlier_runs(project) == ["map_4"]
    assert list_runs(project) == {"map_0", "map_1", "map_2", "map_3", "map_5"}
