"""How far a recording has come: what people and models have said of it, counted."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from subsong.studio.project.facts import FileStamp

if TYPE_CHECKING:
    from subsong.projects.documents.document import Document

State = Literal["untouched", "proposed", "started", "done", "missing", "unreadable"]


class LabelCount(NamedTuple):
    """How often a label stands in one recording: accepted, proposed, and how many of both are points in time."""

    num_accepted: int
    num_proposed: int
    num_events: int


class Progress(NamedTuple):
    """What was said of a recording so far.

    Attributes
    ----------
    state
        untouched: nothing; proposed: by models alone; started: a person has begun; done: a person has seen all of it.
    num_accepted, num_proposed
        Annotations of people, and of models.
    least_score
        Of the proposals, None without any.
    labels
        What the labels are.
    problem
        Why it cannot be told, None where it can.
    """

    state: State
    num_accepted: int
    num_proposed: int
    least_score: float | None
    labels: dict[str, LabelCount]
    problem: str | None


NO_PROGRESS = Progress("untouched", 0, 0, None, {}, None)


def count_document(document: Document) -> Progress:
    """Count the annotations of a recording."""
    accepted, proposed = document.list_accepted(), document.list_proposed()
    scores = [one.score for one in proposed if one.score is not None]
    state: State = "proposed" if proposed else "untouched"
    if accepted or document.reviewed or document.rejected:
        state = "started"
    if document.is_done:
        state = "done"
    least = min(scores, default=None)
    return Progress(state, len(accepted), len(proposed), least, _count_labels(document), document.problem)


def _count_labels(document: Document) -> dict[str, LabelCount]:
    annotations = document.annotations.values()
    accepted = Counter(one.label for one in annotations if one.state == "accepted")
    proposed = Counter(one.label for one in annotations if one.state == "proposed")
    events = Counter(one.label for one in annotations if one.is_event)
    return {label: LabelCount(accepted[label], proposed[label], events[label]) for label in sorted(accepted | proposed)}


def scan_folder(folder: Path, suffix: str) -> dict[str, FileStamp]:
    """Return the stamps of the files of a folder, at any depth, by path without the suffix; forward slashes."""
    found: dict[str, FileStamp] = {}
    waiting = [(str(folder), "")]
    while waiting:
        path, prefix = waiting.pop()
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    if entry.is_dir():
                        waiting.append((entry.path, f"{prefix}{entry.name}/"))
                    elif entry.name.endswith(suffix) and not entry.name.startswith("."):
                        status = entry.stat()
                        stamp = FileStamp(status.st_size, status.st_mtime_ns)
                        found[f"{prefix}{entry.name.removesuffix(suffix)}"] = stamp
        except OSError:  # a folder that is not there yet, or went away
            continue
    return found
