"""What figures wear: two colours and a pattern for each garment."""

from __future__ import annotations

import colorsys
from typing import NamedTuple

import numpy as np

from subsong.synthesis.figures.patterns import PATTERNS

Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 255."""
_SKINS = ((255, 219, 180), (241, 194, 149), (224, 172, 120), (198, 134, 84), (141, 90, 56), (92, 58, 40))
_HAIRS = ((38, 30, 28), (80, 50, 30), (140, 84, 40), (205, 160, 80), (170, 66, 36), (190, 190, 195))
_WHITE, _BLACK = (250, 250, 250), (25, 25, 30)
_BRIGHT = 0.45


class Wear(NamedTuple):
    """Two colours and how they alternate, by the name of a pattern."""

    first: Colour
    second: Colour
    pattern: str = "plain"


def dress_person(rng: np.random.Generator) -> dict[str, Wear]:
    """Draw what a person wears, by garment."""
    skin, hair = _choose(rng, _SKINS), _choose(rng, _HAIRS)
    shirt, trousers = _draw_wear(rng), _draw_wear(rng)
    bare = _plain(skin)
    has_sleeves, has_long_legs = rng.random(2) < (0.5, 0.7)
    return {
        "shirt": shirt,
        "lower arm": shirt if has_sleeves else bare,
        "trousers": trousers,
        "lower leg": trousers if has_long_legs else bare,
        "shoes": _plain(_draw_colour(rng)),
        "skin": bare,
        "hair": _plain(hair),
        "eyes": _plain(_BLACK),
        "nose": _plain((skin[0] * 0.8, skin[1] * 0.72, skin[2] * 0.7)),
    }


def dress_bird(rng: np.random.Generator) -> dict[str, Wear]:
    """Draw the plumage of a bird, by region."""
    return {
        "belly": _draw_wear(rng),
        "wing": _draw_wear(rng),
        "feathers": _draw_wear(rng),
        "head": _plain(_draw_colour(rng)),
        "legs": _plain(_choose(rng, ((245, 165, 40), (225, 90, 50), (160, 115, 95), (240, 205, 70)))),
        "eyes": _plain(_choose(rng, (_WHITE, _BLACK))),
    }


def _draw_wear(rng: np.random.Generator) -> Wear:
    """Draw a pattern and two colours that can be told apart."""
    first, pattern = _draw_colour(rng), PATTERNS[int(rng.integers(len(PATTERNS)))]
    is_bright = sum(first) / 765 > _BRIGHT
    tone = _mix(first, _BLACK, 0.55) if is_bright else _mix(first, _WHITE, 0.5)
    second = _choose(rng, (_BLACK if is_bright else _WHITE, tone, _draw_colour(rng)))
    return Wear(first, second, pattern)


def _draw_colour(rng: np.random.Generator) -> Colour:
    return _from_hsv(rng.random(), rng.uniform(0.45, 1.0), rng.uniform(0.45, 1.0))


def draw_ground(rng: np.random.Generator, is_light: bool) -> Colour:
    """Draw a colour for a background, of little saturation, so that figures stand out."""
    low, high = (0.78, 0.97) if is_light else (0.12, 0.32)
    return _from_hsv(rng.random(), rng.uniform(0.03, 0.22), rng.uniform(low, high))


def _from_hsv(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue, saturation, value)
    return 255 * red, 255 * green, 255 * blue


def _mix(first: Colour, second: Colour, share: float) -> Colour:
    red, green, blue = (one + share * (other - one) for one, other in zip(first, second, strict=True))
    return red, green, blue


def _choose(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[int(rng.integers(len(colours)))]


def _plain(colour: Colour) -> Wear:
    return Wear(colour, colour)
