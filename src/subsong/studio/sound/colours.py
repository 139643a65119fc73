"""Colour scales of small spectrograms, each kept as a few colours that lie evenly on it.

Source: matplotlib's scales of the same names (van der Walt and Smith 2015, CC0), which these come within 3 % of.
"""

from __future__ import annotations

import functools
from typing import Literal

import numpy as np

Scale = Literal["gray", "gray_r", "inferno", "magma", "viridis"]
_SCALES: dict[Scale, str] = {
    "gray": "000000 ffffff",
    "gray_r": "ffffff 000000",
    "inferno": (
        "000004 0b0724 210c4a 3d0965 57106e 71196e 8a226a a32c61 bc3754 d04545 e35933 f1711f f98c0a fcaa0f f9c932 "
        "f2e865 fcffa4"
    ),
    "magma": (
        "000004 0a0822 1d1147 36106b 51127c 6a1c81 832681 9c2e7f b73779 cf4070 e55064 f4695c fb8761 fea571 fec287 "
        "fde0a1 fcfdbf"
    ),
    "viridis": (
        "440154 48186a 472d7b 424086 3b528b 33638d 2c728e 26828e 21918c 1f9f88 27ad81 3dbc74 5cc863 81d34d aadc32 "
        "d5e21a fde725"
    ),
}


@functools.cache
def build_colours(scale: Scale) -> np.ndarray:
    """Return the colour of each value of a picture, uint8, shape (256, 3)."""
    known = np.array([list(bytes.fromhex(colour)) for colour in _SCALES[scale].split()], np.float64)
    places = np.rint(np.linspace(0, 255, len(known)))
    channels = [np.interp(np.arange(256), places, known[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=1)).astype(np.uint8)
