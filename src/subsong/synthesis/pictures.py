"""Made-up pictures of soft ellipses whose generative factors are known."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.core.seeds import numpy_generator

FACTOR_NAMES = ("x", "y", "angle", "size")


class MadePictures(NamedTuple):
    """Pictures and what they were made from.

    Attributes
    ----------
    images
        uint8, shape (N, 1, size, size); a bright ellipse on black.
    factors
        float64, shape (N, 4), in the order of `FACTOR_NAMES`: the centre's place ``x`` (to the right) and ``y``
        (down) in 0.3-0.7 of the side; the ``angle`` of the long axis from the x axis towards y, in [0, pi) radians;
        the long half-axis ``size`` in 0.15-0.3 of the side. All uniform and independent.
    """

    images: np.ndarray
    factors: np.ndarray


def make_pictures(num_pictures: int, size: int = 16, seed: int = 0) -> MadePictures:
    """Make pictures of one ellipse each, half as wide as it is long, with an edge one pixel soft.

    Parameters
    ----------
    num_pictures
        N.
    size
        Side of a picture in pixels.
    seed
        Equal seeds give equal pictures.

    Notes
    -----
    An ellipse turned by pi is the same ellipse: compare angles through the sine and cosine of twice the angle.
    """
    low, high = np.array([0.3, 0.3, 0.0, 0.15]), np.array([0.7, 0.7, np.pi, 0.3])
    factors = numpy_generator(seed, "made pictures").uniform(low, high, (num_pictures, 4))
    return MadePictures(draw_ellipses(factors, size), factors)


def draw_ellipses(factors: np.ndarray, size: int) -> np.ndarray:
    """Draw one ellipse per row of `factors`, shape (N, 4), as in `MadePictures`; return uint8, (N, 1, size, size)."""
    x, y, angle, long_axis = (column[:, None, None] for column in factors.astype(np.float32).T)
    place = (np.arange(size, dtype=np.float32) + 0.5) / size
    right, down = place[None, None, :] - x, place[None, :, None] - y
    along = right * np.cos(angle) + down * np.sin(angle)
    across = down * np.cos(angle) - right * np.sin(angle)
    radius = np.sqrt((along / long_axis) ** 2 + (2 * across / long_axis) ** 2)
    # About the distance to the edge in pixels, measured along the short axis.
    distance = (1 - radius) * long_axis / 2 * size
    brightness = 1 / (1 + np.exp(np.clip(-4 * distance, -30, 30)))
    images: np.ndarray = np.rint(255 * brightness).astype(np.uint8)
    return images[:, None]
