"""Who a figure is: what it wears, how thick it is, and what is behind it.

Legend: M = parts of the body.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.synthesis.figures.body import Body
from subsong.synthesis.figures.wardrobe import Colour, Wear, draw_ground

_THICKNESS = (0.85, 1.25)


class Appearance(NamedTuple):
    """How a figure looks in every pose.

    Attributes
    ----------
    wear_M
        Of each part, in the order of the body.
    thickness
        Factor on the radii of parts that follow the build.
    background
        Colours of the uppermost and the lowest row, between which it changes gradually.
    """

    wear_M: tuple[Wear, ...]
    thickness: float
    background: tuple[Colour, Colour]


def draw_appearance(body: Body, rng: np.random.Generator, has_patterns: bool) -> Appearance:
    """Draw what a figure wears; both sides of the body wear the same."""
    is_light = bool(rng.random() < 0.5)
    wardrobe = body.dress(rng)
    if not has_patterns:
        wardrobe = {garment: wear._replace(pattern="plain") for garment, wear in wardrobe.items()}
    thickness = float(rng.uniform(*_THICKNESS))
    background = (draw_ground(rng, is_light), draw_ground(rng, is_light))
    return Appearance(tuple(wardrobe[part.garment] for part in body.parts), thickness, background)
