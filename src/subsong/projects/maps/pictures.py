"""Small pictures of the points of a map, made some hundred at a time and written to the disk as they come.

Legend: N = points, B = some of them, H, W = rows and columns.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from subsong.core.errors import SubsongError
from subsong.projects.maps.folder import IMAGES_NAME, MapImage
from subsong.projects.maps.reading import Fetch, Progress

_AT_ONCE = 256
_MAX_WIDTH_RATIO = 4


def write_pictures(folder: Path, fetch: Fetch, num_items: int, max_height: int, tell: Progress) -> MapImage:
    """Write the pictures of all points into a folder; however many there are, some hundred are in memory.

    Parameters
    ----------
    folder
        Exists.
    fetch
        Returns pictures of rows.
    num_items
        N.
    max_height
        Taller pictures shrink to this; they keep their proportions, up to four times as wide as high.
    tell
        Told how many are written.
    """
    first = np.asarray(fetch(np.arange(1)))
    if first.dtype != np.uint8 or first.ndim not in (3, 4):
        raise SubsongError(f"pictures of a map should be bytes of shape (items, rows, columns), not {first.shape}")
    height, width = choose_size(first.shape[1], first.shape[2], max_height)
    shape = (num_items, height, width, *first.shape[3:])
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    with open(folder / IMAGES_NAME, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for start in range(0, num_items, _AT_ONCE):
            tell("pictures", start, num_items)
            rows = np.arange(start, min(start + _AT_ONCE, num_items))
            file.write(np.ascontiguousarray(shrink_pictures(fetch(rows), height, width)).data)
    tell("pictures", num_items, num_items)
    return MapImage(height=height, width=width, channels=3 if first.ndim == 4 else 1)


def choose_size(height: int, width: int, max_height: int) -> tuple[int, int]:
    """Return rows and columns of a small picture.

    Examples
    --------
    >>> choose_size(128, 128, 64), choose_size(28, 28, 64), choose_size(64, 1000, 64)
    ((64, 64), (28, 28), (64, 256))
    """
    small = min(height, max_height)
    return small, int(np.clip(round(width * small / height), 1, _MAX_WIDTH_RATIO * small))


def shrink_pictures(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Return pictures of shape (B, H, W) or (B, H, W, 3), bytes, in another size."""
    if images.shape[1:3] == (height, width):
        return images
    small = [
        Image.fromarray(np.ascontiguousarray(image)).resize((width, height), Image.Resampling.BOX) for image in images
    ]
    return np.stack([np.asarray(image) for image in small])
