"""Pictures as a trained VUNet takes them: checked, and brought from bytes to the range it was trained on.

Legend: N = pictures, C = channels, H, W = height and width.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor

from subsong.core.errors import SubsongError
from subsong.datasets.poses.batch import PICTURE_RANGE, scale_pictures

_TOLERANCE = 1e-4
"""How far rounding may carry a value out of the range."""


def check_pictures(pictures: np.ndarray, shape: tuple[int, int, int], name: str) -> None:
    """Check that an array holds pictures a model can take.

    Parameters
    ----------
    pictures
        What was given.
    shape
        Channels, height and width of one picture.
    name
        What they are, as the sentence of the error begins: ``appearance`` or ``stickman``.

    Raises
    ------
    SubsongError
        When the pictures have another shape, are neither bytes nor floats, or floats beyond [-1, 1].
    """
    if pictures.ndim != 4 or pictures.shape[1:] != tuple(shape):
        raise SubsongError(
            f"{name}: expected pictures of shape (number, {', '.join(map(str, shape))}), channels first, found an "
            f"array of shape {pictures.shape}: bring them to the size and channels the model was trained on"
        )
    if pictures.dtype == np.uint8 or pictures.size == 0:
        return
    if pictures.dtype.kind != "f":
        raise SubsongError(f"{name}: expected bytes (uint8) or floats in [-1, 1], found {pictures.dtype}")
    low, high = float(pictures.min()), float(pictures.max())
    if math.isnan(low) or low < PICTURE_RANGE[0] - _TOLERANCE or high > PICTURE_RANGE[1] + _TOLERANCE:
        raise SubsongError(
            f"{name}: expected values in [-1, 1], found [{low:g}, {high:g}]: give bytes as uint8, or divide them by "
            "127.5 and subtract 1"
        )


def check_shape(pictures_BCHW: Tensor, shape: tuple[int, int, int], name: str) -> None:
    """Check that pictures of a dataset have the channels, height and width a model was trained on.

    Raises
    ------
    SubsongError
        When they have others.
    """
    found = tuple(pictures_BCHW.shape[1:])
    if found != tuple(shape):
        raise SubsongError(f"{name}: pictures have shape {found}, the model was trained on {tuple(shape)}")


def as_tensor(pictures_NCHW: np.ndarray) -> Tensor:
    """Return pictures as float32 in [-1, 1]: bytes are scaled, floats are in that range already."""
    if pictures_NCHW.dtype == np.uint8:
        return scale_pictures(pictures_NCHW)
    return torch.from_numpy(np.ascontiguousarray(pictures_NCHW, dtype=np.float32))
