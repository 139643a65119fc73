from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
from tests.studio.annotations.conftest import NAME, Edit, row
from tests.studio.conftest import NAMES

from subsong.sources.annotations import FORMATS

if TYPE_CHECKING:
    from httpx import Response
    from starlette.testclient import TestClient

    from subsong.studio.context import StudioContext

WRITTEN = [form.name for form in FORMATS if form.write]
LOSSLESS_HZ = 1e-3


def export(client: TestClient, format: str, recording: str | None = NAME, **query: Any) -> Response:
    params = {"format": format, **({"recording": recording} if recording else {}), **query}
    return client.get("/api/annotations/export", params=params)


def bring_in(client: TestClient, name: str, content: bytes, recording: str = NAME, **query: Any) -> Response:
    params = {"recording": recording, **query}
    return client.post("/api/annotations/import", params=params, files={"file": (name, content)})


def spans(answer: dict[str, Any]) -> list[tuple[float, float, str]]:
    return sorted((round(one["onset_s"], 3), round(one["offset_s"], 3), one["label"]) for one in answer["changed"])


def test_every_format_is_listed_with_what_is_done_with_it(client: TestClient) -> None:
    listed = {one["name"]: one for one in client.get("/api/annotations/formats").json()}
    assert listed.keys() == {form.name for form in FORMATS}
    assert (listed["raven"]["writes"], listed["raven"]["suffix"]) == (True, ".selections.txt")
    assert (listed["koumura"]["reads"], listed["koumura"]["writes"]) == (True, False)


@pytest.mark.parametrize("format", WRITTEN)
def test_what_is_written_is_read_again(client: TestClient, edit: Edit, format: str) -> None:
    edit("add", annotations=[row(1.0), row(2.0, "b")])
    file = export(client, format)
    assert file.status_code == 200, file.text
    name = file.headers["content-disposition"].rpartition("''")[2]
    edit("delete", ids=[1, 2])
    answer = bring_in(client, name, file.content, format=format).json()
    labels = [""] * 2 if format == "ava" else ["a", "b"]
    assert spans(answer) == [(1.0, 1.5, labels[0]), (2.0, 2.5, labels[1])]


def test_what_a_format_cannot_hold_is_said(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[row(1.0, channel=0)])
    warnings = json.loads(export(client, "audacity").headers["x-subsong-warnings"])
    assert warnings == ["bird2/day01/c.txt: its format cannot hold channel, annotator, which are not written"]


def test_what_a_format_cannot_hold_at_all_is_refused(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[{**row(1.0), "offset_s": 1.0}])
    answer = export(client, "ava")
    assert (answer.status_code, "segments only" in answer.json()["error"]) == (400, True)


def test_all_recordings_come_as_a_zip_with_what_is_missing_in_it(client: TestClient, edit: Edit) -> None:
    edit("add", NAMES[0], annotations=[row(0.1)])
    edit("add", annotations=[row(1.0), row(1.2)])
    answer = export(client, "textgrid", recording=None)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["bird1/day01/a.TextGrid", "what_was_not_written.txt"]
        assert "overlap" in archive.read("what_was_not_written.txt").decode()


def test_several_recordings_are_chosen_by_name(client: TestClient, edit: Edit) -> None:
    edit("add", NAMES[0], annotations=[row(0.1)])
    answer = client.get("/api/annotations/export", params={"format": "csv", "recording": [NAMES[0], NAMES[1]]})
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["bird1/day01/a_annotations.csv", "bird1/day01/b_annotations.csv"]


def test_proposals_are_written_when_asked_for(client: TestClient, edit: Edit) -> None:
    edit("propose", annotations=[row(1.0, score=0.5)], source="run")
    assert len(export(client, "csv").text.splitlines()) == 1
    assert len(export(client, "csv", proposals=1).text.splitlines()) == 2


def test_nothing_to_write_is_said(client: TestClient) -> None:
    assert "no recording has annotations" in export(client, "csv", recording=None).json()["error"]


@pytest.mark.parametrize("format", ["koumura", "worksheet"])
def test_a_format_that_is_not_written_is_refused(client: TestClient, format: str) -> None:
    assert export(client, format).status_code == 400


def test_import_adds_what_is_new_or_takes_the_place_of_what_is_there(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[row(1.0)])
    track = b"1.0\t1.5\ta\n2.0\t2.5\tnew\n"
    added = bring_in(client, "labels.txt", track).json()
    assert (added["format"], added["num_read"]) == ("audacity", 2)
    assert spans(added) == [(1.0, 1.5, "a"), (2.0, 2.5, "new")]
    replaced = bring_in(client, "labels.txt", b"0.5\t0.7\tonly\n", mode="replace").json()
    assert (spans(replaced), len(replaced["removed"])) == ([(0.5, 0.7, "only")], 3)


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("mine.csv", b"onset_s,offset_s,label\n1.0,2.0,a\n1.0,oops,a\n", "mine.csv line 3: expected a number"),
        ("mine.csv", b"onset_s,offset_s,label\n1.0,2.0,a\n2.0,1.0,a\n", "mine.csv: annotation 2 ends before it begins"),
        ("mine.csv", b"onset_s,offset_s,label\n1.0,99.0,a\n", "past the recording, which has 3 s"),
        ("mine.TextGrid", b'File type = "ooTextFile"\n', "mine.TextGrid"),
        ("mine.csv", b"recording,onset_s,offset_s\nother.wav,1,2\n", "mine.csv holds annotations of other.wav"),
        ("mine.docx", b"hello", "no annotation format has that suffix"),
        ("mine.txt", b"", ""),
    ],
)
def test_a_malformed_file_changes_nothing(
    client: TestClient, context: StudioContext, edit: Edit, name: str, content: bytes, sentence: str
) -> None:
    edit("add", annotations=[row(1.0)])
    answer = bring_in(client, name, content, mode="replace")
    if not sentence:  # an empty list of annotations is one
        assert answer.status_code == 200
        return
    assert (answer.status_code, answer.json()["error"].count(sentence)) == (400, 1)
    assert "/tmp" not in answer.json()["error"]
    assert len(context.documents.load(NAME).annotations) == 1


def test_rows_of_other_recordings_are_left_out_and_counted(client: TestClient) -> None:
    table = b"recording,onset_s,offset_s,label\nc.wav,1,2,a\nother.wav,1,2,b\n"
    answer = bring_in(client, "all.csv", table).json()
    assert spans(answer) == [(1.0, 2.0, "a")]
    assert answer["warnings"] == ["all.csv: 1 annotations of other recordings are left out"]


def test_an_import_on_what_was_before_is_refused(client: TestClient, edit: Edit) -> None:
    edit("add", annotations=[row(1.0)])
    assert bring_in(client, "labels.txt", b"1.0\t1.5\tb\n", base_revision=0).status_code == 409


def test_an_import_can_be_taken_back(client: TestClient, context: StudioContext, edit: Edit) -> None:
    edit("add", annotations=[row(1.0)])
    bring_in(client, "labels.txt", b"0.5\t0.7\tonly\n", mode="replace")
    client.post("/api/annotations/undo", json={"recording": NAME, "base_revision": 2})
    assert [one.label for one in context.documents.load(NAME).list_accepted()] == ["a"]
