"""Small pictures and files of keypoints, as the formats have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

RNG = np.random.default_rng(0)


def save_picture(path: Path, size_HW: tuple[int, int] = (8, 12), colour: bool = True) -> np.ndarray:
    """Write a picture of noise and return it, shape (H, W, C)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(0, 256, (*size_HW, 3) if colour else size_HW, dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return np.atleast_3d(pixels)


def draw_dots(size_HW: tuple[int, int], keypoints_K2: np.ndarray) -> np.ndarray:
    """Return a black grey picture with a soft round dot at each joint, shape (H, W, 1)."""
    y_HW, x_HW = np.mgrid[: size_HW[0], : size_HW[1]]
    dots = [np.exp(-((x_HW - x) ** 2 + (y_HW - y) ** 2) / (2 * 3.0**2)) for x, y in keypoints_K2]
    return np.rint(255 * np.max(dots, axis=0)).astype(np.uint8)[..., None]


def find_dot(image_HW: np.ndarray) -> np.ndarray:
    """Return x and y of the centre of mass of a picture."""
    y_HW, x_HW = np.mgrid[: image_HW.shape[0], : image_HW.shape[1]]
    weight = image_HW / image_HW.sum()
    return np.array([(x_HW * weight).sum(), (y_HW * weight).sum()])
