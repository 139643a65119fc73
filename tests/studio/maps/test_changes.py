"""What is done with a selection of a map."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from tests.studio.conftest import NAMES

from subsong.projects.project import Project
from subsong.studio.context import StudioContext

if TYPE_CHECKING:
    from starlette.testclient import TestClient

MAP = "/api/maps/syllables"


def read_column(client: TestClient, name: str) -> list[str | None]:
    """Return the texts of a category."""
    content = client.get(f"{MAP}/column?column={name}").content
    length = int.from_bytes(content[:4], "little")
    levels = json.loads(content[4 : 4 + length])["levels"]
    return [None if code < 0 else levels[code] for code in np.frombuffer(content[4 + length :], "<i4")]


def change_labels(client: TestClient, items: list[int], **change: Any) -> dict[str, Any]:
    """Do to annotations what the page does: find their places, then change them."""
    places = client.post(f"{MAP}/places", json={"items": items}).json()
    answer = client.post("/api/annotations/bulk", json={"intervals": places["intervals"], **change})
    assert answer.status_code == 200, answer.json()
    return dict(answer.json())


def test_a_new_label_is_in_the_documents_and_on_the_map(client: TestClient, context: StudioContext) -> None:
    assert change_labels(client, [0, 2, 5], action="rename", label="z") == {"num_changed": 3, "num_not_found": 0}
    assert [one.label for one in context.documents.load(NAMES[0]).annotations.values()] == [*"zbzb"]
    assert read_column(client, "label") == [*"zbzb", *"azab"]
    assert client.get(MAP).json()["num_relabelled"] == 3
    assert client.get(f"{MAP}/item?item=0").json()["label"] == "z"


def test_what_was_rejected_is_no_annotation_any_more(client: TestClient) -> None:
    change_labels(client, [1, 6], action="reject")
    assert client.get(MAP).json()["removed"] == [1, 6]
    assert client.get(f"{MAP}/item?item=1").json()["is_removed"]


def test_undoing_the_documents_steps_brings_the_labels_back(client: TestClient) -> None:
    before = client.post(f"{MAP}/places", json={"items": [0, 5]}).json()["revisions"]
    change_labels(client, [0, 5], action="reject")
    after = client.post(f"{MAP}/places", json={"items": [0, 5]}).json()["revisions"]
    assert {name: after[name] - before[name] for name in after} == {NAMES[0]: 1, NAMES[1]: 1}
    for name, revision in after.items():
        body = {"recording": name, "base_revision": revision}
        assert client.post("/api/annotations/undo", json=body).status_code == 200
    assert client.get(MAP).json()["removed"] == []
    assert read_column(client, "label") == [*"abababab"]


def test_an_annotation_whose_ends_were_moved_is_still_the_same(client: TestClient, context: StudioContext) -> None:
    document = context.documents.load(NAMES[0])
    number = next(iter(document.annotations))
    edit = {"op": "change", "ids": [number], "values": {"onset_s": 0.12, "label": "moved"}}
    body = {"recording": NAMES[0], "base_revision": document.revision, "edit": edit}
    assert client.post("/api/annotations/edit", json=body).status_code == 200
    assert read_column(client, "label")[0] == "moved"
    assert client.get(MAP).json()["removed"] == []


def test_tags_are_a_column_and_are_kept(client: TestClient, small_project: Project) -> None:
    client.post(f"{MAP}/tags", json={"items": [0, 1], "tag": "nice, one"})
    client.post(f"{MAP}/tags", json={"items": [1, 2], "tag": "odd"})
    assert read_column(client, "tag")[:4] == ["nice, one", "odd", "odd", None]
    assert client.get(MAP).json()["columns"][-1] == {"name": "tag", "kind": "category"}
    assert len(pl.read_csv(small_project.studio_dir / "tags" / "syllables.csv")) == 3


def test_without_a_word_tags_are_taken_away(client: TestClient) -> None:
    client.post(f"{MAP}/tags", json={"items": [0, 1], "tag": "odd"})
    client.post(f"{MAP}/tags", json={"items": [0, 1], "tag": None})
    assert "tag" not in [column["name"] for column in client.get(MAP).json()["columns"]]


def test_what_is_sent_stands_in_the_queue_once(client: TestClient, small_project: Project) -> None:
    first = client.post(f"{MAP}/send", json={"items": [5, 1]}).json()
    again = client.post(f"{MAP}/send", json={"items": [1, 2]}).json()
    assert (first["num_added"], again["num_added"]) == (2, 1)
    assert (first["first"]["recording"], first["first"]["onset_s"]) == (NAMES[0], 0.3)
    sent = pl.read_csv(small_project.studio_dir / "sent.csv")
    assert sent.columns == ["recording", "channel", "onset_s", "offset_s"]
    assert sent["recording"].to_list() == [NAMES[0], NAMES[1], NAMES[0]]


def test_a_table_has_the_labels_of_this_moment(client: TestClient) -> None:
    change_labels(client, [0], action="rename", label="z")
    answer = client.post(f"{MAP}/export", json={"items": [1, 0]})
    table = pl.read_csv(io.BytesIO(answer.content))
    assert table["label"].to_list() == ["z", "b"]
    assert 'filename="syllables.csv"' in answer.headers["content-disposition"]


def test_annotations_come_one_file_a_recording_without_what_was_rejected(client: TestClient) -> None:
    change_labels(client, [1], action="reject")
    answer = client.post(f"{MAP}/export", json={"items": [0, 1, 5], "format": "audacity"})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert sorted(texts) == ["bird1/day01/a.txt", "bird1/day01/b.txt"]
    assert texts["bird1/day01/a.txt"].split() == ["0.100000", "0.200000", "a"]


def test_a_map_is_drawn_by_a_job(client: TestClient, context: StudioContext, monkeypatch: pytest.MonkeyPatch) -> None:
    (context.project.runs_dir / "first").mkdir(parents=True)
    (context.project.runs_dir / "first" / "config.yaml").write_text("recipe: syllable-vae\n", "utf-8")
    started: list[Any] = []
    monkeypatch.setattr(context.jobs, "start", lambda *arguments: started.append(arguments) or {"id": "1"})
    assert client.get("/api/map-sources").json() == {"runs": ["first"], "data": ["recordings"]}
    answer = client.post("/api/maps", json={"run": "first", "data": "recordings", "name": "new"})
    assert answer.json()["name"] == "new"
    kind, _, arguments = started[0]
    assert kind == "map"
    assert arguments[0] == "map"
    assert arguments[3:] == ["--folder", str(context.project.maps_dir / "new")]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"run": "../x", "data": "recordings", "name": "new"}),
        ("/syllables/tags", {"items": [8], "tag": "x"}),
        ("/syllables/tags", {"items": [], "tag": "x"}),
        ("/syllables/send", {"items": [-1]}),
        ("/syllables/export", {"items": [0], "format": "koumura"}),
        ("/syllables/export", {"items": [0], "colour": "red"}),
        ("/syllables/places", {"items": "all"}),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(client: TestClient, path: str, body: dict[str, Any]) -> None:
    answer = client.post(f"/api/maps{path}", json=body)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


def test_a_damaged_file_of_tags_is_told_and_left_alone(client: TestClient, small_project: Project) -> None:
    path = small_project.studio_dir / "tags" / "syllables.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe\x00broken")
    answer = client.post(f"{MAP}/tags", json={"items": [0], "tag": "x"})
    assert answer.status_code == 400
    assert "syllables.csv" in answer.json()["error"]
    assert path.read_bytes() == b"\xff\xfe\x00broken"
