"""Pictures of a map's items as PNG: spectrograms in the colours of the page's theme, others in their own.

Legend: H = rows from the top, W = columns.
"""

from __future__ import annotations

import functools
import io
from typing import Literal

import numpy as np

from subsong.studio.sound.png import encode_png

Theme = Literal["light", "dark"]

# As the page and the offline map have them, without the wait for matplotlib at the first picture.
_STOPS: dict[Theme, str] = {
    "light": "fbfcfd b9cfe0 4a7ba6 123a5e 06141f",
    "dark": "0d1016 2a1a52 7a2a73 d5524f f9a242 fdf3c3",
}


def encode_picture(pixels: np.ndarray, theme: Theme | None) -> bytes:
    """Return a PNG file.

    Parameters
    ----------
    pixels
        uint8, shape (H, W), grey, or (H, W, 3), in colour.
    theme
        Whose colours stand for the values of a grey picture; None: grey.
    """
    if pixels.ndim == 2:
        return encode_png(pixels, None if theme is None else _build_table(theme))
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


@functools.cache
def _build_table(theme: Theme) -> np.ndarray:
    """Return the colour of each of the 256 values, uint8, shape (256, 3)."""
    stops = np.array([list(bytes.fromhex(colour)) for colour in _STOPS[theme].split()], np.float64)
    places = np.linspace(0, len(stops) - 1, 256)
    table = np.stack([np.interp(places, np.arange(len(stops)), stops[:, part]) for part in range(3)], axis=1)
    return np.rint(table).astype(np.uint8)
