"""The record of one annotation in a document: who sang what, when, and whether a person has said so."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

State = Literal["accepted", "proposed", "rejected"]


class Annotation(NamedTuple):
    """One annotation of a recording.

    Attributes
    ----------
    id
        Its number in the document, from 1; never given twice.
    channel
        From 0; None: of all channels, or not said.
    onset_s, offset_s
        From the start of the recording; equal for an event.
    low_hz, high_hz
        Band of frequencies; None: not said.
    label
        Empty where a file that was read gave none.
    score
        Of the model that proposed it, from 0 to 1; None: not said.
    annotator
        Who said so last; None: not said.
    state
        ``"accepted"``, or ``"proposed"`` by a model. Documents keep the ``"rejected"`` out of sight.
    """

    id: int
    channel: int | None
    onset_s: float
    offset_s: float
    low_hz: float | None
    high_hz: float | None
    label: str
    score: float | None
    annotator: str | None
    state: State = "accepted"

    @property
    def is_event(self) -> bool:
        """Whether it is a point in time."""
        return self.offset_s == self.onset_s


Content = tuple[int | None, float, float, float | None, float | None, str, float | None, str | None]


def get_content(annotation: Annotation) -> Content:
    """Return all that an annotation says, without its number and state."""
    return (*annotation[1:6], annotation.label, annotation.score, annotation.annotator)


def sort_by_time(annotations: Any) -> list[Annotation]:
    """Return annotations by onset, then offset, then number."""
    return sorted(annotations, key=lambda one: (one.onset_s, one.offset_s, one.id))
