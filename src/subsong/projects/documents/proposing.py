"""Which of a model's proposals are worth showing: those that say something nobody has decided on yet.

Legend: N = proposals, M = annotations that are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from subsong.datasets.song.stretches import intersect_stretches, join_stretches
from subsong.projects.documents.annotation import Annotation, get_content
from subsong.projects.documents.document import Document, Patch
from subsong.projects.documents.edits import Propose
from subsong.projects.documents.stretches import is_inside

MAX_OVERLAP = 0.5
"""A segment of which more than this is annotated already is no news."""
EVENT_TOLERANCE_S = 0.005
"""Events nearer than this are the same."""
EDGE_TOLERANCE_S = 0.01
"""Segments of one label whose edges differ by less are the same: a model that is trained again moves them a little."""


def choose_proposals(document: Document, found: Sequence[Annotation], is_asked: bool = False) -> list[Annotation]:
    """Return the proposals that nothing in the document has answered.

    Parameters
    ----------
    document
        What was accepted, rejected and looked at.
    found
        All proposals.
    is_asked
        Whether a person asked for them in this stretch: then they are shown where everything was looked at, too.

    Returns
    -------
    Those that no accepted annotation of the channel covers by more than half, that were not rejected before, and that
    lie where nobody has looked at everything.
    """
    if document.is_done and not is_asked:
        return []
    open_ones = [one for one in found if is_asked or not is_inside(document.reviewed, one.onset_s, one.offset_s)]
    open_ones = _leave_out_rejected(document, open_ones)
    accepted = document.list_accepted()
    segments = _leave_out_covered(accepted, [one for one in open_ones if not one.is_event])
    events = _leave_out_near(accepted, [one for one in open_ones if one.is_event])
    kept = {one.id for one in (*segments, *events)}
    return [one for one in open_ones if one.id in kept]


def list_replaced(document: Document, edit: Propose) -> Iterable[int]:
    """Return the numbers of the proposals that new ones take the place of."""
    start_s = 0.0 if edit.start_s is None else edit.start_s
    stop_s = np.inf if edit.stop_s is None else edit.stop_s
    for one in document.list_proposed():
        is_there = one.onset_s >= start_s and one.offset_s <= stop_s
        if is_there and (edit.channel is None or one.channel in (None, edit.channel)):
            yield one.id


def replace_proposals(document: Document, found: Sequence[Annotation], replaced: Iterable[int]) -> Patch:
    """Return the patch that puts proposals in the place of others; one that says the same keeps its number."""
    gone = dict.fromkeys(replaced)
    known = {get_content(document.annotations[number]): number for number in gone}
    put, next_id = [], document.next_id
    for one in found:
        if get_content(one) in known:
            gone.pop(known[get_content(one)], None)
            continue
        put.append(one._replace(id=next_id))
        next_id += 1
    return Patch(put=tuple(put), drop=tuple(gone))


def _leave_out_rejected(document: Document, found: Sequence[Annotation]) -> list[Annotation]:
    rejected: dict[tuple[str, int], list[Annotation]] = {}
    for one in document.rejected.values():
        rejected.setdefault((one.label, _bin(one.onset_s)), []).append(one)
    return [one for one in found if not any(_are_same(one, other) for other in _list_near(one, rejected))]


def _bin(onset_s: float) -> int:
    return int(onset_s // EDGE_TOLERANCE_S)


def _list_near(one: Annotation, by_place: dict[tuple[str, int], list[Annotation]]) -> Iterable[Annotation]:
    for place in range(_bin(one.onset_s) - 1, _bin(one.onset_s) + 2):
        yield from by_place.get((one.label, place), ())


def _are_same(one: Annotation, other: Annotation) -> bool:
    tolerance_s = EVENT_TOLERANCE_S if one.is_event else EDGE_TOLERANCE_S
    return (
        one.is_event == other.is_event
        and _share_channel(one.channel, other.channel)
        and abs(one.onset_s - other.onset_s) < tolerance_s
        and abs(one.offset_s - other.offset_s) < tolerance_s
    )


def _share_channel(one: int | None, other: int | None) -> bool:
    return one is None or other is None or one == other


def _leave_out_covered(accepted: Sequence[Annotation], found: Sequence[Annotation]) -> list[Annotation]:
    """Return the segments of which at most half lies under accepted segments of their channel."""
    kept: list[Annotation] = []
    for channel in dict.fromkeys(one.channel for one in found):
        there = [one for one in accepted if not one.is_event and _share_channel(one.channel, channel)]
        joined_M2 = join_stretches(np.array([(one.onset_s, one.offset_s) for one in there]).reshape(-1, 2))
        for one in (one for one in found if one.channel == channel):
            common = intersect_stretches(np.array([[one.onset_s, one.offset_s]]), joined_M2)
            covered_s = float((common[:, 1] - common[:, 0]).sum())
            if covered_s <= MAX_OVERLAP * (one.offset_s - one.onset_s):
                kept.append(one)
    return kept


def _leave_out_near(accepted: Sequence[Annotation], found: Sequence[Annotation]) -> list[Annotation]:
    """Return the events that no accepted event of their channel is near to."""
    kept: list[Annotation] = []
    for channel in dict.fromkeys(one.channel for one in found):
        times_M = np.sort([one.onset_s for one in accepted if one.is_event and _share_channel(one.channel, channel)])
        for one in (one for one in found if one.channel == channel):
            place = int(np.searchsorted(times_M, one.onset_s - EVENT_TOLERANCE_S))
            if place == len(times_M) or times_M[place] > one.onset_s + EVENT_TOLERANCE_S:
                kept.append(one)
    return kept
