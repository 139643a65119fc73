"""Runs over the wire: what would be started, scripts, one run that is there, and names that lead elsewhere."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from subsong.projects.project import Project
from subsong.studio.work import run_routes
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import describe_process, write_process

if TYPE_CHECKING:
    from starlette.testclient import TestClient


def write_run(project: Project, name: str, num_epochs: int = 2, seed: int = 0) -> RunFolder:
    """Write the folder of a run that has stopped after its first epoch."""
    run = RunFolder(project.runs_dir / name)
    run.figure_dir.mkdir(parents=True)
    run.config_path.write_text(
        f"recipe: digits-vae\nseed: {seed}\ntraining: {{num_epochs: {num_epochs}}}\n", encoding="utf-8"
    )
    record = {"event": "epoch", "epoch": 0, "step": 3, "train": {"loss": 2.0}, "validation": {"loss": 1.5}}
    run.metrics_path.write_text(json.dumps(record) + "\n", encoding="utf-8")
    write_process(run, describe_process(os.getpid())._replace(state="stopped", message="asked to"))
    return run


def test_a_run_is_started_by_the_command_that_is_shown(
    client: TestClient, small_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Any, ...]] = []

    def start_training(*arguments: Any) -> str:
        started.append(arguments)
        return "try_1"

    monkeypatch.setattr(run_routes, "start_training", start_training)
    body = {"recipe": "digits-vae", "settings": {"training.num_epochs": "3"}, "name": "try"}
    answer = client.post("/api/runs/check", json=body).json()
    assert shlex.split(answer["command"]) == [
        *("subsong", "train", "digits-vae", "--set", "training.num_epochs=3"),
        *("--name", "try", "--root", str(small_project.runs_dir)),
    ]
    assert client.post("/api/runs", json=body).json() == {"name": "try_1"}
    assert started == [("digits-vae", None, {"training.num_epochs": "3"}, "try", small_project.runs_dir, None)]


def test_wrong_places_are_told_at_their_fields(client: TestClient) -> None:
    body = {"recipe": "digits-vae", "data": "gone", "name": "a b", "start_from": "gone", "settings": {"seed": "x"}}
    errors = client.post("/api/runs/check", json=body).json()["errors"]
    assert {error["path"] for error in errors} == {"data", "name", "start_from", "seed"}
    assert client.post("/api/runs", json=body).status_code == 400


@pytest.mark.parametrize(("suffix", "first"), [(".sh", "exec"), (".sbatch", "#SBATCH")])
def test_a_script_is_downloaded(client: TestClient, suffix: str, first: str) -> None:
    query = {"recipe": "digits-vae", "set": ["training.num_epochs=3", "seed=2"], "suffix": suffix, "name": "try"}
    answer = client.get("/api/runs/script", params=query)
    assert answer.headers["content-disposition"] == f'attachment; filename="try{suffix}"'
    assert first in answer.text
    assert "--set seed=2" in answer.text


def test_the_list_has_the_latest_run_first(client: TestClient, small_project: Project) -> None:
    for second, name in enumerate(["old", "new"]):
        os.utime(write_run(small_project, name).config_path, (second, second))
    runs = client.get("/api/runs").json()["runs"]
    assert [(run["name"], run["state"], run["epochs"]) for run in runs] == [
        ("new", "stopped", "1/2"),
        ("old", "stopped", "1/2"),
    ]


def test_the_settings_that_differ_are_listed(client: TestClient, small_project: Project) -> None:
    write_run(small_project, "this", seed=1)
    write_run(small_project, "other", seed=2)
    rows = client.get("/api/runs/diff", params={"this": "this", "other": "other"}).json()["rows"]
    assert rows == [{"key": "seed", "this": "1", "other": "2"}]


def test_metrics_are_read_from_where_one_was(client: TestClient, small_project: Project) -> None:
    run = write_run(small_project, "try")
    first = client.get("/api/runs/try/metrics").json()
    assert [record["epoch"] for record in first["records"]] == [0]
    with open(run.metrics_path, "a", encoding="utf-8") as file:
        file.write('{"event": "epoch", "epoch": 1}\n')
    more = client.get("/api/runs/try/metrics", params={"since": first["offset"]}).json()
    assert [record["epoch"] for record in more["records"]] == [1]


def test_the_stream_of_a_run_that_is_over_ends(client: TestClient, small_project: Project) -> None:
    write_run(small_project, "try")
    answer = client.get("/api/runs/try/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    events = [line.removeprefix("event: ") for line in answer.text.splitlines() if line.startswith("event: ")]
    assert events == ["metrics", "standing", "figures", "end"]


def test_a_figure_is_one_of_the_runs_own(client: TestClient, small_project: Project) -> None:
    run = write_run(small_project, "try")
    (run.figure_dir / "example_0.png").write_bytes(b"picture")
    assert client.get("/api/runs/try/figures").json()["figures"][0]["epoch"] == 1
    assert client.get("/api/runs/try/figure", params={"file": "example_0.png"}).content == b"picture"
    for file in ("../config.yaml", str(run.config_path), "none.png"):
        assert client.get("/api/runs/try/figure", params={"file": file}).status_code == 404


@pytest.mark.parametrize("name", ["gone", "..", "%2e%2e", ".git", "a%20b", "..%2F..%2Fproject"])
def test_a_name_that_is_no_runs_leads_nowhere(client: TestClient, name: str) -> None:
    for end in ("metrics", "stream", "figures"):
        assert client.get(f"/api/runs/{name}/{end}").status_code == 404


def test_a_run_that_nothing_trains_cannot_be_stopped(client: TestClient, small_project: Project) -> None:
    write_run(small_project, "try")
    answer = client.post("/api/runs/try/stop", json={})
    assert (answer.status_code, "nothing trains" in answer.json()["error"]) == (400, True)


def test_recipes_have_a_line_each(client: TestClient) -> None:
    recipes = client.get("/api/recipes").json()["recipes"]
    assert "song-segmenter" in [recipe["name"] for recipe in recipes]
    assert all(recipe["summary"] for recipe in recipes)


def test_the_script_of_charts_comes_from_the_installed_package(client: TestClient) -> None:
    answer = client.get("/vendor/plotly.min.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert b"plotly" in answer.content[:200].lower()


def test_a_form_and_what_is_wrong_with_it(client: TestClient) -> None:
    assert client.get("/api/schema", params={"what": "digits-vae"}).json()["tree"][0]["key"] == "training"
    values = {"training.batch_size": "0"}
    answer = client.post("/api/check", json={"what": "digits-vae", "values": values}).json()
    assert [error["path"] for error in answer["errors"]] == ["training.batch_size"]
    assert client.get("/api/schema", params={"what": "project"}).status_code == 200


def test_a_model_folder_elsewhere_must_be_there(client: TestClient, tmp_path: Path) -> None:
    body = {"recipe": "digits-vae", "start_from": str(tmp_path / "none")}
    errors = client.post("/api/runs/check", json=body).json()["errors"]
    assert [error["path"] for error in errors] == ["start_from"]
