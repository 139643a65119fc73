"""What the annotations say now of the sounds of a map that was drawn before: other labels, or that there are none.

A sound is known by its place: times within a millisecond. One whose ends were moved meanwhile is still the annotation
it shares most of its time with.

Legend: N = items of the map.
"""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from subsong.studio.annotations.bulk import find_annotations_at
from subsong.studio.annotations.queries import Interval

if TYPE_CHECKING:
    from subsong.projects.documents import Annotation, Document

_LEAST_SHARED = 0.5


class Present(NamedTuple):
    """The labels of a map's items as they are now.

    Attributes
    ----------
    labels
        One an item, None where there is none.
    removed
        Numbers of the items that are no annotation any more.
    num_relabelled
        Items of another label than the map was drawn with.
    """

    labels: list[str | None]
    removed: list[int]
    num_relabelled: int


def compute_present(items: pl.DataFrame, documents: Mapping[str, Document]) -> Present:
    """Lay what people corrected over the labels of a map.

    Parameters
    ----------
    items
        The map's, with the columns recording, channel, onset_s, offset_s and label.
    documents
        Of the recordings that were corrected; items of others keep their labels.
    """
    labels: list[str | None] = items["label"].cast(pl.String).to_list()
    removed, num_relabelled = list[int](), 0
    touched = items.with_row_index("item").filter(pl.col("recording").is_in(list(documents)))
    for (recording,), part in touched.group_by(["recording"], maintain_order=True):
        places = [Interval(**row) for row in part.select(*Interval.model_fields).iter_rows(named=True)]
        found = _find_annotations(documents[str(recording)], places)
        for item, one in zip(part["item"].to_list(), found, strict=True):
            if one is None:
                removed.append(item)
            elif one.label != (labels[item] or ""):
                labels[item] = one.label
                num_relabelled += 1
    return Present(labels, sorted(removed), num_relabelled)


def _find_annotations(document: Document, places: Sequence[Interval]) -> list[Annotation | None]:
    """Return the annotation at each place, or the one that shares most of its time, None where there is neither."""
    known = sorted(document.annotations.values(), key=lambda one: one.onset_s)
    onsets = [one.onset_s for one in known]
    longest_s = max((one.offset_s - one.onset_s for one in known), default=0.0)
    found: list[Annotation | None] = []
    for number, place in zip(find_annotations_at(document, places), places, strict=True):
        # Only those that begin here, or so little before that they may reach here.
        first = bisect.bisect_left(onsets, place.onset_s - longest_s)
        near = known[first : bisect.bisect_left(onsets, place.offset_s)]
        found.append(_find_overlapping(near, place) if number is None else document.annotations[number])
    return found


def _find_overlapping(near: Sequence[Annotation], place: Interval) -> Annotation | None:
    shares = [_compute_shared(one, place) for one in near]
    most = max(shares, default=0.0)
    return near[shares.index(most)] if most >= _LEAST_SHARED else None


def _compute_shared(one: Annotation, place: Interval) -> float:
    """Return the time both share as a part of the time either takes, 0 on other channels."""
    is_heard = None in (one.channel, place.channel) or one.channel == place.channel
    shared_s = min(one.offset_s, place.offset_s) - max(one.onset_s, place.onset_s)
    either_s = max(one.offset_s, place.offset_s) - min(one.onset_s, place.onset_s)
    return shared_s / either_s if is_heard and shared_s > 0 else 0.0
