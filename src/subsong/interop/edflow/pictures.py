"""Pictures of ``log_op`` and ``eval_op`` as files: the range of their values is declared, never guessed.

Legend: B = pictures, H, W, C = height, width and channels.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.reports.pictures import encode_png, tile_pictures

VALUE_RANGE = (-1.0, 1.0)
"""Of every picture of floats; whole numbers (uint8) are 0 to 255."""

_TOLERANCE = 0.01

log = logging.getLogger(__name__)


def is_picture(value: np.ndarray) -> bool:
    """Tell whether an array of one example is a picture: shape (H, W, 1, 3 or 4)."""
    return value.ndim == 3 and value.shape[-1] in (1, 3, 4) and value.dtype.kind in "fu"


def write_picture(path: Path, picture_HWC: np.ndarray) -> None:
    """Write one picture as PNG, into a folder that is not in its place yet."""
    path.write_bytes(encode_png(tile_pictures(_to_tiles(picture_HWC[None]), 1, _range_of(picture_HWC), pad=0)))


def tile_log_pictures(name: str, pictures_BHWC: np.ndarray) -> np.ndarray:
    """Return pictures of a log on one nearly square canvas, uint8, shape (H, W, C).

    Raises
    ------
    SubsongError
        When the array is not one of pictures.
    """
    if pictures_BHWC.ndim != 4 or pictures_BHWC.shape[-1] == 2 or not len(pictures_BHWC):
        raise SubsongError(
            f"log_op returned the image {name!r} with shape {pictures_BHWC.shape}: expected (batch, height, width, "
            "1 or 3 channels)"
        )
    value_range = _range_of(pictures_BHWC)
    lowest, highest = float(pictures_BHWC.min()), float(pictures_BHWC.max())
    if lowest < value_range[0] - _TOLERANCE or highest > value_range[1] + _TOLERANCE:
        log.warning(
            "image %r has values from %.3g to %.3g; what is beyond %s is cut", name, lowest, highest, value_range
        )
    return tile_pictures(_to_tiles(pictures_BHWC), math.ceil(math.sqrt(len(pictures_BHWC))), value_range)


def _to_tiles(pictures_BHWC: np.ndarray) -> np.ndarray:
    """Return shape (B, C, H, W); of more than three channels the first three are shown."""
    return pictures_BHWC[..., :3].transpose(0, 3, 1, 2)


def _range_of(pictures: np.ndarray) -> tuple[float, float]:
    return (0.0, 255.0) if pictures.dtype == np.uint8 else VALUE_RANGE
