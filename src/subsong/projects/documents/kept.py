"""Documents that were loaded not long ago, as many as memory should hold."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import NamedTuple

from subsong.projects.documents.document import Document
from subsong.projects.documents.history import History
from subsong.projects.documents.places import Stamp

_MAX_ANNOTATIONS = 200_000


class Kept(NamedTuple):
    """A document as it was when its files had these stamps.

    Attributes
    ----------
    stamps
        Of annotation file, proposals and journal.
    history
        None where the journal is empty.
    document
        With what is wrong with its files.
    """

    stamps: tuple[Stamp, Stamp, Stamp]
    history: History | None
    document: Document


class KeptDocuments:
    """The documents used last, up to a number of annotations in all."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._num_annotations = 0
        self._lock = threading.Lock()

    def get(self, recording: str) -> Kept | None:
        """Return what is kept of a recording, None where that is nothing."""
        with self._lock:
            kept = self._kept.get(recording)
            if kept is not None:
                self._kept.move_to_end(recording)
            return kept

    def put(self, recording: str, kept: Kept) -> None:
        """Keep a document, and let go of those not used for longest."""
        with self._lock:
            self._drop(recording)
            self._kept[recording] = kept
            self._num_annotations += _count(kept)
            while self._num_annotations > _MAX_ANNOTATIONS and len(self._kept) > 1:
                self._drop(next(iter(self._kept)))

    def _drop(self, recording: str) -> None:
        gone = self._kept.pop(recording, None)
        self._num_annotations -= 0 if gone is None else _count(gone)


def _count(kept: Kept) -> int:
    # A document without annotations takes room as well.
    return 1 + len(kept.document.annotations) + len(kept.document.rejected)
