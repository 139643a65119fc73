from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.projects.documents.conftest import NAME

from subsong.projects.documents import Collected, DocumentStore, collect_annotations
from subsong.projects.project import Project
from subsong.projects.recordings import list_recordings

OTHER = "bird2/b.wav"


def add(onset_s: float, length_s: float = 0.5) -> dict[str, Any]:
    return {"op": "add", "annotations": [{"onset_s": onset_s, "offset_s": onset_s + length_s, "label": "a"}]}


def collect(project: Project) -> Collected:
    return collect_annotations(project, list_recordings(project))


def spans(table: pl.DataFrame) -> list[tuple[Any, ...]]:
    return table.select("recording", "onset_s", "offset_s").rows()


@pytest.fixture
def original(project: Project) -> Path:
    """Write original annotations of the second recording."""
    path = project.recordings_dir / "bird2/b.txt"
    path.write_text("0.5\t1.0\tx\n", encoding="utf-8")
    return path


def test_a_project_without_annotations_teaches_nothing(project: Project) -> None:
    collected = collect(project)
    assert (collected.table.height, collected.within.height) == (0, 0)
    assert (collected.annotated, collected.hash_by_recording) == ((), {})


@pytest.mark.usefixtures("original")
def test_original_annotations_are_whole(project: Project) -> None:
    collected = collect(project)
    assert spans(collected.table) == [(OTHER, 0.5, 1.0)]
    assert collected.annotated == (OTHER,)
    assert collected.within.is_empty()


@pytest.mark.usefixtures("original")
def test_a_looked_at_stretch_counts_beside_whole_recordings(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, add(2.0), "ada")
    store.apply(NAME, None, {"op": "review", "start_s": 1.0, "stop_s": 4.0}, "ada")
    collected = collect(project)
    assert spans(collected.table) == [(NAME, 2.0, 2.5), (OTHER, 0.5, 1.0)]
    assert spans(collected.within) == [(NAME, 1.0, 4.0), (OTHER, 0.0, 10.0)]
    assert collected.annotated == (OTHER,)


def test_a_stretch_without_annotations_teaches_that_there_are_none(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, {"op": "review", "start_s": 1.0, "stop_s": 4.0}, "ada")
    assert spans(collect(project).within) == [(NAME, 1.0, 4.0)]


def test_corrected_annotations_outside_of_stretches_stand_for_themselves(
    project: Project, store: DocumentStore
) -> None:
    store.apply(NAME, 0, add(2.0), "ada")
    store.apply(NAME, None, add(3.0, 0.0), "ada")
    collected = collect(project)
    assert spans(collected.table) == [(NAME, 2.0, 2.5), (NAME, 3.0, 3.0)]
    assert spans(collected.within) == [(NAME, 2.0, 2.5)]


def test_proposals_teach_nothing_until_somebody_accepts_them(project: Project, store: DocumentStore) -> None:
    row = {"onset_s": 2.0, "offset_s": 2.5, "label": "a", "score": 0.5}
    store.apply(NAME, 0, {"op": "propose", "annotations": [row], "source": "run"}, "ada")
    assert collect(project).table.is_empty()
    store.apply(NAME, None, {"op": "accept", "ids": [1]}, "ada")
    assert spans(collect(project).table) == [(NAME, 2.0, 2.5)]


def test_a_recording_that_is_done_is_whole_even_when_nothing_is_in_it(project: Project, store: DocumentStore) -> None:
    store.apply(NAME, 0, {"op": "done", "value": True}, "ada")
    assert collect(project).annotated == (NAME,)


@pytest.mark.usefixtures("original")
def test_the_hash_of_a_recording_changes_with_what_people_say_of_it_alone(
    project: Project, store: DocumentStore
) -> None:
    before = collect(project).hash_by_recording
    propose = {"op": "propose", "annotations": [{"onset_s": 5.0, "offset_s": 6.0, "label": "a"}], "source": "run"}
    store.apply(OTHER, None, {**propose, "start_s": 0.0}, "ada")
    assert collect(project).hash_by_recording == before
    store.apply(OTHER, None, {"op": "change", "ids": [1], "values": {"label": "y"}}, "ada")
    changed = collect(project).hash_by_recording
    assert changed.keys() == before.keys()
    assert changed != before
