"""Which recordings of the project are meant: all, those that are open, of some birds, in a folder, or single ones.

Only recordings of the project can be chosen. A folder is compared by its name alone: whether there is one elsewhere on
this machine is not told.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.projects.recordings import Recording
from subsong.studio.context import StudioContext
from subsong.studio.work.forms import Problem


class RecordingChoice(ConfigBase):
    """Which recordings are meant."""

    which: Literal["all", "open", "folder", "chosen"] = Field(
        "open", description="All recordings, those that are not done, those in a folder, or single ones."
    )
    birds: tuple[str, ...] = Field((), description="Only of these birds; empty: of all. Not of single ones.")
    folder: str = Field("", description="A folder of the project's recordings: from there on, or its whole path.")
    recordings: tuple[str, ...] = Field((), description="Names of single ones.")


class Chosen(NamedTuple):
    """What was chosen.

    Attributes
    ----------
    recordings
        In the order of the project; none where something is wrong.
    problems
        What is wrong.
    elsewhere
        The folder that was named, where it is none of the project's; else None.
    """

    recordings: list[Recording]
    problems: list[Problem]
    elsewhere: Path | None = None


def choose_recordings(context: StudioContext, choice: RecordingChoice) -> Chosen:
    """Return the recordings that are meant, or what is wrong with what was named."""
    known = list(context.recordings().values())
    if choice.which == "chosen":
        return _choose_single(known, choice.recordings)
    known = [one for one in known if not choice.birds or one.bird in choice.birds]
    if choice.which == "folder":
        return _choose_folder(context, known, choice.folder)
    if choice.which == "open":
        known = [one for one in known if not context.documents.load(one.name).is_done]
    problem = Problem("recordings", "no recording is left to annotate: all of those chosen are done")
    return Chosen(known, [] if known else [problem])


def _choose_single(known: list[Recording], names: tuple[str, ...]) -> Chosen:
    wanted = set(names)
    found = [one for one in known if one.name in wanted]
    gone = sorted(wanted - {one.name for one in found})
    if gone:
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        return Chosen([], [Problem("recordings", f"the project has no recording {gone[0]!r}{more}: choose again")])
    return Chosen(found, [] if found else [Problem("recordings", "choose at least one recording")])


def _choose_folder(context: StudioContext, known: list[Recording], folder: str) -> Chosen:
    if not folder.strip():
        return Chosen([], [Problem("folder", "name a folder of the project's recordings, such as its first part")])
    root = context.project.recordings_dir
    path = Path(os.path.normpath(root / Path(folder.strip()).expanduser()))
    base = next((one for one in (root, root.resolve()) if path.is_relative_to(one)), None)
    if base is None:
        message = (
            f"{folder} lies outside of the project: the studio reaches only recordings in {root}; "
            "annotate others with the command below, or open a project of their own"
        )
        return Chosen([], [Problem("folder", message)], path)
    parts = path.relative_to(base).parts
    found = [one for one in known if tuple(one.name.split("/"))[: len(parts)] == parts]
    problem = Problem("folder", f"no recording of the project lies in {folder}: expected a folder of {root}")
    return Chosen(found, [] if found else [problem])
