"""Edits applied to documents: pure functions, which refuse what cannot be and never change what they are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation
from subsong.projects.documents.document import Document, Patch, Stretches, apply_patch, invert_patch
from subsong.projects.documents.edits import (
    Accept,
    Add,
    ChangeValues,
    Delete,
    Done,
    Edit,
    NewAnnotation,
    Propose,
    Reject,
    Review,
)
from subsong.projects.documents.proposing import choose_proposals, list_replaced, replace_proposals
from subsong.projects.documents.stretches import add_stretch, take_stretch

# A page that draws up to the end of a recording may round past it by this much.
_END_TOLERANCE_S = 1e-3


class Limits(NamedTuple):
    """What is known of a recording: None where it is not."""

    duration_s: float | None = None
    num_channels: int | None = None


class Applied(NamedTuple):
    """What became of an edit.

    Attributes
    ----------
    document
        After the edit; its revision, undo and redo are still those of before.
    patch, inverse
        What leads from the old document to the new one, and back.
    changed
        Annotations that are new or different, as they are now.
    removed
        Numbers of those that are gone.
    """

    document: Document
    patch: Patch
    inverse: Patch
    changed: tuple[Annotation, ...]
    removed: tuple[int, ...]


def apply_edit(document: Document, edit: Edit, author: str, limits: Limits | None = None) -> Applied:
    """Return what an edit makes of a document.

    Parameters
    ----------
    document
        Stays as it is.
    edit
        What is asked for.
    author
        Who asks; becomes the annotator of what is added, changed or accepted.
    limits
        Of the recording; None: not known.

    Raises
    ------
    SubsongError
        When an annotation is not there, or would end before it begins or past the recording: one sentence.
    """
    patch = _PLANNERS[type(edit)](document, edit, author)
    patch = _leave_out_same(document, patch)
    if not isinstance(edit, Accept | Delete | Reject):
        for one in patch.put:
            check_annotation(one, limits or Limits())
    return make_applied(document, patch)


def make_applied(document: Document, patch: Patch) -> Applied:
    """Return what a patch makes of a document, with the words for it."""
    after = apply_patch(document, patch)
    touched = dict.fromkeys((*(one.id for one in patch.put), *patch.drop))
    changed = tuple(after.annotations[number] for number in touched if number in after.annotations)
    removed = tuple(number for number in touched if number in document.annotations and number not in after.annotations)
    return Applied(after, patch, invert_patch(document, patch), changed, removed)


def check_annotation(annotation: Annotation, limits: Limits) -> None:
    """Refuse an annotation that cannot be.

    Raises
    ------
    SubsongError
        One sentence: what was found, and what was expected.
    """
    onset_s, offset_s = annotation.onset_s, annotation.offset_s
    name = f"{annotation.label!r} from {onset_s:.6g} s to {offset_s:.6g} s"
    if offset_s < onset_s:
        raise SubsongError(f"{name} ends before it begins: expected an offset at its onset or later")
    if limits.duration_s is not None and offset_s > limits.duration_s + _END_TOLERANCE_S:
        raise SubsongError(f"{name} ends past the recording, which has {limits.duration_s:.6g} s")
    if annotation.low_hz is not None and annotation.high_hz is not None and annotation.low_hz >= annotation.high_hz:
        raise SubsongError(
            f"{name} has a band from {annotation.low_hz:g} to {annotation.high_hz:g} Hz: expected the lower end first"
        )
    num_channels = limits.num_channels
    if num_channels is not None and annotation.channel is not None and annotation.channel >= num_channels:
        raise SubsongError(f"{name} is of channel {annotation.channel}, and the recording has {num_channels} (from 0)")


def _leave_out_same(document: Document, patch: Patch) -> Patch:
    """Return a patch without what it leaves as it is."""
    return patch._replace(
        put=tuple(one for one in patch.put if document.annotations.get(one.id) != one),
        reviewed=None if patch.reviewed == document.reviewed else patch.reviewed,
        is_done=None if patch.is_done == document.is_done else patch.is_done,
    )


def _find(document: Document, ids: Iterable[int]) -> list[Annotation]:
    numbers = list(dict.fromkeys(ids))
    missing = [number for number in numbers if number not in document.annotations]
    if missing:
        raise SubsongError(
            f"{document.recording} has no annotation {missing[0]}: it was deleted meanwhile; load the recording again"
        )
    return [document.annotations[number] for number in numbers]


def _number(
    document: Document, rows: Iterable[NewAnnotation], state: Any, annotator: str | None
) -> tuple[Annotation, ...]:
    """Return new annotations with the next free numbers."""
    return tuple(
        Annotation(
            id=document.next_id + place,
            channel=row.channel,
            onset_s=row.onset_s,
            offset_s=row.offset_s,
            low_hz=row.low_hz,
            high_hz=row.high_hz,
            label=row.label,
            score=getattr(row, "score", None),
            annotator=annotator,
            state=state,
        )
        for place, row in enumerate(rows)
    )


def _plan_add(document: Document, edit: Add, author: str) -> Patch:
    return Patch(put=_number(document, edit.annotations, "accepted", author))


def _plan_change(document: Document, edit: ChangeValues, author: str) -> Patch:
    put: dict[int, Annotation] = {}
    for number, values in edit.list_changes():
        (before,) = _find(document, [number])
        before = put.get(number, before)
        if any(getattr(before, name) != value for name, value in values.items()):
            put[number] = before._replace(**values, annotator=author, state="accepted")
    return Patch(put=tuple(put.values()))


def _plan_delete(document: Document, edit: Delete, author: str) -> Patch:
    found = _find(document, edit.ids)
    # A proposal that somebody deletes is not to come back either.
    rejected = tuple(one._replace(state="rejected") for one in found if one.state == "proposed")
    return Patch(put=rejected, drop=tuple(one.id for one in found if one.state == "accepted"))


def _plan_accept(document: Document, edit: Accept, author: str) -> Patch:
    found = _find(document, edit.ids)
    return Patch(
        put=tuple(one._replace(state="accepted", annotator=author) for one in found if one.state == "proposed")
    )


def _plan_reject(document: Document, edit: Reject, author: str) -> Patch:
    found = _find(document, edit.ids)
    for one in found:
        if one.state != "proposed":
            raise SubsongError(
                f"{one.label!r} at {one.onset_s:.6g} s is an annotation, no proposal: delete it to be rid of it"
            )
    return Patch(put=tuple(one._replace(state="rejected") for one in found))


def _plan_review(document: Document, edit: Review, author: str) -> Patch:
    change: Callable[[Stretches, float, float], Stretches] = add_stretch if edit.value else take_stretch
    return Patch(reviewed=change(document.reviewed, edit.start_s, edit.stop_s))


def _plan_done(document: Document, edit: Done, author: str) -> Patch:
    return Patch(is_done=edit.value)


def _plan_propose(document: Document, edit: Propose, author: str) -> Patch:
    found = _number(document, edit.annotations, "proposed", edit.source)
    kept = choose_proposals(document, found, is_asked=edit.is_asked)
    return replace_proposals(document, kept, list_replaced(document, edit))


_PLANNERS: Mapping[type[Edit], Callable[[Document, Any, str], Patch]] = {
    Add: _plan_add,
    ChangeValues: _plan_change,
    Delete: _plan_delete,
    Accept: _plan_accept,
    Reject: _plan_reject,
    Review: _plan_review,
    Done: _plan_done,
    Propose: _plan_propose,
}
