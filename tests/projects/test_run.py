"""A project is run: every step once, again only when something it depends on has changed, and on after a stop."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.projects.made_pipeline import list_statuses, make_small

import subsong.recipes.annotating as annotating
from subsong.core.errors import Interrupted, SubsongError
from subsong.core.files import hash_file
from subsong.datasets.folder_lock import lock_folder
from subsong.projects.documents.store import DocumentStore
from subsong.projects.maps import layout
from subsong.projects.project import Project, open_project
from subsong.projects.run import explain_project, run_project

FIRST, LAST = (f"bird1/day01/bird1_day01_song00{number}.wav" for number in (1, 3))
BIRD1 = {"annotations/bird1", "song/bird1", "segmenter/bird1", "segments/bird1"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Return a project that was run up to its embedding; leave it as it is."""
    project = make_small(tmp_path_factory.mktemp("made"))
    result = run_project(project, only="embedding")
    assert [step.status for step in result.steps] == ["done"] * len(result.steps), result.steps
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """Return a copy of the project that was run."""
    shutil.copytree(made.path, tmp_path / "project")
    return open_project(tmp_path / "project")


def find_model(project: Project) -> str:
    (run,) = project.runs_dir.glob("segmenter-bird1_*")
    return hash_file(run / "model/model.safetensors")


def relabel(project: Project) -> None:
    documents = DocumentStore(project)
    document = documents.load(FIRST)
    number = next(iter(document.annotations))
    documents.apply(FIRST, document.revision, {"op": "change", "ids": [number], "values": {"label": "b"}}, "me")


def test_all_sounds_have_a_place_in_the_embedding(made: Project) -> None:
    table = pl.read_parquet(made.embeddings_dir / "syllables.parquet")
    truth = pl.read_csv(made.recordings_dir / "segments.csv")
    assert table.filter("is_annotated").height == truth.height
    assert set(table["bird"]) == {"bird1", "bird2"}
    assert {"z0", "z1", "label", "individual"} <= set(table.columns)


def test_proposals_are_written_for_what_nobody_annotated(made: Project) -> None:
    assert (made.proposals_dir / f"{LAST}.csv").is_file()
    assert not (made.proposals_dir / f"{FIRST}.csv").exists()


def test_a_second_run_does_nothing_and_needs_no_torch(project: Project) -> None:
    code = (
        "import sys; from subsong.projects.project import open_project; from subsong.projects.run import run_project; "
        f"steps = run_project(open_project({str(project.path)!r}), only='embedding').steps; "
        "assert {step.status for step in steps} == {'kept'}, steps; "
        "assert 'torch' not in sys.modules and 'scipy' not in sys.modules and 'sklearn' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_after_one_changed_label_only_that_bird_is_done_again(project: Project) -> None:
    relabel(project)
    statuses = list_statuses(project)
    assert {name for name, status in statuses.items() if status == "done"} == BIRD1
    assert {status for name, status in statuses.items() if "bird2" in name} == {"kept"}
    assert set(list_statuses(project).values()) == {"kept"}


def test_a_label_in_what_is_annotated_wholly_trains_and_lays_out_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, lay_out = make_small(tmp_path, only="['*song001.wav', '*song002.wav']"), layout.lay_out
    monkeypatch.setattr(layout, "lay_out", lambda codes, noun, _, *more: lay_out(codes, noun, "pca", *more))
    assert set(list_statuses(project, "picture").values()) == {"done"}
    relabel(project)
    statuses = list_statuses(project, "picture")
    done = {"annotations/bird1", "segments/bird1", "embedding", "clusters", "picture"}
    assert {name for name, status in statuses.items() if status == "done"} == done
    assert statuses["layout"] == statuses["map"] == "kept"


def test_a_new_recording_is_annotated_and_the_others_are_kept(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, kept, annotate = LAST.replace("003", "009"), set[str](), annotating.annotate_tasks
    shutil.copy(project.recordings_dir / LAST, project.recordings_dir / name)
    with (project.recordings_dir / "files.csv").open("a") as file:
        file.write(f"{name},bird1,day01,undirected,1,16000,1,1\n")

    def spy(tasks: Any, known: set[str], *more: Any) -> Any:
        kept.update(known)
        return annotate(tasks, known, *more)

    monkeypatch.setattr(annotating, "annotate_tasks", spy)
    statuses = list_statuses(project)
    assert {step for step, status in statuses.items() if status == "done"} == {"segments/bird1"}
    assert kept == {LAST}
    assert (project.proposals_dir / f"{name}.csv").is_file()


def test_what_to_correct_next_is_suggested(project: Project) -> None:
    assert list_statuses(project, "suggestions")["suggestions"] == "done"
    table = pl.read_csv(project.path / "suggestions.csv")
    assert set(table["recording"]) == {LAST, LAST.replace("bird1", "bird2")}
    assert table["rank"].to_list() == list(range(1, table.height + 1))
    assert table["score"].is_sorted(descending=True)


def test_a_changed_setting_is_named(project: Project) -> None:
    file = project.file
    file.write_text(file.read_text().replace("training.num_epochs: 1,", "training.num_epochs: 3,"))
    said = {step.name: step for step in explain_project(open_project(file), only="embedding")}
    assert said["map"].reasons == ("training.num_epochs: 1 -> 3",)
    assert said["embedding"].reasons == ("after map",)
    assert said["syllables"].status == "kept"


def test_training_that_was_stopped_goes_on_to_the_same_model(
    made: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = make_small(tmp_path)

    def stop(*_: object) -> None:
        raise Interrupted("asked to stop", 15)

    with monkeypatch.context() as patch:
        patch.setattr("subsong.training.callbacks.progress.ProgressBar.on_epoch", stop)
        with pytest.raises(Interrupted, match=r"stopped in the step segmenter/bird1.*the same command goes on"):
            run_project(project, only="segments")
    statuses = list_statuses(project)
    assert statuses["song/bird1"] == "kept"
    assert len(list(project.runs_dir.glob("segmenter-bird1_*"))) == 1
    assert find_model(project) == find_model(made)


def test_a_project_in_use_is_refused(project: Project) -> None:
    with lock_folder(project.steps_dir), pytest.raises(SubsongError, match="another process works on the project"):
        run_project(project)


def test_an_unknown_step_is_told(project: Project) -> None:
    with pytest.raises(SubsongError, match="no step 'segment': did you mean 'segment"):
        run_project(project, only="segment")


def test_a_step_that_fails_says_why_and_the_other_bird_goes_on(project: Project) -> None:
    file = project.file
    file.write_text(file.read_text().replace("data.num_chunks: 16", "data.num_chunks: 17, data.labels: [z]"))
    steps = {step.name: step for step in run_project(open_project(file), only="segments").steps}
    assert {steps[f"segmenter/{bird}"].status for bird in ("bird1", "bird2")} == {"failed"}
    assert "z" in steps["segmenter/bird1"].reasons[0]
    assert steps["segments/bird1"].status == "left out"
    assert steps["song/bird2"].status == "kept"
