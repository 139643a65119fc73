from __future__ import annotations

import json
import logging
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.projects.documents.conftest import NAME

from subsong.core.errors import SubsongError
from subsong.projects.documents import DocumentStore, StaleRevisionError
from subsong.projects.documents.places import find_places
from subsong.projects.project import Project
from subsong.sources.annotations import read_annotations

HEADER = "recording,channel,onset_s,offset_s,low_hz,high_hz,label,score,annotator\n"


def add(onset_s: float = 1.0, label: str = "a") -> dict[str, Any]:
    return {"op": "add", "annotations": [{"onset_s": onset_s, "offset_s": onset_s + 0.5, "label": label}]}


def write_rows(path: Path, *rows: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")


def labels_of(store: DocumentStore) -> list[str]:
    return [one.label for one in store.load(NAME).list_accepted()]


def labels_in_file(project: Project) -> list[str]:
    return read_annotations(project.annotations_dir / f"{NAME}.csv", "csv")["label"].to_list()


def test_a_recording_nobody_touched_is_empty_and_looking_writes_nothing(project: Project, store: DocumentStore) -> None:
    document = store.load(NAME)
    assert (document.annotations, document.is_done, document.revision) == ({}, False, 0)
    assert not project.journal_dir.exists()
    assert not project.annotations_dir.exists()


def test_a_change_is_in_the_file_and_in_a_new_store(project: Project, store: DocumentStore) -> None:
    change = store.apply(NAME, 0, add(), "ada")
    table = read_annotations(project.annotations_dir / f"{NAME}.csv", "csv")
    assert table.row(0) == (NAME, None, 1.0, 1.5, None, None, "a", None, "ada")
    assert DocumentStore(project).load(NAME) == change.document == store.load(NAME)


def test_undo_and_redo_go_on_in_a_new_store(project: Project, store: DocumentStore) -> None:
    revision = store.apply(NAME, 0, add(label="a"), "ada").revision
    revision = store.apply(NAME, revision, add(2.0, "b"), "ada").revision
    store.undo(NAME, revision, "ada")
    again = DocumentStore(project)
    assert again.undo(NAME, revision + 1, "eve").removed == (1,)
    again.redo(NAME, revision + 2, "eve")
    assert labels_in_file(project) == ["a"]
    DocumentStore(project).redo(NAME, revision + 3, "eve")
    assert labels_in_file(project) == ["a", "b"]


def test_a_new_edit_ends_what_could_be_done_again(store: DocumentStore) -> None:
    revision = store.apply(NAME, 0, add(), "ada").revision
    revision = store.undo(NAME, revision, "ada").revision
    revision = store.apply(NAME, revision, add(3.0), "ada").revision
    with pytest.raises(SubsongError, match="nothing that could be done again"):
        store.redo(NAME, revision, "ada")


def test_an_edit_based_on_what_was_before_is_refused_with_what_is_now(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(), "ada")
    with pytest.raises(StaleRevisionError) as caught:
        DocumentStore(project).apply(NAME, 0, add(2.0, "b"), "eve")
    assert [one.label for one in caught.value.document.list_accepted()] == ["a"]
    assert labels_in_file(project) == ["a"]


def test_an_edit_that_cannot_be_leaves_everything_as_it_was(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(), "ada")
    before = find_places(project, NAME).journal.read_bytes()
    with pytest.raises(SubsongError, match="past the recording"):
        store.apply(NAME, None, add(20.0), "ada")
    assert find_places(project, NAME).journal.read_bytes() == before


def test_an_edit_that_changes_nothing_makes_no_revision(store: DocumentStore) -> None:
    first = store.apply(NAME, 0, add(), "ada")
    again = store.apply(NAME, first.revision, {"op": "change", "ids": [1], "values": {"label": "a"}}, "eve")
    assert again.revision == first.revision
    assert len(store.read_history(NAME)) == 2


def test_the_history_says_who_did_what_and_when(store: DocumentStore) -> None:
    revision = store.apply(NAME, 0, add(), "ada").revision
    store.undo(NAME, revision, "eve")
    _, first, second = store.read_history(NAME)
    assert (first.author, first.action, first.edit["op"]) == ("ada", "edit", "add")
    assert (second.author, second.action, second.edit) == ("eve", "undo", {"op": "undo", "revision": 1})
    assert first.time.endswith("+00:00")


@pytest.mark.parametrize("name", ["../a.wav", "/etc/passwd", "a/../../b.wav", "", "a\0b"])
def test_a_name_that_leads_out_of_the_project_is_refused(store: DocumentStore, name: str) -> None:
    with pytest.raises(SubsongError, match="names no recording"):
        store.load(name)


def test_original_annotations_are_accepted_and_the_recording_is_done(project: Project, store: DocumentStore) -> None:
    (project.recordings_dir / "bird1/a.txt").write_text("0.5\t1.0\tx\n2.0\t2.5\ty\n", encoding="utf-8")
    document = store.load(NAME)
    assert [one.label for one in document.list_accepted()] == ["x", "y"]
    assert document.is_done
    assert not store.load("bird2/b.wav").is_done
    store.apply(NAME, document.revision, {"op": "delete", "ids": [1]}, "ada")
    assert DocumentStore(project).load(NAME).is_done
    assert labels_in_file(project) == ["y"]


def test_rows_of_original_annotations_that_cannot_be_are_named(project: Project, store: DocumentStore) -> None:
    (project.recordings_dir / "bird1/a.txt").write_text("0.5\t1.0\tx\n2.5\t2.0\ty\n", encoding="utf-8")
    document = store.load(NAME)
    assert [one.label for one in document.list_accepted()] == ["x"]
    assert "1 of 2 annotations are left out" in (document.problem or "")


def test_importing_originals_writes_files_of_the_project_once(project: Project, store: DocumentStore) -> None:
    (project.recordings_dir / "bird1/a.txt").write_text("0.5\t1.0\tx\n", encoding="utf-8")
    assert store.import_originals() == [NAME]
    assert store.import_originals() == []
    assert labels_in_file(project) == ["x"]
    assert store.list_corrected() == {}


def test_proposals_of_a_model_come_in_when_their_file_changes(project: Project, store: DocumentStore) -> None:
    proposals = project.proposals_dir / f"{NAME}.csv"
    write_rows(proposals, f"{NAME},,1.0,1.5,,,a,0.9,run", f"{NAME},,3.0,3.5,,,b,0.4,run")
    document = store.load(NAME)
    assert [(one.label, one.score) for one in document.list_proposed()] == [("a", 0.9), ("b", 0.4)]
    change = store.apply(NAME, document.revision, {"op": "accept", "ids": [1]}, "ada")
    store.apply(NAME, change.revision, {"op": "reject", "ids": [2]}, "ada")
    write_rows(proposals, *[f"{NAME},,{onset},{onset + 0.5},,,b,0.5,run" for onset in (1.05, 3.001, 5.0)])
    fresh = DocumentStore(project).load(NAME)
    assert [one.onset_s for one in fresh.list_proposed()] == [5.0]
    assert labels_in_file(project) == ["a"]


def test_other_proposals_make_a_page_that_showed_the_old_ones_stale(project: Project, store: DocumentStore) -> None:
    proposals = project.proposals_dir / f"{NAME}.csv"
    write_rows(proposals, f"{NAME},,1.0,1.5,,,a,0.9,run")
    revision = store.load(NAME).revision
    write_rows(proposals, f"{NAME},,2.0,2.5,,,b,0.9,run")
    with pytest.raises(StaleRevisionError):
        store.apply(NAME, revision, {"op": "accept", "ids": [1]}, "ada")


def test_undo_goes_past_proposals_that_came_in_between(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(), "ada")
    write_rows(project.proposals_dir / f"{NAME}.csv", f"{NAME},,5.0,5.5,,,b,0.5,run")
    document = store.load(NAME)
    after = store.undo(NAME, document.revision, "ada").document
    assert [one.state for one in after.annotations.values()] == ["proposed"]


def test_what_another_program_made_of_the_file_is_taken_in(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(), "ada")
    write_rows(project.annotations_dir / f"{NAME}.csv", f"{NAME},,1.0,1.5,,,a,,ada", f"{NAME},,4.0,4.5,,,new,,bob")
    document = store.load(NAME)
    assert {number: one.label for number, one in document.annotations.items()} == {1: "a", 2: "new"}
    assert store.read_history(NAME)[-1].author == "file"
    store.undo(NAME, document.revision, "ada")
    assert labels_in_file(project) == ["a"]


def test_a_file_that_another_program_broke_is_reported_and_set_aside(
    project: Project, store: DocumentStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.apply(NAME, 0, add(), "ada")
    path = project.annotations_dir / f"{NAME}.csv"
    write_rows(path, f"{NAME},,1.0,oops,,,a,,ada")
    broken = path.read_bytes()
    with caplog.at_level(logging.ERROR):
        document = store.load(NAME)
    assert "line 2: expected a number in offset_s" in (document.problem or "")
    assert labels_of(store) == ["a"]
    store.apply(NAME, document.revision, add(3.0, "b"), "ada")
    assert labels_in_file(project) == ["a", "b"]
    assert [one.read_bytes() for one in path.parent.glob("*.before-*")] == [broken]


def test_columns_of_another_program_are_kept_aside_before_the_file_is_written(
    project: Project, store: DocumentStore
) -> None:
    path = project.annotations_dir / f"{NAME}.csv"
    path.parent.mkdir(parents=True)
    path.write_text("onset_s,offset_s,label,mood\n1.0,1.5,a,happy\n", encoding="utf-8")
    store.apply(NAME, None, add(3.0, "b"), "ada")
    assert labels_in_file(project) == ["a", "b"]
    assert "happy" in next(path.parent.glob("*.before-*")).read_text("utf-8")


def test_a_file_that_is_gone_is_written_again(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(), "ada")
    (project.annotations_dir / f"{NAME}.csv").unlink()
    assert labels_of(DocumentStore(project)) == ["a"]
    assert labels_in_file(project) == ["a"]


def test_a_damaged_line_in_the_middle_of_a_journal_is_never_passed_over(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(), "ada")
    journal = find_places(project, NAME).journal
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b'{"revision"\n' + b"".join(lines[1:]))
    with pytest.raises(SubsongError, match="the line at byte 0 is damaged"):
        DocumentStore(project).load(NAME)


def test_a_long_journal_is_read_from_its_checkpoint_and_keeps_every_line(
    project: Project, store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subsong.projects.documents.opened._CHECKPOINT_BYTES", 2000)
    for number in range(20):
        store.apply(NAME, None, add(number / 4, str(number)), "ada")
    places = find_places(project, NAME)
    assert json.loads(places.checkpoint.read_text("utf-8"))["size"] > 4000
    assert len(store.read_history(NAME)) == 21
    whole = store.load(NAME)
    assert DocumentStore(project).load(NAME) == whole
    places.checkpoint.write_text("{}", encoding="utf-8")
    assert DocumentStore(project).load(NAME) == whole
    places.checkpoint.unlink()
    assert DocumentStore(project).load(NAME) == whole


def test_undo_goes_back_past_a_checkpoint(
    project: Project, store: DocumentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subsong.projects.documents.opened._CHECKPOINT_BYTES", 1000)
    for number in range(10):
        store.apply(NAME, None, add(number / 4, str(number)), "ada")
    fresh = DocumentStore(project)
    for _ in range(10):
        fresh.undo(NAME, fresh.load(NAME).revision, "ada")
    assert labels_in_file(project) == []
    assert not fresh.load(NAME).can_undo


def test_the_corrected_are_those_a_person_touched(project: Project, store: DocumentStore) -> None:
    propose = {"op": "propose", "annotations": [], "source": "threshold"}
    store.apply("bird2/b.wav", 0, propose, "ada")
    store.apply(NAME, 0, add(), "ada")
    assert list(DocumentStore(project).list_corrected()) == [NAME]


def test_proposals_of_a_stretch_leave_those_elsewhere(store: DocumentStore) -> None:
    rows = [{"onset_s": onset, "offset_s": onset + 0.5, "label": "a", "score": 0.5} for onset in (1.0, 5.0)]
    store.apply(NAME, 0, {"op": "propose", "annotations": rows, "source": "run"}, "ada")
    again = [{"onset_s": 1.25, "offset_s": 1.5, "label": "a"}]
    asked = {"op": "propose", "annotations": again, "source": "threshold", "start_s": 0.0, "stop_s": 2.0}
    document = store.apply(NAME, None, asked, "ada").document
    assert sorted(one.onset_s for one in document.list_proposed()) == [1.25, 5.0]


def test_nothing_is_lost_when_two_servers_write_at_once(project: Project) -> None:
    def work(store: DocumentStore, author: str) -> None:
        for number in range(15):
            store.apply(NAME, None, add(number / 5, f"{author}{number}"), author)

    threads = [
        threading.Thread(target=work, args=(DocumentStore(project), author)) for author in "ab" for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    labels = sorted(f"{author}{number}" for author in "aabb" for number in range(15))
    assert sorted(labels_in_file(project)) == labels
    revisions = [entry.revision for entry in DocumentStore(project).read_history(NAME)]
    assert revisions == list(range(61))


def test_a_journal_put_back_from_a_backup_counts(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(label="a"), "ada")
    places = find_places(project, NAME)
    backup = [(path, path.read_bytes()) for path in (places.journal, places.annotations)]
    store.apply(NAME, None, add(2.0, "b"), "ada")
    for path, content in backup:
        path.unlink()
        path.write_bytes(content)
    assert labels_of(store) == ["a"]


def test_an_author_is_a_name_on_one_line(store: DocumentStore) -> None:
    with pytest.raises(SubsongError, match="the author: expected plain letters"):
        store.apply(NAME, 0, add(), "a\nb")
