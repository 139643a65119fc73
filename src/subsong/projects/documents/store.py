"""The documents of a project: loaded, changed, and kept so that nothing that was answered is ever lost.

A change is in the journal, on the disk, before it is answered; the annotation file follows, and is made good at the
next loading where a kill came between. A recording that nobody has touched has no journal: looking at it writes
nothing.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.applying import Applied, Limits, apply_edit, check_annotation, make_applied
from subsong.projects.documents.beginning import Beginning, begin_document
from subsong.projects.documents.changes import Change, StaleRevisionError
from subsong.projects.documents.document import Document
from subsong.projects.documents.edits import Edit, Propose, check_text, parse_edit, write_edit
from subsong.projects.documents.history import History
from subsong.projects.documents.journal import Action, Entry, open_journal, read_journal
from subsong.projects.documents.kept import Kept, KeptDocuments
from subsong.projects.documents.merging import plan_addition, plan_replacement
from subsong.projects.documents.opened import OpenedDocument
from subsong.projects.documents.originals import Originals, find_originals
from subsong.projects.documents.places import Places, Stamp, find_places, stamp_file
from subsong.projects.documents.tables import render_file
from subsong.projects.project import Project
from subsong.sources.audio import read_audio_info


class DocumentStore:
    """The documents of a project; may be used from several threads and processes at once.

    Parameters
    ----------
    project
        Whose recordings they are of.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._kept = KeptDocuments()
        self._limits: dict[str, tuple[Stamp, Limits]] = {}
        self._originals: Originals | None = None
        self._lock = threading.RLock()

    def load(self, recording: str) -> Document:
        """Return the document of a recording as it is now.

        Parameters
        ----------
        recording
            Its name; the recording itself need not be there any more.

        Raises
        ------
        SubsongError
            When its journal is damaged, or the project's own annotations cannot be found.
        """
        return self._load(recording).document

    def apply(self, recording: str, base_revision: int | None, edit: Edit | Mapping[str, Any], author: str) -> Change:
        """Change a document; when this returns, the change is on the disk.

        Parameters
        ----------
        recording
            Its name.
        base_revision
            Of the document that whoever asks has seen; None: the edit holds whatever the document says.
        edit
            What is asked for.
        author
            Who asks.

        Raises
        ------
        StaleRevisionError
            When the document is another by now.
        SubsongError
            When the edit cannot be; nothing was changed then.
        """
        asked = parse_edit(edit) if isinstance(edit, Mapping) else edit
        author = self._check_author(author)
        limits = self._find_limits(recording)
        with self._open(recording, base_revision) as opened:
            applied = apply_edit(opened.history.document, asked, author, limits)
            is_proposal = isinstance(asked, Propose)
            return _commit(opened, "propose" if is_proposal else "edit", author, _describe(asked), applied)

    def take_annotations(
        self,
        recording: str,
        base_revision: int | None,
        rows: Sequence[Annotation],
        mode: Literal["replace", "add"],
        author: str,
        source: str,
    ) -> Change:
        """Take in annotations that come as a whole.

        Parameters
        ----------
        recording, base_revision, author
            As for `apply`.
        rows
            The annotations; their numbers and states do not matter.
        mode
            Whether they take the place of the accepted ones, or come beside those.
        source
            Where they come from, for the history.

        Raises
        ------
        StaleRevisionError, SubsongError
            As for `apply`.
        """
        author = self._check_author(author)
        limits = self._find_limits(recording)
        for row in rows:
            check_annotation(row, limits)
        plan = plan_replacement if mode == "replace" else plan_addition
        edit = {"op": "import", "mode": mode, "source": source, "num_annotations": len(rows)}
        with self._open(recording, base_revision) as opened:
            applied = make_applied(opened.history.document, plan(opened.history.document, rows))
            return _commit(opened, "import", author, edit, applied)

    def undo(self, recording: str, base_revision: int, author: str) -> Change:
        """Take the last change back.

        Raises
        ------
        StaleRevisionError, SubsongError
            As for `apply`; also when there is nothing to take back.
        """
        return self._step(recording, base_revision, author, "undo")

    def redo(self, recording: str, base_revision: int, author: str) -> Change:
        """Do again what was taken back last.

        Raises
        ------
        StaleRevisionError, SubsongError
            As for `apply`; also when there is nothing to do again.
        """
        return self._step(recording, base_revision, author, "redo")

    def read_history(self, recording: str) -> list[Entry]:
        """Return all that was ever done to a document, the oldest first."""
        return read_journal(find_places(self._project, recording).journal)

    def list_corrected(self) -> dict[str, Document]:
        """Return the documents that a person touched, by recording."""
        corrected = {}
        for path in sorted(self._project.journal_dir.rglob("*.jsonl")):
            recording = path.relative_to(self._project.journal_dir).as_posix().removesuffix(".jsonl")
            kept = self._load(recording)
            if kept.history is not None and kept.history.is_corrected:
                corrected[recording] = kept.document
        return corrected

    def import_originals(self) -> list[str]:
        """Write what was annotated elsewhere as annotation files of the project, which count from then on.

        Returns
        -------
        The recordings that have a file now and had none before.
        """
        written = []
        for recording in self._find_originals(None).tables:
            places = find_places(self._project, recording)
            if not places.annotations.exists() and not places.journal.exists():
                document = self.load(recording)
                with atomic_file(places.annotations) as file:
                    file.write(render_file(recording, document.list_accepted()))
                written.append(recording)
        return written

    def _load(self, recording: str) -> Kept:
        """Return a document as it is now; the journal is opened only where a file is another than before."""
        places = find_places(self._project, recording)
        stamps = places.stamp()
        kept = self._kept.get(recording)
        if kept is not None and kept.stamps == stamps:
            return kept
        if stamps[2] is None or stamps[2][2] == 0:
            document = begin_document(recording, places, self._find_originals(recording)).document
            kept = Kept(stamps, None, document)
            self._kept.put(recording, kept)
            return kept
        with self._open(recording) as opened:
            return Kept(stamps, opened.history, opened.get_document())

    def _step(self, recording: str, base_revision: int, author: str, action: Literal["undo", "redo"]) -> Change:
        author = self._check_author(author)
        with self._open(recording, base_revision) as opened:
            history = opened.history
            stack = history.undo if action == "undo" else history.redo
            if not stack:
                what = "taken back" if action == "undo" else "done again"
                raise SubsongError(f"{recording}: there is nothing that could be {what}")
            entry = opened.read_at(stack[-1])
            patch = entry.inverse if action == "undo" else entry.forward
            applied = make_applied(history.document, patch)
            return _commit(opened, action, author, {"op": action, "revision": entry.revision}, applied)

    @contextlib.contextmanager
    def _open(self, recording: str, base_revision: int | None = None) -> Iterator[OpenedDocument]:
        """Hold a document until the block ends, and keep what it is then."""
        places = find_places(self._project, recording)

        def begin() -> Beginning:
            return begin_document(recording, places, self._find_originals(recording))

        with self._lock, open_journal(places.journal) as journal:
            opened = OpenedDocument(recording, places, journal, self._recall(recording, places), begin)
            try:
                document = opened.get_document()
                if base_revision is not None and base_revision != document.revision:
                    raise StaleRevisionError(f"{recording} was changed elsewhere meanwhile: load it again", document)
                yield opened
            finally:
                history = opened.history if journal.size else None
                self._kept.put(recording, Kept(places.stamp(), history, opened.get_document()))

    def _recall(self, recording: str, places: Places) -> History | None:
        """Return what the first part of a journal adds up to, if it is known and the file is still the same one."""
        kept, stamp = self._kept.get(recording), stamp_file(places.journal)
        is_same = (
            kept is not None and kept.stamps[2] is not None and stamp is not None and kept.stamps[2][0] == stamp[0]
        )
        return kept.history if kept is not None and is_same else None

    def _find_originals(self, recording: str | None) -> Originals:
        """Return what was annotated elsewhere; looked for anew when a recording has come that was not there."""
        with self._lock:
            if self._originals is None or (recording is not None and self._is_new(recording)):
                self._originals = find_originals(self._project)
            return self._originals

    def _is_new(self, recording: str) -> bool:
        assert self._originals is not None
        return recording not in self._originals.recordings and self._find_path(recording).is_file()

    def _find_limits(self, recording: str) -> Limits:
        """Return what the recording's header says; nothing where it is gone or cannot be read."""
        path = self._find_path(recording)
        stamp = stamp_file(path)
        known = self._limits.get(recording)
        if known is None or known[0] != stamp:
            known = self._limits[recording] = stamp, _read_limits(path)
        return known[1]

    def _find_path(self, recording: str) -> Path:
        root = self._project.recordings_dir
        return root / recording if root.is_dir() else root.parent / recording

    def _check_author(self, author: str) -> str:
        try:
            return check_text(author)
        except ValueError as error:
            raise SubsongError(f"the author: {error}") from error


def _read_limits(path: Path) -> Limits:
    try:
        info = read_audio_info(path)
    except SubsongError:
        return Limits()
    return Limits(info.num_samples / info.sample_rate_hz, info.num_channels)


def _describe(edit: Edit) -> Mapping[str, Any]:
    """Return an edit for the history; proposals by their number, as what they change is written beside it."""
    if isinstance(edit, Propose):
        return {"op": edit.op, "source": edit.source, "num_annotations": len(edit.annotations)}
    return write_edit(edit)


def _commit(opened: OpenedDocument, action: Action, author: str, edit: Mapping[str, Any], applied: Applied) -> Change:
    """Write a change down, unless nothing has to change, and say what became of it."""
    if not applied.patch.is_empty or action in ("undo", "redo"):
        opened.commit(action, author, edit, applied)
    document = opened.get_document()
    return Change(document.revision, applied.changed, applied.removed, document)
