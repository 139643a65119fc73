"""Annotations that come as a whole, from a file: which are there already, which are new, which are gone."""

from __future__ import annotations

from collections.abc import Sequence

from subsong.projects.documents.annotation import Annotation, Content, get_content
from subsong.projects.documents.document import Document, Patch


def plan_replacement(document: Document, rows: Sequence[Annotation]) -> Patch:
    """Return the patch after which the accepted annotations are those of `rows`; equal ones keep their numbers."""
    free: dict[Content, list[int]] = {}
    for one in document.list_accepted():
        free.setdefault(get_content(one), []).append(one.id)
    new = [row for row in rows if not _take(free, row)]
    gone = tuple(number for numbers in free.values() for number in numbers)
    return Patch(put=_number(document, new), drop=gone)


def plan_addition(document: Document, rows: Sequence[Annotation]) -> Patch:
    """Return the patch that adds those of `rows` that are not there yet."""
    free: dict[Content, list[int]] = {}
    for one in document.list_accepted():
        free.setdefault(get_content(one), []).append(one.id)
    return Patch(put=_number(document, [row for row in rows if not _take(free, row)]))


def _take(free: dict[Content, list[int]], row: Annotation) -> bool:
    """Tell whether an annotation that says the same is left, and take it."""
    numbers = free.get(get_content(row))
    if not numbers:
        return False
    numbers.pop(0)
    return True


def _number(document: Document, rows: Sequence[Annotation]) -> tuple[Annotation, ...]:
    return tuple(row._replace(id=document.next_id + place, state="accepted") for place, row in enumerate(rows))
