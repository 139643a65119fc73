"""The moving point and its fading tail, with smooth edges.

Shapes are drawn four times too large on a mask no larger than they need, and reduced.

Legend: P = places of the tail, oldest first; the last is where the point is now. H, W = pixels.
"""

from __future__ import annotations

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image, ImageDraw

from subsong.reports.song_video.stage import Box
from subsong.reports.style import PAPER

_SCALE = 4
_RADIUS_PT, _RING_PT, _TAIL_PT = 3.6, 0.9, 1.7
_FAINTEST, _FADING = 0.06, 1.5


class Marker:
    """Draws the point and its tail upon a picture.

    Parameters
    ----------
    colour
        Of both.
    box
        Where they may be drawn.
    dots_per_point
        Pixels of a typographic point.
    """

    def __init__(self, colour: str, box: Box, dots_per_point: float) -> None:
        self._colour, self._box, self._unit = colour, box, dots_per_point * _SCALE

    def draw(self, pixels: np.ndarray, places_P2: np.ndarray) -> None:
        """Draw upon `pixels`, uint8, shape (H, W, 3).

        Parameters
        ----------
        pixels
            The picture.
        places_P2
            Where the point was lately, column and row, shape (P, 2), P at least 1.
        """
        self._draw_tail(pixels, places_P2, self._find_patch(places_P2))
        patch = self._find_patch(places_P2[-1:])
        for colour, radius_pt in ((PAPER, _RADIUS_PT + _RING_PT), (self._colour, _RADIUS_PT)):
            mask, pen = _new_mask(patch)
            pen.ellipse(_surround(_scale(places_P2[-1], patch), radius_pt * self._unit), fill=255)
            _blend(pixels, patch, colour, mask)

    def _find_patch(self, places_P2: np.ndarray) -> Box:
        """Return the part of the box that holds the shapes around some places; it may have no pixels."""
        margin = (_RADIUS_PT + _RING_PT) * self._unit / _SCALE + 2
        box = self._box
        left, top = np.floor(places_P2.min(axis=0) - margin).astype(int).clip((box.left, box.top)).tolist()
        right, bottom = np.ceil(places_P2.max(axis=0) + margin).astype(int).tolist()
        return Box(left, top, max(left, min(right, box.right)), max(top, min(bottom, box.bottom)))

    def _draw_tail(self, pixels: np.ndarray, places_P2: np.ndarray, patch: Box) -> None:
        """Draw the lines from place to place: the newer, the stronger."""
        mask, pen = _new_mask(patch)
        scaled_P2, width = _scale(places_P2, patch), _TAIL_PT * self._unit
        for newer in range(1, len(scaled_P2)):
            ends_22 = scaled_P2[newer - 1 : newer + 1]
            grey = round(255 * max(_FAINTEST, (newer / (len(scaled_P2) - 1)) ** _FADING))
            pen.line(ends_22.ravel().tolist(), fill=grey, width=round(width))
            pen.ellipse(_surround(ends_22[1], width / 2), fill=grey)
        _blend(pixels, patch, self._colour, mask)


def _new_mask(patch: Box) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    mask = Image.new("L", ((patch.right - patch.left) * _SCALE, (patch.bottom - patch.top) * _SCALE))
    return mask, ImageDraw.Draw(mask)


def _scale(places: np.ndarray, patch: Box) -> np.ndarray:
    """Return places on the mask of a patch, shape (..., 2)."""
    return np.asarray((places - (patch.left, patch.top)) * _SCALE)


def _surround(place_2: np.ndarray, radius: float) -> list[float]:
    return [*(place_2 - radius).tolist(), *(place_2 + radius).tolist()]


def _blend(pixels: np.ndarray, patch: Box, colour: str, mask: Image.Image) -> None:
    """Mix a colour into a part of a picture, in place, by the share that the mask says."""
    if 0 in mask.size:
        return
    part = pixels[patch.top : patch.bottom, patch.left : patch.right]
    image = Image.fromarray(part)
    image.paste(tuple(round(255 * value) for value in to_rgb(colour)), mask=mask.reduce(_SCALE))
    part[:] = np.asarray(image)
