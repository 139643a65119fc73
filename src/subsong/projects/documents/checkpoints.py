"""What a journal adds up to, kept beside it now and then, so that a long one need not be read from its beginning.

A checkpoint that is damaged, or of another journal, is passed over: all it holds is in the journal.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, read_json
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.document import Document
from subsong.projects.documents.history import History
from subsong.projects.documents.journal import Journal

_FORMAT = 1


def write_checkpoint(path: Path, history: History, journal: Journal) -> None:
    """Write what a journal adds up to."""
    document = history.document
    values = history._asdict() | {
        "format": _FORMAT,
        "tail": journal.hash_tail(history.size),
        "document": document._asdict()
        | {"annotations": list(document.annotations.values()), "rejected": list(document.rejected.values())},
    }
    with atomic_file(path, "w") as file:
        json.dump(values, file, ensure_ascii=False, separators=(",", ":"))


def read_checkpoint(path: Path, journal: Journal) -> History | None:
    """Return what a journal adds up to as far as its checkpoint knows, None where there is none that fits."""
    if not path.exists():
        return None
    try:
        values = read_json(path)
        if values.pop("format") != _FORMAT or values["size"] > journal.size:
            return None
        if values.pop("tail") != journal.hash_tail(values["size"]):
            return None
        document = _read_document(values.pop("document"))
        return History(document, undo=tuple(values.pop("undo")), redo=tuple(values.pop("redo")), **values)
    except (SubsongError, KeyError, TypeError, AttributeError):
        return None


def _read_document(values: dict[str, Any]) -> Document:
    annotations, rejected = _number(values.pop("annotations")), _number(values.pop("rejected"))
    reviewed = tuple((start, stop) for start, stop in values.pop("reviewed"))
    return Document(annotations=annotations, rejected=rejected, reviewed=reviewed, **values)


def _number(rows: list[list[Any]]) -> dict[int, Annotation]:
    return {one.id: one for one in (Annotation(*row) for row in rows)}
