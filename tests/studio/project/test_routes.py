"""The project page's routes."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.studio.conftest import NAMES

from subsong.studio.context import StudioContext
from subsong.studio.serving import open_context


def edit(context: StudioContext, name: str, **values: Any) -> None:
    context.documents.apply(name, context.documents.load(name).revision, values, "Ada")


def add(context: StudioContext, name: str, *labels: str) -> None:
    rows = [{"onset_s": 0.1 * n, "offset_s": 0.1 * n + 0.05, "label": label} for n, label in enumerate(labels)]
    edit(context, name, op="add", annotations=rows)


def list_names(client: TestClient, query: str) -> list[str]:
    return [row["name"] for row in client.get(f"/api/recordings?{query}").json()["recordings"]]


def test_a_project_is_told_with_its_birds(client: TestClient, context: StudioContext) -> None:
    add(context, NAMES[0], "a", "b")
    edit(context, NAMES[0], op="done", value=True)
    context.project.maps_dir.joinpath("syllables").mkdir(parents=True)
    context.project.maps_dir.joinpath("syllables", "map.json").write_text("{}")
    told = client.get("/api/project").json()
    assert (told["name"], told["author"], told["num_recordings"], told["report"]) == ("Small", "Ada", 3, False)
    assert told["duration_s"] == 6.0
    assert told["maps"] == ["syllables"]
    assert told["birds"][0] == {
        "name": "bird1",
        "num_recordings": 2,
        "duration_s": 3.0,
        "num_done": 1,
        "num_annotations": 2,
        "num_proposed": 0,
    }


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", list(NAMES)),
        ("search=DAY01 b", ["bird1/day01/a.wav", "bird1/day01/b.wav", "bird2/day01/c.wav"]),
        ("search=c.wav", ["bird2/day01/c.wav"]),
        ("bird=bird1", list(NAMES[:2])),
        ("state=done", []),
        ("sort=duration_s&descending=true", list(reversed(NAMES))),
        ("offset=1&limit=1", [NAMES[1]]),
        ("offset=9", []),
    ],
)
def test_recordings_are_searched_filtered_sorted_and_paged(client: TestClient, query: str, found: list[str]) -> None:
    assert list_names(client, query) == found


def test_a_page_tells_how_many_there_are(client: TestClient) -> None:
    assert client.get("/api/recordings?bird=bird1&limit=1").json()["total"] == 2


def test_what_is_not_known_comes_last_either_way(client: TestClient, context: StudioContext) -> None:
    add(context, NAMES[1], "a")
    assert list_names(client, "sort=changed_at")[0] == NAMES[1]
    assert list_names(client, "sort=changed_at&descending=true")[0] == NAMES[1]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/recordings?sort=nme", "did you mean 'name'?"),
        ("/api/recordings?limit=0", "limit is '0'"),
        ("/api/queue?limit=x", "limit is 'x'"),
        ("/api/labels?brid=a", "did you mean 'bird'?"),
    ],
)
def test_a_wrong_question_is_a_sentence(client: TestClient, path: str, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_labels_are_counted_the_most_frequent_first(client: TestClient, context: StudioContext) -> None:
    add(context, NAMES[0], "b", "a", "b")
    edit(context, NAMES[2], op="add", annotations=[{"onset_s": 1.0, "offset_s": 1.0, "label": "click"}])
    labels = client.get("/api/labels").json()["labels"]
    assert [(one["label"], one["count"], one["kind"]) for one in labels] == [
        ("b", 2, "segment"),
        ("a", 1, "segment"),
        ("click", 1, "event"),
    ]
    assert [one["label"] for one in client.get("/api/labels?bird=bird2").json()["labels"]] == ["click"]


def test_the_queue_is_empty_before_anything_was_proposed(client: TestClient) -> None:
    assert client.get("/api/queue").json() == {"items": []}


def test_an_author_is_remembered(client: TestClient, context: StudioContext) -> None:
    assert client.post("/api/author", json={"name": " Grace "}).json() == {"author": "Grace"}
    assert client.get("/api/project").json()["author"] == "Grace"
    assert open_context(context.project).author == "Grace"


@pytest.mark.parametrize("name", ["", "   ", "a\nb", 7])
def test_an_author_needs_a_name(client: TestClient, name: object) -> None:
    answer = client.post("/api/author", json={"name": name})
    assert answer.status_code == 400
    assert "name" in answer.json()["error"]


def test_a_recording_deleted_meanwhile_is_reported_and_the_rest_goes_on(
    client: TestClient, context: StudioContext
) -> None:
    assert list_names(client, "") == list(NAMES)
    (context.project.recordings_dir / NAMES[0]).unlink()
    answer = client.get(f"/api/annotations?recording={NAMES[0]}")
    listed = client.get("/api/recordings").json()["recordings"]
    assert (listed[0]["name"], listed[0]["state"]) == (NAMES[0], "missing")
    assert [row["state"] for row in listed[1:]] == ["untouched", "untouched"]
    assert answer.status_code in (200, 404)
