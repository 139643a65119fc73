"""Cut, resize and recolour pictures, and move their keypoints along.

Legend: H, W = height and width, C = channels (1 grey, 3 colour), K = joints; a box is (x, y, width, height) in pixels.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

# ITU-R BT.601, as Pillow weighs red, green and blue.
_GREY_WEIGHTS = np.array([0.299, 0.587, 0.114])


def resize_picture(image_HWC: np.ndarray, size_HW: tuple[int, int]) -> np.ndarray:
    """Return a picture in another size, uint8, averaged over all pixels a new one covers (no aliasing)."""
    if image_HWC.shape[:2] == size_HW:
        return image_HWC
    width_height = (size_HW[1], size_HW[0])
    planes = [
        np.asarray(Image.fromarray(np.ascontiguousarray(plane)).resize(width_height, Image.Resampling.BILINEAR))
        for plane in np.moveaxis(image_HWC, -1, 0)
    ]
    return np.stack(planes, axis=-1)


def resize_keypoints(keypoints_K2: np.ndarray, old_HW: tuple[int, int], new_HW: tuple[int, int]) -> np.ndarray:
    """Return where the joints lie once the picture is resized; (0, 0) is the centre of the upper left pixel."""
    scale = np.array([new_HW[1] / old_HW[1], new_HW[0] / old_HW[0]])
    resized_K2: np.ndarray = (keypoints_K2 + 0.5) * scale - 0.5
    return resized_K2


def box_around(keypoints_K2: np.ndarray) -> np.ndarray:
    """Return the smallest box of whole pixels around the joints that are there, shape (4,)."""
    low, high = np.floor(np.nanmin(keypoints_K2, axis=0)), np.ceil(np.nanmax(keypoints_K2, axis=0))
    return np.concatenate([low, high - low + 1])


def widen_box(box: np.ndarray, margin: float, size_HW: tuple[int, int] | None) -> np.ndarray:
    """Return the box with a margin (of its longer side) on every side, then in the proportions of `size_HW`.

    Notes
    -----
    The box only grows, about its centre, so that what is cut out is not squeezed when it is resized.
    """
    centre, sides = box[:2] + box[2:] / 2, np.maximum(box[2:], 1.0) + 2 * margin * box[2:].max()
    if size_HW is not None:
        wanted = np.array([size_HW[1], size_HW[0]], np.float64)
        sides = wanted * (sides / wanted).max()
    low = np.round(centre - sides / 2)
    return np.concatenate([low, np.maximum(np.round(sides), 1.0)])


def crop_picture(image_HWC: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Return the box of a picture, black where it reaches beyond."""
    x, y, width, height = (int(value) for value in box)
    cut_HWC = np.zeros((height, width, image_HWC.shape[2]), np.uint8)
    top, left = max(y, 0), max(x, 0)
    inside_HWC = image_HWC[top : max(y + height, 0), left : max(x + width, 0)]
    cut_HWC[top - y : top - y + inside_HWC.shape[0], left - x : left - x + inside_HWC.shape[1]] = inside_HWC
    return cut_HWC


def set_channels(image_HWC: np.ndarray, num_channels: int) -> np.ndarray:
    """Return a picture as grey (1) or colour (3)."""
    if image_HWC.shape[2] == num_channels:
        return image_HWC
    if num_channels == 3:
        return np.repeat(image_HWC, 3, axis=2)
    grey_HW: np.ndarray = np.rint(image_HWC @ _GREY_WEIGHTS)
    return grey_HW.astype(np.uint8)[..., None]
