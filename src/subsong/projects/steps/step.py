"""What a step is: what it depends on, and what it makes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from subsong.projects.steps.side_by_side import SideBySide

Tell = Callable[[str, int, int], None]
"""Told what is done, how much of it is done and how much there is."""

Outputs = Mapping[str, Sequence[Path]]
"""The files a step made, by the part of its output they are: a step may depend on one part only."""

ALL = "all"
"""The name of the part where a step's output has no parts."""


class Work(NamedTuple):
    """Where a step works.

    Attributes
    ----------
    folder
        Its own, which takes the place of the last one when the step is done. After an interruption it holds what was
        there, as long as nothing that the step depends on has changed.
    last
        What the last time left, made from other inputs; it may not be there.
    made
        The steps whose output is there: all it needs, unless it is lenient.
    tell
        To be told how far it is.
    beside
        Where steps of other birds are done at the same time: makes the processes that compute; None: computed here.
    """

    folder: Path
    last: Path
    made: Collection[str]
    tell: Tell
    beside: SideBySide | None = None


class Step(NamedTuple):
    """Something to be made, and what it depends on.

    Attributes
    ----------
    name
        ``"map"``, or with the bird it is of ``"segmenter/bird1"``: the folder of its output, too.
    title
        What it does, for people.
    version
        Counted up when the same inputs give something else than before.
    settings
        Plain values.
    files
        What it depends on besides: what that is called -> hash of it.
    needs
        Names of steps whose outputs it depends on, each with the part: ``{"segments/bird1": "times"}``.
    make
        Makes it.
    is_lenient
        Whether it does with what there is where some of its inputs of single birds could not be made.
    is_apart
        Whether it may be done at the same time as its neighbours of the same kind, other birds': `make` uses
        ``work.beside`` then, and is called in a thread.
    """

    name: str
    title: str
    version: int
    settings: Mapping[str, Any]
    files: Mapping[str, str]
    needs: Mapping[str, str]
    make: Callable[[Work], Outputs]
    is_lenient: bool = False
    is_apart: bool = False

    @property
    def kind(self) -> str:
        """The name without the bird."""
        return self.name.partition("/")[0]
