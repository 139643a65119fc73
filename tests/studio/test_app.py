"""Every address of the studio, asked wrongly: refused in one sentence, and the server lives."""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from tests.studio.conftest import NAMES

from subsong.studio.context import StudioContext
from subsong.studio.jobs.store import JobStore


class Place(NamedTuple):
    method: str
    path: str


def list_places(client: TestClient) -> list[Place]:
    """Return all addresses that answer with more than a file, names in them filled in."""
    app = client.app
    assert isinstance(app, Starlette)
    found = []
    for route in app.routes:
        path = re.sub(r"\{[^}]*\}", "nothing", route.path)  # type: ignore[attr-defined]
        methods = set(route.methods or ()) - {"HEAD"}  # type: ignore[attr-defined]
        found += [Place(method, path) for method in methods if path.startswith("/api/")]
    return sorted(found)


@pytest.fixture(autouse=True)
def _no_job_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*values: object) -> None:
        raise AssertionError("a wrong request started a job")

    monkeypatch.setattr(JobStore, "start", refuse)


def test_every_part_is_there(client: TestClient) -> None:
    first = {place.path.split("/")[2] for place in list_places(client)}
    assert {"project", "recordings", "jobs", "sound", "annotations", "maps", "runs", "datasets"} <= first


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"nobody": "knows this"}', b"\xff\x00", b'{"recording": {"a": []}}']
)
def test_a_wrong_body_is_refused_everywhere(client: TestClient, content: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    for method, path in list_places(client):
        if method != "GET" and not path.endswith(("/stop", "/resume")):
            answer = client.request(method, path, content=content, headers=headers)
            assert 400 <= answer.status_code < 500, f"{path}: {answer.text}"
            assert answer.json()["error"], path


@pytest.mark.parametrize("query", ["?nobody=knows", "?recording=../../x&item=-1&offset=-1&limit=no&what=x"])
def test_a_wrong_question_is_refused_or_passed_over_everywhere(client: TestClient, query: str) -> None:
    for method, path in list_places(client):
        if method == "GET" and not path.endswith("/stream"):
            answer = client.get(f"{path}{query}")
            assert answer.status_code < 500, f"{path}: {answer.text}"
            assert answer.status_code == 200 or answer.json()["error"], path


@pytest.mark.parametrize("name", ["../project/project.yaml", "/etc/passwd", "..%2f..%2fx", "bird1", "a\0b"])
def test_no_name_of_a_recording_leads_out_of_the_project(client: TestClient, name: str) -> None:
    for path in ("/api/sound/info", "/api/annotations", "/api/annotations/history"):
        answer = client.get(path, params={"recording": name})
        assert (answer.status_code, set(answer.json())) == (404, {"error"}), path


def test_a_recording_deleted_meanwhile_is_told_where_it_is_asked_for(
    client: TestClient, context: StudioContext
) -> None:
    assert client.get("/api/sound/info", params={"recording": NAMES[0]}).status_code == 200
    (context.project.recordings_dir / NAMES[0]).unlink()
    answer = client.get("/api/sound/info", params={"recording": NAMES[0]})
    assert answer.status_code == 404
    assert "put it back, its annotations are kept" in answer.json()["error"]
    assert client.get("/api/sound/info", params={"recording": NAMES[1]}).status_code == 200


def test_all_recordings_gone_is_a_sentence(client: TestClient, context: StudioContext) -> None:
    for name in NAMES:
        (context.project.recordings_dir / name).unlink()
    answer = client.get("/api/recordings")
    assert answer.status_code == 400
    assert "holds no recordings" in answer.json()["error"]


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/api/nothing", 404), ("POST", "/api/project", 405)])
def test_what_is_not_there_is_a_sentence_too(client: TestClient, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, set(answer.json())) == (status, {"error"})
