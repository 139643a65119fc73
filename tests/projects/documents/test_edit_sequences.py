"""Random edits, taken back and done again, on servers that are killed at any moment: nothing answered is ever lost.

What the annotation file must say is followed by a model of its own, which knows nothing of patches and journals: it
keeps a copy of everything after each edit.
"""

from __future__ import annotations

import csv
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.projects.documents.conftest import NAME, write_project

from subsong.projects.documents import Annotation, DocumentStore
from subsong.projects.documents.places import Places, find_places
from subsong.projects.project import Project

NUM_SEQUENCES = 200
STEPS = range(4, 10)
LABELS = ("a", "b", 'quoted "c"', "comma, d", "é")
Row = tuple[str, ...]


class Seen(NamedTuple):
    """All that a person sees: accepted annotations, seconds that were looked at, and whether all were."""

    accepted: dict[int, Annotation]
    seconds: frozenset[int]
    is_done: bool


class Model:
    """What was done, as copies of what was seen."""

    def __init__(self) -> None:
        self.now = Seen({}, frozenset(), False)
        self.before: list[Seen] = []
        self.after: list[Seen] = []

    def edit(self, seen: Seen) -> None:
        if seen != self.now:
            self.before.append(self.now)
            self.after.clear()
            self.now = seen

    def undo(self) -> None:
        self.after.append(self.now)
        self.now = self.before.pop()

    def redo(self) -> None:
        self.before.append(self.now)
        self.now = self.after.pop()


def draw_edit(rng: random.Random, seen: Seen, proposed: list[int]) -> dict[str, Any]:
    """Return an edit that can be."""
    ids = sorted(seen.accepted)
    some = rng.sample(ids, rng.randint(1, min(3, len(ids)))) if ids else []
    kinds = ["add", "review", "done", "propose"]
    kinds += ["change", "move", "delete"] if some else []
    kinds += ["accept", "reject", "relabel"] if proposed else []
    kind = rng.choice(kinds)
    if kind in ("add", "propose"):
        rows = [draw_row(rng) for _ in range(rng.randint(1, 3))]
        return {"op": kind, "annotations": rows, **({"source": "run"} if kind == "propose" else {})}
    if kind == "change":
        return {"op": "change", "ids": some, "values": {"label": rng.choice(LABELS), "low_hz": rng.random() * 100}}
    if kind == "move":
        rows = [{"id": number, "onset_s": 9 * rng.random(), "offset_s": 9 + rng.random()} for number in some]
        return {"op": "change", "annotations": rows}
    if kind == "delete":
        return {"op": "delete", "ids": some}
    if kind == "review":
        start = rng.randint(0, 8)
        return {"op": kind, "start_s": start, "stop_s": rng.randint(start + 1, 10), "value": rng.random() < 0.7}
    if kind == "done":
        return {"op": kind, "value": rng.random() < 0.5}
    chosen = rng.choice(proposed)
    if kind == "relabel":
        return {"op": "change", "ids": [chosen], "values": {"label": "relabelled"}}
    return {"op": kind, "ids": [chosen]}


def draw_row(rng: random.Random) -> dict[str, Any]:
    onset_s = 9 * rng.random()
    length_s = 0.0 if rng.random() < 0.3 else rng.random()
    return {"onset_s": onset_s, "offset_s": onset_s + length_s, "label": rng.choice(LABELS)}


def foresee(seen: Seen, edit: dict[str, Any], proposals: dict[int, Annotation], next_id: int) -> Seen:
    """Return what a person sees after an edit."""
    if edit["op"] == "review":
        stretch = frozenset(range(edit["start_s"], edit["stop_s"]))
        return seen._replace(seconds=seen.seconds | stretch if edit["value"] else seen.seconds - stretch)
    if edit["op"] == "done":
        return seen._replace(is_done=edit["value"])
    return seen._replace(accepted=foresee_accepted(seen.accepted, edit, proposals, next_id))


def foresee_accepted(
    before: dict[int, Annotation], edit: dict[str, Any], proposals: dict[int, Annotation], next_id: int
) -> dict[int, Annotation]:
    accepted = dict(before)
    if edit["op"] == "add":
        for number, row in enumerate(edit["annotations"], start=next_id):
            times = row["onset_s"], row["offset_s"]
            accepted[number] = Annotation(number, None, *times, None, None, row["label"], None, "ada")
    elif edit["op"] == "change":
        for row in edit.get("annotations") or [{"id": number, **edit["values"]} for number in edit["ids"]]:
            old = accepted.get(row["id"]) or proposals[row["id"]]
            if old._replace(**row) != old:
                accepted[row["id"]] = old._replace(**row, annotator="ada", state="accepted")
    elif edit["op"] == "delete":
        accepted = {number: one for number, one in accepted.items() if number not in edit["ids"]}
    elif edit["op"] == "accept":
        for number in edit["ids"]:
            accepted[number] = proposals[number]._replace(annotator="ada", state="accepted")
    return accepted


class Laboratory:
    """A document that is worked on, and a model of what was done."""

    def __init__(self, project: Project, rng: random.Random) -> None:
        self.project, self.rng, self.model = project, rng, Model()
        self.places: Places = find_places(project, NAME)
        self.store = DocumentStore(project)

    def step(self) -> None:
        """Do something, let the server die now and then, and look at what is left."""
        choice = self.rng.random()
        csv_before = read(self.places.annotations)
        if choice < 0.15 and self.model.before:
            self.store.undo(NAME, self.store.load(NAME).revision, "ada")
            self.model.undo()
        elif choice < 0.25 and self.model.after:
            self.store.redo(NAME, self.store.load(NAME).revision, "ada")
            self.model.redo()
        else:
            self.edit(csv_before)
        self.die(csv_before)

    def edit(self, csv_before: bytes | None) -> None:
        document = self.store.load(NAME)
        proposals = {one.id: one for one in document.list_proposed()}
        edit = draw_edit(self.rng, self.model.now, sorted(proposals))
        after = foresee(self.model.now, edit, proposals, document.next_id)
        journal_before = read(self.places.journal) or b""
        self.store.apply(NAME, document.revision, edit, "ada")
        if self.rng.random() < 0.1:
            self.tear(journal_before, csv_before)
            return
        if edit["op"] == "reject":  # seen by nobody in the file, and yet something that is taken back
            self.model.before.append(self.model.now)
            self.model.after.clear()
        elif edit["op"] != "propose":
            self.model.edit(after)

    def tear(self, journal_before: bytes, csv_before: bytes | None) -> None:
        """Let the server die in the middle of writing: nothing was answered."""
        content = self.places.journal.read_bytes()
        num_whole = journal_before.rfind(b"\n") + 1
        if len(content) > num_whole:
            self.places.journal.write_bytes(content[: self.rng.randint(num_whole, len(content) - 1)])
            put_back(self.places.annotations, csv_before)
        self.store = DocumentStore(self.project)

    def die(self, csv_before: bytes | None) -> None:
        choice = self.rng.random()
        if choice < 0.15:  # after the line was written, before the annotation file was
            put_back(self.places.annotations, csv_before)
        if choice < 0.3:
            self.store = DocumentStore(self.project)

    def check(self) -> None:
        document = self.store.load(NAME)
        seen = self.model.now
        assert {one.id: one for one in document.list_accepted()} == seen.accepted
        assert (document.is_done, document.can_undo) == (seen.is_done, bool(self.model.before))
        assert {second for start, stop in document.reviewed for second in range(int(start), int(stop))} == seen.seconds
        assert read_rows(self.places.annotations) == list_rows(seen)


def read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def put_back(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(content)


def read_rows(path: Path) -> list[Row]:
    if not path.exists():
        return []
    with open(path, encoding="utf-8", newline="") as file:
        return sorted(tuple(row) for row in list(csv.reader(file))[1:])


def list_rows(seen: Seen) -> list[Row]:
    rows = []
    for one in seen.accepted.values():
        cells = (NAME, one.channel, *one[2:6], one.label, one.score, one.annotator)
        rows.append(tuple("" if cell is None else str(cell) for cell in cells))
    return sorted(rows)


@pytest.fixture
def fast_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Yield a project in memory where there is a folder in it: thousands of files are written, none waited for."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else tmp_path) as folder:
        yield write_project(Path(folder))


def test_the_annotation_file_always_equals_what_was_done(
    fast_project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subsong.projects.documents.opened._CHECKPOINT_BYTES", 3000)
    for seed in range(NUM_SEQUENCES):
        rng = random.Random(seed)
        for path in find_places(fast_project, NAME):
            path.unlink(missing_ok=True)
        laboratory = Laboratory(fast_project, rng)
        for _ in range(rng.choice(STEPS)):
            laboratory.step()
            laboratory.check()
        laboratory.store = DocumentStore(fast_project)
        laboratory.check()
