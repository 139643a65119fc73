"""Pictures of any kind as equal tiles: grey or colour, part-normalised crops, poses drawn at another size.

Legend: N = pictures, C = channels, P = parts, H, W = height and width of a tile.
"""

from __future__ import annotations

import math

import numpy as np

from subsong.core.errors import SubsongError
from subsong.datasets.poses.batch import PICTURE_RANGE
from subsong.reports.pictures import to_pixels

_OPAQUE = 255


def make_tiles(pictures_NCHW: np.ndarray, size_HW: tuple[int, int]) -> np.ndarray:
    """Return pictures as tiles, uint8, shape (N, H, W, 4): red, green, blue, opacity.

    Parameters
    ----------
    pictures_NCHW
        Values in `PICTURE_RANGE`. One channel is grey, three are colour; more are crops of parts, three channels each
        (or one, where their number is no multiple of three), which are laid out in a square.
    size_HW
        Of a tile. Pictures of another size are enlarged or reduced by nearest neighbours, proportions kept, with
        transparent margins.

    Raises
    ------
    SubsongError
        When the shape makes no pictures.
    """
    if pictures_NCHW.ndim != 4:
        raise SubsongError(f"pictures should have the shape (N, channels, height, width), not {pictures_NCHW.shape}")
    num_channels = pictures_NCHW.shape[1]
    if num_channels in (1, 3):
        return _fit(_to_opaque(pictures_NCHW), size_HW)
    part_channels = 1 if num_channels % 3 else 3
    parts_NPCHW = pictures_NCHW.reshape(len(pictures_NCHW), -1, part_channels, *pictures_NCHW.shape[2:])
    return _fit(_lay_out(parts_NPCHW), size_HW)


def _to_opaque(pictures_NCHW: np.ndarray) -> np.ndarray:
    """Return pictures of one or three channels as uint8, shape (N, H, W, 4)."""
    pixels = to_pixels(pictures_NCHW, PICTURE_RANGE)
    opaque = np.full((*pixels.shape[:3], 4), _OPAQUE, dtype=np.uint8)
    opaque[..., :3] = pixels
    return opaque


def _lay_out(parts_NPCHW: np.ndarray) -> np.ndarray:
    """Return the crops of each picture side by side in as many columns as rows; places left over are transparent."""
    num_pictures, num_parts = parts_NPCHW.shape[:2]
    height, width = parts_NPCHW.shape[3:]
    tiles = _to_opaque(parts_NPCHW.reshape(-1, *parts_NPCHW.shape[2:]))
    tiles = tiles.reshape(num_pictures, num_parts, height, width, 4)
    num_columns = math.ceil(math.sqrt(num_parts))
    num_rows = -(-num_parts // num_columns)
    whole = np.zeros((num_pictures, num_rows * height, num_columns * width, 4), dtype=np.uint8)
    for part in range(num_parts):
        top, left = part // num_columns * height, part % num_columns * width
        whole[:, top : top + height, left : left + width] = tiles[:, part]
    return whole


def _fit(tiles_NHW4: np.ndarray, size_HW: tuple[int, int]) -> np.ndarray:
    """Return tiles of `size_HW`, proportions kept, in the middle of transparent margins."""
    height, width = tiles_NHW4.shape[1:3]
    if (height, width) == size_HW:
        return tiles_NHW4
    scale = min(size_HW[0] / height, size_HW[1] / width)
    new_height, new_width = (max(1, round(side * scale)) for side in (height, width))
    rows = np.minimum(((np.arange(new_height) + 0.5) * height / new_height).astype(np.int64), height - 1)
    columns = np.minimum(((np.arange(new_width) + 0.5) * width / new_width).astype(np.int64), width - 1)
    fitted = np.zeros((len(tiles_NHW4), *size_HW, 4), dtype=np.uint8)
    top, left = (size_HW[0] - new_height) // 2, (size_HW[1] - new_width) // 2
    fitted[:, top : top + new_height, left : left + new_width] = tiles_NHW4[:, rows[:, None], columns]
    return fitted
