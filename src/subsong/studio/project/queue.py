"""What to correct next: what was sent from a map, then what a model is least sure of where nobody has finished."""

from __future__ import annotations

import csv
import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.studio.context import StudioContext
from subsong.studio.maps.sent import SENT_NAME, read_sent
from subsong.studio.project.catalogue import Entry

if TYPE_CHECKING:
    from subsong.projects.documents.annotation import Annotation
    from subsong.projects.documents.document import Document

SUGGESTIONS_NAME = "suggestions.csv"
_STRETCH_S = 5.0
_MARGIN_S = 0.25


class QueueItem(NamedTuple):
    """A stretch to look at.

    Attributes
    ----------
    recording, channel
        Where; channel None: all of them.
    start_s, stop_s
        From the start of the recording.
    score
        The greater, the more worth it.
    reason
        Why, for people.
    num_proposals
        Proposals inside.
    is_sent
        Whether a person sent it from a map; such a stretch leaves the queue when it is opened.
    """

    recording: str
    channel: int | None
    start_s: float
    stop_s: float
    score: float
    reason: str
    num_proposals: int
    is_sent: bool = False


def build_queue(context: StudioContext, entries: Sequence[Entry], limit: int) -> list[QueueItem]:
    """Return what to look at next, the most worth first.

    Parameters
    ----------
    context
        The project. What was sent from its maps comes first; then its ``suggestions.csv``, and where there is none the
        least sure proposals.
    entries
        Its recordings.
    limit
        Stretches at most.
    """
    sent = list_sent(context, {one.name for one in entries if one.state not in ("missing", "unreadable")})
    return [*sent, *_find_rest(context, entries, limit)][:limit]


def list_sent(context: StudioContext, names: Collection[str]) -> list[QueueItem]:
    """Return what was sent from maps and lies in recordings of these names, in the order it was sent."""
    rows = read_sent(context.project.studio_dir / SENT_NAME).iter_rows(named=True)
    return [
        QueueItem(
            row["recording"],
            row["channel"],
            max(row["onset_s"] - _MARGIN_S, 0.0),
            row["offset_s"] + _MARGIN_S,
            1.0,
            "sent from the map",
            0,
            True,
        )
        for row in rows
        if row["recording"] in names
    ]


def _find_rest(context: StudioContext, entries: Sequence[Entry], limit: int) -> list[QueueItem]:
    open_entries = [one for one in entries if one.state in ("untouched", "proposed", "started")]
    path = context.project.path / SUGGESTIONS_NAME
    items = _read_open_suggestions(context, path, {one.name for one in open_entries}) if path.is_file() else iter(())
    found = [item for item, _ in zip(items, range(limit), strict=False)]
    return found or _find_unsure(context, open_entries, limit)


def read_suggestions(path: Path) -> list[QueueItem]:
    """Read the table that ``subsong suggest`` writes, the best first.

    Raises
    ------
    SubsongError
        When a column is missing or a cell is no number; names file and line.
    """
    with open(path, encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        return [_read_row(path, rows.line_num, row) for row in rows]


def group_proposals(recording: str, proposals: Iterable[Annotation]) -> list[QueueItem]:
    """Return stretches of about five seconds around the least sure proposals of one recording, the best first.

    Each proposal is in one stretch: the least sure one takes its neighbours of the same channel with it.
    """
    waiting = sorted(proposals, key=_get_score)
    items = []
    while waiting:
        centre = waiting[0]
        middle = (centre.onset_s + centre.offset_s) / 2
        start, stop = middle - _STRETCH_S / 2, middle + _STRETCH_S / 2
        own = [one for one in waiting if one is centre or _lies_in(one, centre.channel, start, stop)]
        items.append(_describe(recording, own))
        waiting = [one for one in waiting if one not in own]
    return items


def _read_open_suggestions(context: StudioContext, path: Path, names: set[str]) -> Iterator[QueueItem]:
    """Yield what was suggested and nobody has looked at since."""
    for item in read_suggestions(path):
        if item.recording in names:
            document = _load(context, item.recording)
            if document is not None and not _is_reviewed(document, item.start_s, item.stop_s):
                yield item


def _find_unsure(context: StudioContext, entries: Sequence[Entry], limit: int) -> list[QueueItem]:
    proposed = [one for one in entries if one.num_proposed]
    # A recording's best stretch has its least score: the best so many of all lie in the first so many recordings.
    first = heapq.nsmallest(limit, proposed, key=lambda one: 0.0 if one.least_score is None else one.least_score)
    items: list[QueueItem] = []
    for entry in first:
        document = _load(context, entry.name)
        if document is not None:
            seen = document.reviewed
            proposals = [one for one in document.list_proposed() if not _is_inside(one, seen)]
            items += group_proposals(entry.name, proposals)
    return heapq.nlargest(limit, items, key=lambda item: item.score)


def _load(context: StudioContext, name: str) -> Document | None:
    try:
        return context.documents.load(name)
    except SubsongError:  # told in the list of recordings
        return None


def _get_score(annotation: Annotation) -> float:
    return 0.0 if annotation.score is None else annotation.score


def _lies_in(one: Annotation, channel: int | None, start: float, stop: float) -> bool:
    return one.channel == channel and one.onset_s >= start and one.offset_s <= stop


def _is_inside(one: Annotation, stretches: Iterable[tuple[float, float]]) -> bool:
    return any(start <= one.onset_s and one.offset_s <= stop for start, stop in stretches)


def _is_reviewed(document: Document, start_s: float, stop_s: float) -> bool:
    """Tell whether a person has looked at most of a stretch."""
    seen_s = sum(max(min(stop, stop_s) - max(start, start_s), 0.0) for start, stop in document.reviewed)
    return document.is_done or 2 * seen_s > stop_s - start_s


def _describe(recording: str, proposals: Sequence[Annotation]) -> QueueItem:
    least = proposals[0]
    label = least.label or "a sound without a label"
    reason = f"{label}: nobody has looked at it"
    if least.score is not None:
        reason = f"{label}: {int(100 * least.score + 0.5)} % sure"
    if len(proposals) > 1:
        reason += f", {count_noun(len(proposals), 'proposal')}"
    start = max(min(one.onset_s for one in proposals) - _MARGIN_S, 0.0)
    stop = max(one.offset_s for one in proposals) + _MARGIN_S
    score = 1.0 - _get_score(least)
    return QueueItem(recording, least.channel, start, stop, round(score, 4), reason, len(proposals))


def _read_row(path: Path, line: int, row: dict[str, str]) -> QueueItem:
    try:
        return QueueItem(
            row["recording"],
            int(row["channel"]) if row.get("channel") else None,
            float(row["start_s"]),
            float(row["stop_s"]),
            float(row.get("score") or 0.0),
            row.get("reason") or "",
            int(row.get("num_proposals") or 0),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise SubsongError(
            f"{path} line {line}: expected recording, channel, start_s and stop_s as 'subsong suggest' writes them; "
            "remove the file, and the least sure proposals are shown"
        ) from error
