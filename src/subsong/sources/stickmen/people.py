"""Which joint is which in the two layouts of people."""

from __future__ import annotations

from typing import NamedTuple


class Arm(NamedTuple):
    """Numbers of the joints of an arm, and of the hip and knee of the same side."""

    shoulder: int
    elbow: int
    wrist: int
    hip: int
    knee: int


class People(NamedTuple):
    """Numbers of the joints of a layout that drawing and cropping know by name."""

    left: Arm
    right: Arm
    nose: int
    head: tuple[int, ...]
    """All joints of the head; a line or disc there is of no side in the style ``port``."""
    has_neck: bool
    """Whether the neck is a joint. Where not, it is taken to be in the middle of the shoulders."""


PEOPLE = {
    "people15": People(Arm(10, 11, 12, 9, 8), Arm(3, 4, 5, 2, 1), 14, (6, 13, 14), has_neck=False),
    "openpose18": People(Arm(5, 6, 7, 11, 12), Arm(2, 3, 4, 8, 9), 0, (0, 14, 15, 16, 17), has_neck=True),
}
"""By `Skeleton.layout`."""
