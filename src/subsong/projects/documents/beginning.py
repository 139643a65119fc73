"""What a document is before anybody has touched it: what was annotated elsewhere, and what a model proposes."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.document import Document, Patch, apply_patch
from subsong.projects.documents.journal import Entry
from subsong.projects.documents.originals import Originals
from subsong.projects.documents.places import Places, hash_bytes, read_bytes
from subsong.projects.documents.proposing import choose_proposals, replace_proposals
from subsong.projects.documents.tables import read_file, render_file, take_rows, take_usable_rows


class Beginning(NamedTuple):
    """A document that nobody has touched.

    Attributes
    ----------
    document
        Its revision is told by its content, so that a client that saw other content is stale.
    source
        Where its annotations come from, in words.
    csv, proposals
        SHA-256 of its annotation file and its proposals; None where there is none.
    """

    document: Document
    source: str
    csv: str | None
    proposals: str | None

    def build_entry(self, time: str) -> Entry:
        """Return the first line of its journal."""
        document = self.document
        forward = Patch(tuple(document.annotations.values()), is_done=document.is_done)
        inverse = Patch(drop=tuple(document.annotations), is_done=False)
        edit = {"source": self.source, "num_annotations": len(document.annotations)}
        return Entry(document.revision, time, "file", "start", edit, forward, inverse, self.csv, self.proposals)


def begin_document(recording: str, places: Places, originals: Originals) -> Beginning:
    """Return the document of a recording that has no journal.

    Parameters
    ----------
    recording
        Its name.
    places
        Where its files lie. An annotation file that is there goes before `originals`.
    originals
        What was annotated elsewhere.
    """
    content = read_bytes(places.annotations)
    accepted, source, problem = _read_accepted(recording, places.annotations, content, originals)
    is_done = source != "nothing"
    document = apply_patch(Document(recording), Patch(tuple(accepted), is_done=is_done))
    proposals = read_bytes(places.proposals)
    if proposals is not None and not is_done:
        document, said = _add_proposals(document, places.proposals)
        problem = problem or said
    document = document._replace(revision=_number(document), problem=problem)
    return Beginning(
        document,
        source,
        None if content is None else hash_bytes(content),
        None if proposals is None else hash_bytes(proposals),
    )


def _read_accepted(
    recording: str, path: Path, content: bytes | None, originals: Originals
) -> tuple[list[Annotation], str, str | None]:
    """Return annotations, where they come from, and what is wrong with a file."""
    problem = originals.unreadable.get(recording)
    if content is not None:
        try:
            return take_rows(path, read_file(path)), path.name, None
        except SubsongError as error:
            problem = str(error)
    if recording in originals.tables:
        annotations, said = take_usable_rows(Path(recording), originals.tables[recording])
        return annotations, "the original annotations", problem or said
    return [], "nothing", problem


def _add_proposals(document: Document, path: Path) -> tuple[Document, str | None]:
    try:
        found = take_rows(path, read_file(path), "proposed")
    except SubsongError as error:
        return document, str(error)
    return apply_patch(document, replace_proposals(document, choose_proposals(document, found), ())), None


def _number(document: Document) -> int:
    """Return a revision that differs where the content does, 0 for none at all."""
    if not document.annotations:
        return 0
    content = render_file(document.recording, document.annotations.values())
    return zlib.crc32(content + b"".join(b"%d" % (one.state == "proposed") for one in document.annotations.values()))
