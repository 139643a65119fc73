"""A document: the annotations of one recording as they are now, and patches that lead from one to the next.

Every change of a document is a `Patch`, and every patch has an inverse: that is all that undo, redo and the journal
need to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from subsong.projects.documents.annotation import Annotation

Stretches = tuple[tuple[float, float], ...]
_NONE: Mapping[int, Annotation] = MappingProxyType({})


class Document(NamedTuple):
    """The annotations of one recording.

    Attributes
    ----------
    recording
        Its name.
    annotations
        Number -> annotation, accepted and proposed ones.
    reviewed
        Stretches that a person has looked at completely, in seconds, apart from each other and in order.
    is_done
        Whether the whole recording was looked at.
    revision
        Changes with every change; what a client must name to make the next.
    can_undo, can_redo
        Whether there is something to take back, or to do again.
    rejected
        Number -> proposal that was rejected, and is not to come back.
    next_id
        The number of the next new annotation.
    problem
        Why a file that belongs to the recording could not be taken in; None: nothing is wrong.
    """

    recording: str
    annotations: Mapping[int, Annotation] = _NONE
    reviewed: Stretches = ()
    is_done: bool = False
    revision: int = 0
    can_undo: bool = False
    can_redo: bool = False
    rejected: Mapping[int, Annotation] = _NONE
    next_id: int = 1
    problem: str | None = None

    def list_accepted(self) -> list[Annotation]:
        """Return the accepted annotations, by number."""
        return [one for one in self.annotations.values() if one.state == "accepted"]

    def list_proposed(self) -> list[Annotation]:
        """Return the proposals, by number."""
        return [one for one in self.annotations.values() if one.state == "proposed"]


class Patch(NamedTuple):
    """The difference between two documents.

    Attributes
    ----------
    put
        Annotations as they are after it.
    drop
        Numbers of those that are gone after it.
    reviewed, is_done
        As they are after it; None: as before.
    """

    put: tuple[Annotation, ...] = ()
    drop: tuple[int, ...] = ()
    reviewed: Stretches | None = None
    is_done: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return self == Patch()


def apply_patch(document: Document, patch: Patch) -> Document:
    """Return the document after a patch; revision, undo and redo are left to whoever keeps the history."""
    annotations, rejected = dict(document.annotations), dict(document.rejected)
    patch_in_place(annotations, rejected, patch)
    return document._replace(
        annotations=annotations,
        rejected=rejected,
        reviewed=document.reviewed if patch.reviewed is None else patch.reviewed,
        is_done=document.is_done if patch.is_done is None else patch.is_done,
        next_id=find_next_id(document.next_id, patch),
    )


def patch_in_place(annotations: dict[int, Annotation], rejected: dict[int, Annotation], patch: Patch) -> None:
    """Change the annotations of a document that nobody else holds."""
    for number in patch.drop:
        annotations.pop(number, None)
        rejected.pop(number, None)
    for one in patch.put:
        here, there = (rejected, annotations) if one.state == "rejected" else (annotations, rejected)
        there.pop(one.id, None)
        here[one.id] = one


def find_next_id(next_id: int, patch: Patch) -> int:
    """Return the number that is free after a patch; one that was ever given is not given again."""
    return max([next_id, *(one.id + 1 for one in patch.put)])


def invert_patch(document: Document, patch: Patch) -> Patch:
    """Return the patch that leads back to `document` from what `patch` makes of it."""
    before = {**document.rejected, **document.annotations}
    touched = dict.fromkeys((*patch.drop, *(one.id for one in patch.put)))
    return Patch(
        put=tuple(before[number] for number in touched if number in before),
        drop=tuple(number for number in touched if number not in before),
        reviewed=None if patch.reviewed is None else document.reviewed,
        is_done=None if patch.is_done is None else document.is_done,
    )


def encode_patch(patch: Patch) -> dict[str, Any]:
    """Return a patch as JSON has it: annotations as lists, and only what it changes."""
    lists = {name: value for name, value in (("put", patch.put), ("drop", patch.drop)) if value}
    # No stretch at all is something else than stretches as before.
    marks = {"reviewed": patch.reviewed, "is_done": patch.is_done}
    return {**lists, **{name: value for name, value in marks.items() if value is not None}}


def decode_patch(values: Mapping[str, Any]) -> Patch:
    """Return the patch that `encode_patch` wrote."""
    reviewed = values.get("reviewed")
    return Patch(
        tuple(Annotation(*one) for one in values.get("put", ())),
        tuple(values.get("drop", ())),
        None if reviewed is None else tuple((start, stop) for start, stop in reviewed),
        values.get("is_done"),
    )
