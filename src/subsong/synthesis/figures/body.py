"""What a body is to the renderer: points that move, parts between them, and what each part wears.

Legend: J = points of a body, its joints first; M = parts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from subsong.sources.keypoints.types import Skeleton
from subsong.synthesis.figures.wardrobe import Wear


class Part(NamedTuple):
    """A piece of a body that is painted.

    Attributes
    ----------
    name
        Of the part; `Pose.depth` is in the order of parts.
    points
        Numbers of points: two are the axis of a limb, four a trunk whose axis goes from the middle of the first two to
        that of the last two.
    radius
        Around the first and the last point, in units of the body; for a trunk, by how much its corners are rounded.
    garment
        Which colours and pattern it has.
    repeats
        How many stripes or rows of dots lie along its axis, and how many from the axis to its side.
    follows_build
        Whether it is thicker where the figure is thicker.
    """

    name: str
    points: tuple[int, ...]
    radius: tuple[float, float]
    garment: str
    repeats: tuple[float, float] = (4.0, 1.25)
    follows_build: bool = True


class Pose(NamedTuple):
    """Where the points of a body are.

    Attributes
    ----------
    points_J2
        x (to the right) and y (downwards) in units of the body, which is about one unit tall.
    depth_M
        Order of painting: parts of less depth are further back.
    """

    points_J2: np.ndarray
    depth_M: np.ndarray


class Body(NamedTuple):
    """A kind of body.

    Attributes
    ----------
    skeleton
        Its K joints are the first K points.
    parts
        In the order of `Pose.depth_M`.
    unit_share
        Length of one unit of the body as a share of the shorter side of the picture.
    draw_pose
        Draws a pose within natural limits; the number is the share of these limits that is used.
    dress
        Draws what is worn, by `Part.garment`.
    """

    skeleton: Skeleton
    parts: tuple[Part, ...]
    unit_share: float
    draw_pose: Callable[[np.random.Generator, float], Pose]
    dress: Callable[[np.random.Generator], dict[str, Wear]]


class AngleDraw:
    """Draws numbers within limits, or near their middle.

    Parameters
    ----------
    rng
        Draws them.
    spread
        Share of each range that is used, around its middle; 0 always gives the middle.
    """

    def __init__(self, rng: np.random.Generator, spread: float) -> None:
        self._rng, self._spread = rng, spread

    def draw(self, low: float, high: float) -> float:
        """Return a number between `low` and `high`."""
        return (low + high) / 2 + self._spread * (self._rng.random() - 0.5) * (high - low)

    def draw_degrees(self, low: float, high: float) -> float:
        """Return an angle between `low` and `high` degrees, in radians."""
        return float(np.radians(self.draw(low, high)))


def step(length: float, angle: float) -> np.ndarray:
    """Return the way of a limb: `angle` 0 is straight down, a quarter turn is to the right."""
    return length * np.array([np.sin(angle), np.cos(angle)])
