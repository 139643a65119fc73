"""A document that somebody holds: brought up to what its files say now, and changed line by line."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, disk_errors
from subsong.projects.documents.applying import Applied, make_applied
from subsong.projects.documents.beginning import Beginning
from subsong.projects.documents.checkpoints import read_checkpoint, write_checkpoint
from subsong.projects.documents.document import Document
from subsong.projects.documents.history import History, follow
from subsong.projects.documents.journal import Action, Entry, Journal
from subsong.projects.documents.merging import plan_replacement
from subsong.projects.documents.places import Places, hash_bytes, read_bytes
from subsong.projects.documents.proposing import choose_proposals, replace_proposals
from subsong.projects.documents.tables import read_file, render_file, take_rows

# Bytes of a journal between two checkpoints, about two hundred edits.
_CHECKPOINT_BYTES = 100_000
_FILE_AUTHOR = "file"
log = logging.getLogger(__name__)


class OpenedDocument:
    """A document whose journal is held.

    Parameters
    ----------
    recording, places
        Its name, and where its files lie.
    journal
        Open, locked.
    known
        What an earlier part of this journal adds up to; None: not known.
    begin
        Returns what the document is if the journal is empty.

    Attributes
    ----------
    history
        As of now.
    problem
        Why a file could not be taken in; None: nothing is wrong.
    """

    def __init__(
        self,
        recording: str,
        places: Places,
        journal: Journal,
        known: History | None,
        begin: Callable[[], Beginning],
    ) -> None:
        self._recording, self._places, self._journal = recording, places, journal
        self._beginning = begin() if journal.size == 0 else None
        self._foreign: str | None = None
        self.problem: str | None = None
        self.history = History(Document(recording))
        if self._beginning is not None:
            self._start(self._beginning)
        else:
            self._catch_up(known)

    def commit(
        self,
        action: Action,
        author: str,
        edit: Mapping[str, Any],
        applied: Applied,
        proposals: str | None = None,
    ) -> None:
        """Write a change down, then the annotation file."""
        content = render_file(applied.document.recording, applied.document.list_accepted())
        self._append(action, author, edit, applied, hash_bytes(content), proposals)
        self._write_file(content)

    def read_at(self, start: int) -> Entry:
        """Return the entry of the journal that begins at a byte."""
        return self._journal.read_at(start)

    def get_document(self) -> Document:
        """Return the document, with what is wrong with its files."""
        return self.history.document._replace(problem=self.problem)

    def _start(self, start: Beginning) -> None:
        self.history = History(start.document, csv=start.csv, proposals=start.proposals)
        self.problem = start.document.problem
        if self.problem is not None:
            self._foreign = start.csv

    def _catch_up(self, known: History | None) -> None:
        """Follow the journal to its end, then take in what other programs did to the files."""
        if known is None or known.size > self._journal.size:
            known = read_checkpoint(self._places.checkpoint, self._journal) or self.history
        self.history = follow(known, self._journal.read(known.size), self._journal.size)
        self._take_in_file()
        self._take_in_proposals()

    def _append(
        self,
        action: Action,
        author: str,
        edit: Mapping[str, Any],
        applied: Applied,
        csv: str | None,
        proposals: str | None,
    ) -> None:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        first = None if self._journal.size else self._beginning
        entries = [] if first is None else [first.build_entry(time)]
        revision = self.history.document.revision + 1
        entries.append(Entry(revision, time, author, action, edit, applied.patch, applied.inverse, csv, proposals))
        known = self.history if first is None else History(Document(self._recording))
        size_before = self._journal.size
        starts = self._journal.append(entries)
        self.history = follow(known, zip(starts, entries, strict=True), self._journal.size)
        self._keep_checkpoint(size_before)

    def _take_in_file(self) -> None:
        """Make the annotation file good where a kill left it behind, or take in what another program made of it."""
        content = read_bytes(self._places.annotations)
        found = None if content is None else hash_bytes(content)
        if found == self.history.csv:
            return
        document = self.history.document
        if content is None or found == self.history.csv_before:
            self._write_file(render_file(document.recording, document.list_accepted()))
            return
        self._foreign = found
        try:
            rows = take_rows(self._places.annotations, read_file(self._places.annotations))
        except SubsongError as error:
            self._report(f"{error}; until then the annotations stay as they were before")
            return
        applied = make_applied(document, plan_replacement(document, rows))
        edit = {
            "op": "import",
            "mode": "replace",
            "source": self._places.annotations.name,
            "num_annotations": len(rows),
        }
        self._append("file", _FILE_AUTHOR, edit, applied, found, None)

    def _take_in_proposals(self) -> None:
        """Take in what a model proposes, when that is new."""
        content = read_bytes(self._places.proposals)
        found = None if content is None else hash_bytes(content)
        if found is None or found == self.history.proposals:
            return
        try:
            rows = take_rows(self._places.proposals, read_file(self._places.proposals), "proposed")
        except SubsongError as error:
            self._report(str(error))
            return
        document = self.history.document
        replaced = [one.id for one in document.list_proposed()]
        patch = replace_proposals(document, choose_proposals(document, rows), replaced)
        edit = {"op": "propose", "source": self._places.proposals.name, "num_annotations": len(patch.put)}
        self._append("propose", _FILE_AUTHOR, edit, make_applied(document, patch), self.history.csv, found)

    def _report(self, problem: str) -> None:
        log.warning("%s", problem)
        self.problem = problem

    def _write_file(self, content: bytes) -> None:
        """Write the annotation file; one that another program wrote in its own way is set aside first."""
        path = self._places.annotations
        there = read_bytes(path)
        if there == content:
            return
        header = content.partition(b"\n")[0]
        if there is not None and (hash_bytes(there) == self._foreign or there.partition(b"\n")[0] != header):
            aside = path.with_name(f"{path.name}.before-{self.history.document.revision}")
            with disk_errors(aside):
                os.replace(path, aside)
            log.warning("%s was written by another program: it is kept as %s", path, aside.name)
        with atomic_file(path) as file:
            file.write(content)

    def _keep_checkpoint(self, size_before: int) -> None:
        """Keep what the journal adds up to, each time it has grown by much."""
        if self._journal.size // _CHECKPOINT_BYTES > size_before // _CHECKPOINT_BYTES:
            write_checkpoint(self._places.checkpoint, self.history, self._journal)
