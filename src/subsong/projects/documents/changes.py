"""What a document answers to an edit: what became of it, or that it is another document by now."""

from __future__ import annotations

from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.document import Document


class Change(NamedTuple):
    """What became of an edit.

    Attributes
    ----------
    revision
        Of the document now; that of before where nothing had to change.
    changed
        Annotations that are new or different, as they are now.
    removed
        Numbers of those that are gone.
    document
        As it is now.
    """

    revision: int
    changed: tuple[Annotation, ...]
    removed: tuple[int, ...]
    document: Document


class StaleRevisionError(SubsongError):
    """Somebody else changed the document meanwhile.

    Parameters
    ----------
    message
        One sentence.
    document
        As it is now.
    """

    def __init__(self, message: str, document: Document) -> None:
        super().__init__(message)
        self.document = document
