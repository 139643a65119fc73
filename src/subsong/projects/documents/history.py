"""What the lines of a journal add up to: the document as it is now, and what can be taken back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from subsong.projects.documents.document import Document, find_next_id, patch_in_place
from subsong.projects.documents.journal import Entry

PEOPLE = ("edit", "undo", "redo", "import")


class History(NamedTuple):
    """A document, and how it came about.

    Attributes
    ----------
    document
        As it is now.
    size
        Bytes of the journal it follows from.
    undo, redo
        Where in the journal the changes begin that can be taken back, or done again; the next one last.
    csv, csv_before
        SHA-256 of the annotation file as it should be, and as it was before the last change.
    proposals
        SHA-256 of the proposals that were taken in last.
    is_corrected
        Whether a person ever changed anything.
    """

    document: Document
    size: int = 0
    undo: tuple[int, ...] = ()
    redo: tuple[int, ...] = ()
    csv: str | None = None
    csv_before: str | None = None
    proposals: str | None = None
    is_corrected: bool = False


def follow(history: History, entries: Iterable[tuple[int, Entry]], size: int) -> History:
    """Return the history after more entries.

    Parameters
    ----------
    history
        Stays as it is.
    entries
        Each with the byte of the journal at which it begins.
    size
        Of the journal after them.
    """
    document = history.document
    annotations, rejected = dict(document.annotations), dict(document.rejected)
    undo, redo = list(history.undo), list(history.redo)
    for start, entry in entries:
        patch = entry.forward
        patch_in_place(annotations, rejected, patch)
        document = document._replace(
            reviewed=document.reviewed if patch.reviewed is None else patch.reviewed,
            is_done=document.is_done if patch.is_done is None else patch.is_done,
            next_id=find_next_id(document.next_id, patch),
            revision=entry.revision,
        )
        _move(start, entry, undo, redo)
        history = history._replace(
            csv=entry.csv,
            csv_before=history.csv,
            proposals=entry.proposals or history.proposals,
            is_corrected=history.is_corrected or entry.action in PEOPLE,
        )
    document = document._replace(
        annotations=annotations, rejected=rejected, can_undo=bool(undo), can_redo=bool(redo), problem=None
    )
    return history._replace(document=document, size=size, undo=tuple(undo), redo=tuple(redo))


def _move(start: int, entry: Entry, undo: list[int], redo: list[int]) -> None:
    """Keep what can be taken back and done again; proposals are neither."""
    if entry.action == "undo":
        redo.append(undo.pop())
    elif entry.action == "redo":
        undo.append(redo.pop())
    elif entry.action in ("edit", "import", "file"):
        undo.append(start)
        redo.clear()
