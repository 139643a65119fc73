from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.studio.annotations.conftest import NAME, Edit, row
from tests.studio.conftest import NAMES

if TYPE_CHECKING:
    from starlette.testclient import TestClient

    from subsong.studio.context import StudioContext


def show(client: TestClient, recording: str = NAME) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/api/annotations", params={"recording": recording}).json()
    return document


def test_an_untouched_recording_is_an_empty_document(client: TestClient) -> None:
    assert show(client) == {
        "recording": NAME,
        "annotations": [],
        "problem": None,
        "revision": 0,
        "reviewed": [],
        "is_done": False,
        "can_undo": False,
        "can_redo": False,
    }


def test_an_edit_answers_what_changed_and_whose_it_is(client: TestClient, edit: Edit) -> None:
    answer = edit("add", annotations=[row(1.0, channel=0)])
    assert answer["changed"] == [
        {
            "id": 1,
            "channel": 0,
            "onset_s": 1.0,
            "offset_s": 1.5,
            "low_hz": None,
            "high_hz": None,
            "label": "a",
            "score": None,
            "annotator": "Ada",
            "state": "accepted",
        }
    ]
    assert (answer["revision"], answer["removed"], answer["can_undo"]) == (1, [], True)
    assert show(client)["annotations"] == answer["changed"]


def test_a_page_may_name_another_author(client: TestClient) -> None:
    body = {"recording": NAME, "base_revision": 0, "author": "Eve", "edit": {"op": "add", "annotations": [row(1.0)]}}
    assert client.post("/api/annotations/edit", json=body).json()["changed"][0]["annotator"] == "Eve"


def test_two_tabs_do_not_overwrite_each_other(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[row(1.0)])
    body = {"recording": NAME, "base_revision": 0, "edit": {"op": "add", "annotations": [row(2.0)]}}
    answer = client.post("/api/annotations/edit", json=body)
    assert answer.status_code == 409
    assert "changed elsewhere" in answer.json()["error"]
    assert answer.json()["document"] == show(client)
    assert len(show(client)["annotations"]) == 1


def test_undo_and_redo_answer_what_came_and_went(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[row(1.0)])
    undone = client.post("/api/annotations/undo", json={"recording": NAME, "base_revision": 1}).json()
    assert (undone["removed"], undone["can_undo"], undone["can_redo"]) == ([1], False, True)
    done = client.post("/api/annotations/redo", json={"recording": NAME, "base_revision": 2}).json()
    assert [one["id"] for one in done["changed"]] == [1]
    again = client.post("/api/annotations/redo", json={"recording": NAME, "base_revision": 3})
    assert (again.status_code, "nothing that could be done again" in again.json()["error"]) == (400, True)


def test_the_history_begins_with_the_newest(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[row(1.0)])
    edit("delete", ids=[1])
    answer = client.get("/api/annotations/history", params={"recording": NAME}).json()
    assert [one["edit"].get("op") for one in answer["history"]] == ["delete", "add", None]
    assert answer["history"][0]["author"] == "Ada"
    assert answer["history"][0]["num_removed"] == 1


def test_a_recording_deleted_meanwhile_is_reported_and_its_annotations_stay(
    client: TestClient, context: StudioContext, edit: Edit
) -> None:
    edit("add", annotations=[row(1.0)])
    context.recordings()[NAME].path.unlink()
    answer = client.get("/api/annotations", params={"recording": NAME})
    assert (answer.status_code, "is gone" in answer.json()["error"]) == (404, True)
    assert len(context.documents.load(NAME).annotations) == 1


def test_malformed_requests_are_refused_in_a_sentence(client: TestClient) -> None:
    url = "/api/annotations/edit"
    assert client.post(url, content=b"{oops").status_code == 400
    body = {"recording": NAME, "base_revision": 0, "edit": {"op": "explode"}}
    answer = client.post(url, json=body)
    assert (answer.status_code, "'explode'" in answer.json()["error"]) == (400, True)
    assert client.get("/api/annotations", params={"recording": "../secret"}).status_code == 404


def test_sounds_of_several_recordings_are_renamed_and_taken_out(client: TestClient, edit: Edit) -> None:
    edit("add", NAMES[0], annotations=[row(0.1)])
    edit("add", annotations=[row(1.0), row(2.0)])
    places = [
        {"recording": NAMES[0], "onset_s": 0.1004, "offset_s": 0.6, "channel": 0},
        {"recording": NAME, "onset_s": 1.0, "offset_s": 1.5},
        {"recording": NAME, "onset_s": 1.0, "offset_s": 1.6},
    ]
    body = {"intervals": places, "action": "rename", "label": "song"}
    answer = client.post("/api/annotations/bulk", json=body).json()
    assert answer == {"num_changed": 2, "num_not_found": 1}
    assert [one["label"] for one in show(client)["annotations"]] == ["song", "a"]
    client.post("/api/annotations/bulk", json={"intervals": places[1:2], "action": "reject"})
    assert [one["label"] for one in show(client)["annotations"]] == ["a"]


def test_proposals_are_accepted_and_rejected_in_bulk(client: TestClient, edit: Edit) -> None:
    edit("propose", annotations=[row(1.0), row(2.0)], source="run")
    places = [{"recording": NAME, "onset_s": onset, "offset_s": onset + 0.5} for onset in (1.0, 2.0)]
    for action, place in zip(("accept", "reject"), places, strict=True):
        client.post("/api/annotations/bulk", json={"intervals": [place], "action": action})
    assert [(one["onset_s"], one["state"]) for one in show(client)["annotations"]] == [(1.0, "accepted")]


def test_renaming_in_bulk_needs_a_label_that_can_be_one(client: TestClient) -> None:
    for label in (None, "a\nb"):
        body = {"intervals": [], "action": "rename", "label": label}
        assert client.post("/api/annotations/bulk", json=body).status_code == 400


def test_proposals_come_by_least_score_from_all_recordings(client: TestClient, edit: Edit) -> None:
    edit("propose", annotations=[row(1.0, score=0.7), row(2.0, "b", score=0.2), row(0.1)], source="run")
    edit("propose", NAMES[0], annotations=[row(0.1, score=0.4)], source="run")
    found = client.get("/api/proofread").json()
    assert found["total"] == 4
    assert [one["annotation"]["score"] for one in found["items"]] == [0.2, 0.4, 0.7, None]
    assert found["items"][1]["recording"] == NAMES[0]
    assert found["items"][1]["revision"] == 1

    def count(**query: Any) -> tuple[int, int]:
        answer = client.get("/api/proofread", params=query).json()
        return answer["total"], len(answer["items"])

    assert count(bird="bird1") == (1, 1)
    assert count(label="b") == (1, 1)
    assert count(max_score=0.4) == (2, 2)
    assert count(limit=1) == (4, 1)


def test_threshold_proposals_lie_in_the_stretch_and_answer_to_settings(
    client: TestClient, context: StudioContext
) -> None:
    import numpy as np

    from subsong.sources.audio import write_audio

    rate_hz, tone = 8000, np.sin(np.arange(1600) * 1.5)
    samples = 1e-4 * np.random.default_rng(0).standard_normal(3 * rate_hz)
    for onset_s in (0.5, 1.5, 2.5):
        samples[int(onset_s * rate_hz) :][:1600] += 0.3 * tone
    write_audio(context.recordings()[NAME].path, samples, rate_hz)
    settings = {"high_hz": 3900, "low_hz": "300"}
    body = {"recording": NAME, "channel": 0, "start_s": 1.0, "stop_s": 2.4, "settings": settings, "label": "x"}
    answer = client.post("/api/annotations/threshold", json=body).json()
    assert answer["num_found"] == 1
    (found,) = answer["changed"]
    assert abs(found["onset_s"] - 1.5) < 0.03
    assert abs(found["offset_s"] - 1.7) < 0.03
    assert (found["state"], found["label"], found["annotator"]) == ("proposed", "x", "threshold")
    wrong = client.post("/api/annotations/threshold", json={**body, "settings": {"loud": 1}})
    assert (wrong.status_code, "loud" in wrong.json()["error"]) == (400, True)
    outside = client.post("/api/annotations/threshold", json={**body, "start_s": 7.0, "stop_s": 8.0})
    assert "should end after that" in outside.json()["error"]


def test_the_threshold_form_has_the_settings_of_the_project(client: TestClient) -> None:
    tree = client.get("/api/annotations/threshold/fields").json()["tree"]
    fields = {node["key"]: node for node in tree}
    assert (fields["low_hz"]["default"], fields["low_hz"]["common"]) == ("500.0", True)
    assert fields["low_hz"]["description"]
