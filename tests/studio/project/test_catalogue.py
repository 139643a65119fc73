"""What is known of recordings: at once where it is known, and remembered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.studio.conftest import NAMES, RATE_HZ

from subsong.projects.project import Project
from subsong.studio.context import StudioContext
from subsong.studio.project import catalogue as module
from subsong.studio.project.catalogue import Catalogue, Entry, find_session


def list_by_name(context: StudioContext) -> dict[str, Entry]:
    listing = Catalogue(context, patience_s=30).list_entries()
    assert listing.num_pending == 0
    return {entry.name: entry for entry in listing.entries}


def annotate(context: StudioContext, name: str) -> None:
    annotations = [{"onset_s": 0.1, "offset_s": 0.2, "label": "a"}, {"onset_s": 0.5, "offset_s": 0.5, "label": "call"}]
    context.documents.apply(name, 0, {"op": "add", "annotations": annotations}, "Ada")


def test_recordings_say_how_long_they_are_and_whose(context: StudioContext) -> None:
    entries = list_by_name(context)
    assert list(entries) == list(NAMES)
    assert [entry.duration_s for entry in entries.values()] == [1.0, 2.0, 3.0]
    assert {entry.sample_rate_hz for entry in entries.values()} == {RATE_HZ}
    assert [entry.bird for entry in entries.values()] == ["bird1", "bird1", "bird2"]


def test_states_tell_how_far_a_recording_has_come(context: StudioContext) -> None:
    documents = context.documents
    proposal = {"onset_s": 0.1, "offset_s": 0.2, "label": "a", "score": 0.4}
    documents.apply(NAMES[0], 0, {"op": "propose", "annotations": [proposal], "source": "model"}, "model")
    annotate(context, NAMES[1])
    documents.apply(NAMES[2], 0, {"op": "done", "value": True}, "Ada")
    entries = list_by_name(context)
    assert [entry.state for entry in entries.values()] == ["proposed", "started", "done"]
    assert (entries[NAMES[0]].num_proposed, entries[NAMES[0]].least_score) == (1, 0.4)
    assert entries[NAMES[1]].num_accepted == 2
    assert entries[NAMES[1]].changed_at is not None


def test_an_edit_shows_in_the_next_list(context: StudioContext) -> None:
    catalogue = Catalogue(context, patience_s=30)
    assert catalogue.list_entries().entries[0].num_accepted == 0
    annotate(context, NAMES[0])
    assert catalogue.list_entries().entries[0].num_accepted == 2


def test_a_recording_that_was_removed_is_missing_and_its_annotations_are_kept(context: StudioContext) -> None:
    annotate(context, NAMES[0])
    (context.project.recordings_dir / NAMES[0]).unlink()
    entry = list_by_name(context)[NAMES[0]]
    assert entry.state == "missing"
    assert "its annotations are kept" in str(entry.problem)


def test_a_recording_that_cannot_be_read_says_why(context: StudioContext) -> None:
    (context.project.recordings_dir / NAMES[0]).write_bytes(b"no sound")
    entry = list_by_name(context)[NAMES[0]]
    assert entry.state == "unreadable"
    assert NAMES[0].rpartition("/")[2] in str(entry.problem)


def test_a_damaged_journal_is_the_problem_of_one_recording(context: StudioContext) -> None:
    journal = context.project.journal_dir / f"{NAMES[0]}.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(b"damaged\n{}\n")
    entries = list_by_name(context)
    assert entries[NAMES[0]].problem is not None
    assert entries[NAMES[1]].problem is None


def test_lengths_are_remembered_until_the_file_changes(context: StudioContext, monkeypatch: pytest.MonkeyPatch) -> None:
    list_by_name(context)
    asked: list[Path] = []
    read = module.read_facts
    monkeypatch.setattr(module, "read_facts", lambda path, stamp: asked.append(path) or read(path, stamp))
    list_by_name(context)
    assert asked == []
    os.utime(context.project.recordings_dir / NAMES[1], (1, 1))
    list_by_name(context)
    assert [path.name for path in asked] == ["b.wav"]


@pytest.mark.parametrize("content", ["{", "[]", '{"format": 1, "recordings": {"a": [1]}}', '{"format": 99}'])
def test_a_damaged_memory_is_made_anew(context: StudioContext, small_project: Project, content: str) -> None:
    small_project.studio_dir.mkdir()
    (small_project.studio_dir / "recordings.json").write_text(content)
    assert list_by_name(context)[NAMES[0]].duration_s == 1.0


def test_a_list_is_there_before_all_is_known(context: StudioContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Catalogue, "_find_all", lambda self, pending, stamps: None)
    listing = Catalogue(context).list_entries()
    assert listing.num_pending == 3
    assert [entry.duration_s for entry in listing.entries] == [None, None, None]


@pytest.mark.parametrize(("name", "session"), [("a.wav", ""), ("b/a.wav", ""), ("b/d/x/a.wav", "d/x")])
def test_a_session_is_the_folder_below_the_birds(name: str, session: str) -> None:
    assert find_session(name) == session
