"""What a network tells of song: a label, and whether it lasts."""

from __future__ import annotations

from typing import Literal, NamedTuple

SongKind = Literal["segment", "event"]


class SongClass(NamedTuple):
    """A class of sounds.

    Attributes
    ----------
    name
        The label.
    kind
        ``"segment"`` (onset before offset) or ``"event"`` (a point).
    """

    name: str
    kind: SongKind
