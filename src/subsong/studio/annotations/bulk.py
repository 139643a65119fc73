"""One thing done to many annotations, which are named by where they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.changes import StaleRevisionError
from subsong.projects.documents.document import Document
from subsong.projects.documents.edits import Accept, ChangedValues, ChangeValues, Delete, Edit
from subsong.projects.documents.store import DocumentStore
from subsong.studio.annotations.queries import BulkBody, Interval

_TOLERANCE_S = 1e-3
_MOST_TRIES = 5


class BulkChange(NamedTuple):
    """How many annotations were changed, and how many places hold none."""

    num_changed: int
    num_not_found: int


def change_in_bulk(documents: DocumentStore, body: BulkBody, author: str) -> BulkChange:
    """Do one thing to many annotations; each recording is changed in one step.

    Raises
    ------
    SubsongError
        When the label is missing, or cannot be one; nothing was changed then.
    """
    _build_edit(body, (1,))
    by_recording: dict[str, list[Interval]] = {}
    for interval in body.intervals:
        by_recording.setdefault(interval.recording, []).append(interval)
    parts = [_change_one(documents, name, places, body, author) for name, places in by_recording.items()]
    return BulkChange(sum(part.num_changed for part in parts), sum(part.num_not_found for part in parts))


def _change_one(
    documents: DocumentStore, recording: str, places: Sequence[Interval], body: BulkBody, author: str
) -> BulkChange:
    for _ in range(_MOST_TRIES):
        document = documents.load(recording)
        found = find_annotations_at(document, places)
        ids = tuple(dict.fromkeys(number for number in found if number is not None))
        num_lacking = sum(number is None for number in found)
        if not ids:
            return BulkChange(0, num_lacking)
        try:
            change = documents.apply(recording, document.revision, _build_edit(body, ids), author)
        except StaleRevisionError:
            continue  # somebody was quicker: what is there now is looked for anew
        return BulkChange(len({*change.removed, *(one.id for one in change.changed)}), num_lacking)
    raise SubsongError(f"{recording} is changed by others all the time: try again")


def find_annotations_at(document: Document, places: Sequence[Interval]) -> list[int | None]:
    """Return the number of the annotation at each place, to the millisecond; None where there is none."""
    by_bin: dict[int, list[Annotation]] = {}
    for one in document.annotations.values():
        by_bin.setdefault(_bin(one.onset_s), []).append(one)
    return [_find_at(by_bin, place) for place in places]


def _bin(onset_s: float) -> int:
    return int(onset_s // _TOLERANCE_S)


def _find_at(by_bin: dict[int, list[Annotation]], place: Interval) -> int | None:
    near = [one for number in range(-2, 3) for one in by_bin.get(_bin(place.onset_s) + number, ())]
    distances = {
        one.id: abs(one.onset_s - place.onset_s) + abs(one.offset_s - place.offset_s)
        for one in near
        if abs(one.onset_s - place.onset_s) <= _TOLERANCE_S
        and abs(one.offset_s - place.offset_s) <= _TOLERANCE_S
        and (place.channel is None or one.channel in (None, place.channel))
    }
    return min(distances, key=lambda number: distances[number]) if distances else None


def _build_edit(body: BulkBody, ids: tuple[int, ...]) -> Edit:
    if body.action == "accept":
        return Accept(ids=ids)
    if body.action == "reject":
        return Delete(ids=ids)
    if not body.label:
        raise SubsongError("rename needs a label: say what the sounds are called")
    try:
        return ChangeValues(ids=ids, values=ChangedValues(label=body.label))
    except ValueError as error:
        raise SubsongError(f"{body.label[:40]!r} cannot be a label: expected plain letters on one line") from error
