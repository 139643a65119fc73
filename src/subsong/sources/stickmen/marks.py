"""What a stickman is made of in each style: polygons, lines and discs in the order of painting."""

from __future__ import annotations

from typing import Literal, NamedTuple

from subsong.sources.keypoints.types import Side, Skeleton
from subsong.sources.stickmen.people import PEOPLE

StickmanStyle = Literal["port", "original"]

Colour = tuple[int | None, int | None, int | None]
_PORT_COLOURS: dict[Side, Colour] = {"right": (255, 0, 0), "centre": (0, 255, 0), "left": (0, 0, 255)}
_ORIGINAL_COLOURS: dict[Side, Colour] = {
    "right": (255, None, None),
    "centre": (127, 127, None),
    "left": (None, 255, None),
}
_ORIGINAL_BODY: Colour = (None, None, 255)
_SIDE_ORDER: tuple[Side, ...] = ("right", "centre", "left")


class Mark(NamedTuple):
    """Something painted.

    Attributes
    ----------
    points
        Each is the mean of the joints with these numbers. One point is a disc, two are a line, more are a polygon.
    colour
        What is painted in each channel, 0 to 255; None leaves the channel as it is.
    """

    points: tuple[tuple[int, ...], ...]
    colour: Colour


class Pen(NamedTuple):
    """Sizes in pixels."""

    line_width: float
    disc_radius: float


def list_marks(skeleton: Skeleton, style: StickmanStyle) -> list[Mark]:
    """Return what to paint, first to last."""
    return _list_port_marks(skeleton) if style == "port" else _list_original_marks(skeleton)


def choose_pen(size_HW: tuple[int, int], style: StickmanStyle) -> Pen:
    """Return how thick to draw: in proportion to the shorter side of the picture, lines at least 1 pixel wide.

    ``port``: lines of 4 and discs of radius 3 in 256 pixels, as in the reference. ``original``: lines of 3 in 128
    pixels, rounded down to whole pixels as in the reference.
    """
    side = min(size_HW)
    if style == "original":
        return Pen(max(1, 3 * side // 128), 0.0)
    line_width = max(1.0, 4 * side / 256)
    return Pen(line_width, line_width * 3 / 4)


def _list_port_marks(skeleton: Skeleton) -> list[Mark]:
    sides = _find_port_sides(skeleton)
    marks = [Mark(_each(skeleton.body), _PORT_COLOURS["centre"])] if skeleton.body else []
    lines = [(_find_line_side(sides[start], sides[end]), _each((start, end))) for start, end in skeleton.edges]
    lines += [("centre", points) for points in _find_neck(skeleton)]
    joints = sorted({joint for edge in skeleton.edges for joint in edge})
    discs = [(sides[joint], _each((joint,))) for joint in joints]
    for shapes in (lines, discs):
        marks += [Mark(points, _PORT_COLOURS[side]) for side in _SIDE_ORDER for own, points in shapes if own == side]
    return marks


def _list_original_marks(skeleton: Skeleton) -> list[Mark]:
    marks = [Mark(_each(skeleton.body), _ORIGINAL_BODY)] if skeleton.body else []
    sides, face = skeleton.sides, _find_face(skeleton)
    body_edges = [edge for edge in skeleton.edges if edge not in face]
    lines = [(_find_line_side(sides[start], sides[end]), _each((start, end))) for start, end in body_edges]
    lines += [("centre", points) for points in _find_neck(skeleton)]
    lines += [(_find_line_side(sides[start], sides[end]), _each((start, end))) for start, end in face]
    return marks + [Mark(points, _ORIGINAL_COLOURS[side]) for side, points in lines]


def _find_port_sides(skeleton: Skeleton) -> tuple[Side, ...]:
    """Return the side in whose colour each joint is drawn: the head of people is of no side."""
    people = PEOPLE.get(skeleton.layout)
    head = people.head if people else ()
    return tuple("centre" if joint in head else side for joint, side in enumerate(skeleton.sides))


def _find_face(skeleton: Skeleton) -> list[tuple[int, int]]:
    """Return the lines of a person's face, which are painted over that of the neck."""
    people = PEOPLE.get(skeleton.layout)
    return [edge for edge in skeleton.edges if people and set(edge) <= set(people.head)]


def _find_neck(skeleton: Skeleton) -> list[tuple[tuple[int, ...], ...]]:
    """Return the line from the middle of the shoulders to the nose, where people have no neck among their joints."""
    people = PEOPLE.get(skeleton.layout)
    if people is None or people.has_neck:
        return []
    return [((people.right.shoulder, people.left.shoulder), (people.nose,))]


def _find_line_side(start: Side, end: Side) -> Side:
    """Return the side of a line: that of its ends, where they do not contradict each other."""
    sides = {start, end} - {"centre"}
    return sides.pop() if len(sides) == 1 else "centre"


def _each(joints: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple((joint,) for joint in joints)
