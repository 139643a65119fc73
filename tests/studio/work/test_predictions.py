"""Predictions: what a job found becomes proposals, once it has ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.studio.conftest import NAMES

from subsong.projects.project import Project
from subsong.sources.annotations.read import write_annotations
from subsong.sources.annotations.table import build_annotations
from subsong.studio.context import StudioContext
from subsong.studio.errors import NotFoundError
from subsong.studio.jobs.store import Job, JobStore
from subsong.studio.work.predictions import Predictions

if TYPE_CHECKING:
    from starlette.testclient import TestClient

JOB = Job("20261121-100000-predict-000000", "predict", "Annotate", [], "running", False, "", None, 0.0, None)


class Jobs:
    """Jobs that run until they are told to end."""

    def __init__(self) -> None:
        self.state = "running"
        self.arguments: list[str] = []

    def start(self, store: JobStore, kind: str, title: str, arguments: list[str]) -> Job:
        self.arguments = list(arguments)
        return JOB

    def read(self, store: JobStore, name: str) -> Job:
        if self.state == "removed":
            raise NotFoundError(name)
        return JOB._replace(state=self.state)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> Jobs:
    jobs = Jobs()
    monkeypatch.setattr(JobStore, "start", lambda self, *arguments: jobs.start(self, *arguments))
    monkeypatch.setattr(JobStore, "read", lambda self, name: jobs.read(self, name))
    monkeypatch.setattr(Predictions, "_follow", lambda self: None)
    return jobs


def write_found(jobs: Jobs, name: str, label: str) -> None:
    """Write what a job found in one recording, as the command line does."""
    out = Path(jobs.arguments[jobs.arguments.index("--out") + 1])
    table = build_annotations(recording=[name], onset_s=[0.2], offset_s=[0.4], label=[label], score=[0.7])
    path = out / (name.removesuffix(".wav") + "_annotations.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    write_annotations(path, table, "csv")


@pytest.mark.parametrize("end", ["finished", "stopped", "removed"])
def test_what_was_found_becomes_proposals_however_the_job_ended(
    context: StudioContext, jobs: Jobs, tmp_path: Path, end: str
) -> None:
    predictions = Predictions(context)
    predictions.start(tmp_path / "run", list(context.recordings().values()), {"low_threshold": "0.4"})
    assert jobs.arguments[-2:] == ["--set", "low_threshold=0.4"]
    write_found(jobs, NAMES[0], "a")
    assert predictions.take_over() == 1
    assert context.documents.load(NAMES[0]).list_proposed() == []
    jobs.state = end
    assert predictions.take_over() == 0
    assert [one.label for one in context.documents.load(NAMES[0]).list_proposed()] == ["a"]
    assert (predictions.list_all()[0].num_taken, predictions.list_all()[0].num_found) == (1, 1)


def test_what_ended_without_a_studio_is_taken_over_by_the_next(
    context: StudioContext, jobs: Jobs, tmp_path: Path
) -> None:
    Predictions(context).start(tmp_path / "run", list(context.recordings().values()), {})
    write_found(jobs, NAMES[2], "b")
    jobs.state = "finished"
    assert Predictions(context).take_over() == 0
    assert [one.label for one in context.documents.load(NAMES[2]).list_proposed()] == ["b"]


def test_the_job_sees_the_chosen_recordings_under_their_names(
    context: StudioContext, jobs: Jobs, tmp_path: Path
) -> None:
    Predictions(context).start(tmp_path / "run", [context.recordings()[NAMES[1]]], {})
    folder = Path(jobs.arguments[2])
    assert [path.relative_to(folder).as_posix() for path in folder.rglob("*.wav")] == [NAMES[1]]


def test_recordings_that_are_done_are_left_out(client: TestClient, context: StudioContext, tmp_path: Path) -> None:
    context.documents.apply(NAMES[0], 0, {"op": "done", "value": True}, "Ada")
    for which, number in (("open", 2), ("all", 3)):
        body = {"run": str(tmp_path / "gone"), "which": which}
        answer = client.post("/api/predict/check", json=body).json()
        assert (answer["num_recordings"], [error["path"] for error in answer["errors"]]) == (number, ["run"])


def check_choice(client: TestClient, **choice: object) -> tuple[int, list[str]]:
    """Return how many recordings a choice means, and what is said to be wrong with it."""
    answer = client.post("/api/predict/check", json={"run": "gone", **choice}).json()
    return answer["num_recordings"], [error["message"] for error in answer["errors"] if error["path"] != "run"]


def test_single_recordings_are_chosen_by_name(client: TestClient) -> None:
    assert check_choice(client, which="chosen", recordings=[NAMES[0], NAMES[2]]) == (2, [])
    assert check_choice(client, which="chosen") == (0, ["choose at least one recording"])


def test_a_name_that_is_no_recording_is_told(client: TestClient) -> None:
    num, (said,) = check_choice(client, which="chosen", recordings=[NAMES[0], "../secret.wav"])
    assert (num, said) == (0, "the project has no recording '../secret.wav': choose again")


@pytest.mark.parametrize("folder", ["bird1", "bird1/", "bird1/day01", "./bird2/../bird1"])
def test_a_folder_of_the_project_means_the_recordings_in_it(client: TestClient, folder: str) -> None:
    assert check_choice(client, which="folder", folder=folder) == (2, [])


def test_a_folder_may_be_named_by_its_whole_path(client: TestClient, small_project: Project) -> None:
    assert check_choice(client, which="folder", folder=str(small_project.recordings_dir / "bird2")) == (1, [])


@pytest.mark.parametrize("folder", ["/", "..", "bird1/../../project", "/elsewhere", "~"])
def test_a_folder_outside_is_refused_with_the_command_that_does_it(client: TestClient, folder: str) -> None:
    num, (said,) = check_choice(client, which="folder", folder=folder)
    assert num == 0
    assert said.startswith(f"{folder} lies outside of the project: the studio reaches only recordings in ")
    assert client.post("/api/predict", json={"which": "folder", "folder": folder}).status_code == 400


@pytest.mark.parametrize("folder", ["bird", "", "bird1/day02"])
def test_a_folder_without_recordings_is_told(client: TestClient, folder: str) -> None:
    num, said = check_choice(client, which="folder", folder=folder)
    assert (num, len(said)) == (0, 1)


def test_without_a_model_nothing_is_started(client: TestClient) -> None:
    answer = client.post("/api/predict", json={})
    assert (answer.status_code, answer.json()["error"]) == (400, "choose a model that annotates")
