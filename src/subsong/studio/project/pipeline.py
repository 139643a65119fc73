"""How far the pipeline is: what ``subsong run`` leaves word of, whoever started it, and whether it still runs."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import read_json

PROGRESS_NAME = "progress.json"
"""In the project's folder of steps."""

StepState = Literal["waiting", "running", "kept", "done", "failed", "left out", "stopped"]


class ShownStep(NamedTuple):
    """A step of the pipeline.

    Attributes
    ----------
    name
        ``"map"``, or with the bird it is of ``"segmenter/bird1"``.
    title
        What it does, for people; "" before it was its turn.
    state
        waiting, running, kept (nothing it depends on has changed), done, failed, left out (what it needs has failed),
        or stopped.
    started_at
        Seconds since 1970; None before it was its turn, and where it was kept.
    seconds
        How long it took; None before its end.
    reasons
        Why it is done, failed, or was left out.
    what, num_done, num_total
        The part of it that is done now, and how far that is; None where it is not counted.
    left_s
        Seconds that part will still take; None where that is not known.
    """

    name: str
    title: str = ""
    state: StepState = "waiting"
    started_at: float | None = None
    seconds: float | None = None
    reasons: tuple[str, ...] = ()
    what: str | None = None
    num_done: int | None = None
    num_total: int | None = None
    left_s: float | None = None


def read_steps(folder: Path, since: float = 0.0) -> list[ShownStep]:
    """Return the steps of the run that is, or was the last; none where none was told.

    Parameters
    ----------
    folder
        The project's folder of steps.
    since
        What was written before is of an earlier run, and passed over; seconds since 1970.
    """
    path = folder / PROGRESS_NAME
    try:
        if path.stat().st_mtime < since:
            return []
        return [ShownStep(**step) for step in read_json(path)["steps"]]
    except (SubsongError, OSError, TypeError, KeyError):  # not yet written, or by another version
        return []
