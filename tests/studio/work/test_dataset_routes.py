"""Datasets over the wire: what would be made, what is exported, what there is."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import polars as pl
import pytest
from tests.studio.conftest import NAMES

from subsong.core.files import write_json
from subsong.projects.project import Project
from subsong.sources.annotations.read import read_annotations
from subsong.studio.context import StudioContext
from subsong.studio.jobs.store import JobStore
from subsong.studio.work.project_song import write_song_folder

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@pytest.fixture
def annotated(context: StudioContext) -> StudioContext:
    """Return a studio in which the first recording is done, a stretch of the second looked at, the third proposed."""
    store = context.documents
    store.apply(NAMES[0], 0, {"op": "add", "annotations": [{"onset_s": 0.1, "offset_s": 0.3, "label": "a"}]}, "Ada")
    store.apply(NAMES[0], 1, {"op": "done", "value": True}, "Ada")
    store.apply(NAMES[1], 0, {"op": "add", "annotations": [{"onset_s": 1.1, "offset_s": 1.3, "label": "b"}]}, "Ada")
    store.apply(NAMES[1], 1, {"op": "review", "start_s": 1.0, "stop_s": 2.0, "value": True}, "Ada")
    proposed = [{"onset_s": 0.5, "offset_s": 0.6, "label": "c", "score": score} for score in (0.95,)]
    store.apply(NAMES[2], 0, {"op": "propose", "annotations": proposed, "source": "model"}, "model")
    return context


def test_what_people_said_is_exported_with_where_it_is_complete(annotated: StudioContext) -> None:
    folder = annotated.project.studio_dir / "song" / "x"
    written = write_song_folder(annotated, folder, "song", (), None)
    assert sorted(path.relative_to(written.recordings).as_posix() for path in written.recordings.rglob("*.wav")) == [
        *NAMES[:2]
    ]
    assert read_annotations(folder / "annotations.csv")["label"].to_list() == ["a", "b"]
    assert written.within is not None
    within = read_annotations(written.within).select("recording", "onset_s", "offset_s").rows()
    assert within == [(NAMES[0], 0.0, 1.0), (NAMES[1], 1.0, 2.0)]


def test_sure_proposals_count_when_they_are_asked_for(annotated: StudioContext) -> None:
    folder = annotated.project.studio_dir / "song" / "x"
    write_song_folder(annotated, folder, "syllables", (), 0.9)
    assert "c" in read_annotations(folder / "annotations.csv")["label"].to_list()
    write_song_folder(annotated, folder, "syllables", (), 0.96)
    assert "c" not in read_annotations(folder / "annotations.csv")["label"].to_list()


def test_only_the_chosen_birds_are_exported(annotated: StudioContext) -> None:
    folder = annotated.project.studio_dir / "song" / "x"
    write_song_folder(annotated, folder, "song", ("bird1",), 0.5)
    recordings = read_annotations(folder / "annotations.csv")["recording"]
    assert set(recordings) == set(NAMES[:2])


def test_a_dataset_is_made_by_the_command_that_is_shown(
    annotated: StudioContext, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    monkeypatch.setattr(JobStore, "start", lambda self, kind, title, arguments: started.append(list(arguments)))
    body = {"what": "syllables", "name": "new", "preset": "mouse", "values": {"channel": "0"}}
    answer = client.post("/api/datasets/check", json=body).json()
    assert (answer["ok"], answer["errors"]) == (True, [])
    assert client.post("/api/datasets", json=body).status_code == 200
    assert shlex.split(answer["command"]) == ["subsong", *started[0]]
    assert started[0][:2] == ["prepare", "syllables"]


def test_a_dataset_of_motifs_is_made_by_the_command_that_is_shown(annotated: StudioContext, client: TestClient) -> None:
    body = {"what": "motifs", "name": "new", "preset": "finch", "values": {"motif": '["a", "b"]'}}
    answer = client.post("/api/datasets/check", json=body).json()
    assert (answer["ok"], answer["errors"]) == (True, [])
    assert shlex.split(answer["command"])[:3] == ["subsong", "prepare", "motifs"]
    assert 'motif=["a", "b"]' in shlex.split(answer["command"])
    wrong = client.post("/api/datasets/check", json={**body, "values": {"motif": '["a", ""]'}}).json()
    assert "holds no label, or an empty one" in wrong["errors"][0]["message"]


def test_nothing_annotated_is_said(client: TestClient) -> None:
    answer = client.post("/api/datasets", json={"what": "song", "name": "new"})
    assert (answer.status_code, "nothing is annotated yet" in answer.json()["error"]) == (400, True)


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "a b"])
def test_a_name_that_is_no_folders_is_refused(client: TestClient, name: str) -> None:
    answer = client.post("/api/datasets", json={"what": "song", "name": name})
    assert answer.status_code == 400
    assert "letters, digits" in answer.json()["error"]


def test_a_taken_name_is_refused(client: TestClient, small_project: Project) -> None:
    write_json(small_project.datasets_dir / "there" / "manifest.json", {})
    assert client.post("/api/datasets", json={"what": "song", "name": "there"}).status_code == 409
    errors = client.post("/api/datasets/check", json={"what": "song", "name": "there"}).json()["errors"]
    assert [error["path"] for error in errors] == ["name"]


def test_the_list_says_what_was_left_out(client: TestClient, small_project: Project) -> None:
    folder = small_project.datasets_dir / "first"
    manifest = {"kind": "syllables", "num_items": 7, "sources": [{"name": "a.wav"}, {"name": "b.wav"}]}
    write_json(folder / "manifest.json", manifest)
    pl.DataFrame({"recording": ["b.wav"] * 2, "reason": ["too short: 3 ms", "too short: 4 ms"]}).write_csv(
        folder / "skipped.csv"
    )
    row = client.get("/api/datasets").json()["datasets"][0]
    assert (row["name"], row["num_items"], row["num_recordings"], row["recipe"]) == ("first", 7, 2, "syllable-vae")
    assert row["concerns"] == [{"num_found": 2, "reason": "too short: 3 ms", "example": "b.wav"}]


def test_a_damaged_dataset_is_a_row_that_says_so(client: TestClient, small_project: Project) -> None:
    write_json(small_project.datasets_dir / "odd" / "manifest.json", {"kind": "song"})
    row = client.get("/api/datasets").json()["datasets"][0]
    assert (row["name"], row["kind"], row["problem"] is not None) == ("odd", "?", True)


def test_a_dataset_that_is_gone_is_told(client: TestClient) -> None:
    assert client.get("/api/datasets/gone").status_code == 404
    assert client.get("/api/datasets/gone/sheet").status_code == 404
