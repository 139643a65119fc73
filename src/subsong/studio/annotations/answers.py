"""Documents and changes as the pages see them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from subsong.projects.documents.annotation import sort_by_time
from subsong.projects.documents.changes import Change, StaleRevisionError
from subsong.projects.documents.document import Document
from subsong.studio.answers import answer_json

if TYPE_CHECKING:
    from starlette.responses import Response


def describe_document(document: Document) -> dict[str, Any]:
    """Return a document as JSON, its annotations by time."""
    return {
        "recording": document.recording,
        "annotations": sort_by_time(document.annotations.values()),
        "problem": document.problem,
        **_describe_state(document),
    }


def pick_stretch(document: Document, start_s: float | None, stop_s: float | None) -> Document:
    """Return a document with those annotations only that reach into a stretch; None: from the begin, to the end."""
    if start_s is None and stop_s is None:
        return document
    start, stop = -math.inf if start_s is None else start_s, math.inf if stop_s is None else stop_s
    there = {one.id: one for one in document.annotations.values() if one.onset_s <= stop and one.offset_s >= start}
    return document._replace(annotations=there)


def describe_change(change: Change) -> dict[str, Any]:
    """Return what became of an edit as JSON."""
    return {"changed": change.changed, "removed": change.removed, **_describe_state(change.document)}


def answer_stale(error: StaleRevisionError) -> Response:
    """Answer somebody whose document is another by now, with the document as it is."""
    return answer_json({"error": str(error), "document": describe_document(error.document)}, 409)


def _describe_state(document: Document) -> dict[str, Any]:
    return {
        "revision": document.revision,
        "reviewed": document.reviewed,
        "is_done": document.is_done,
        "can_undo": document.can_undo,
        "can_redo": document.can_redo,
    }
