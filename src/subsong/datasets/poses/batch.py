"""A batch of posed pictures: the model sees pose and appearance, the target is the picture of both.

Legend: B = rows of the batch, C, H, W = channels, height and width of each picture (they differ from field to field).
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import torch
from torch import Tensor

PICTURE_RANGE = (-1.0, 1.0)
"""Of every picture in a batch: black is -1, full intensity is 1."""


class PoseInput(TypedDict):
    """What the model sees, float32, shape (B, C, H, W) each, values in `PICTURE_RANGE`."""

    stickman: Tensor
    appearance: Tensor


class PoseBatch(NamedTuple):
    """Rows of a dataset of posed pictures.

    Attributes
    ----------
    rows
        Which rows of the dataset these are, int64, shape (B,).
    input
        The drawn pose, and a picture of who is to be seen in it.
    target
        The picture of this appearance in this pose, float32, shape (B, C, H, W), values in `PICTURE_RANGE`.
    mask
        None: all of the target was observed.
    """

    rows: Tensor
    input: PoseInput
    target: Tensor
    mask: Tensor | None = None


class PoseShapes(NamedTuple):
    """Channels, height and width of each picture of a row."""

    stickman: tuple[int, int, int]
    appearance: tuple[int, int, int]
    target: tuple[int, int, int]


def scale_pictures(images: np.ndarray) -> Tensor:
    """Return pictures given as bytes as float32 in `PICTURE_RANGE`, of the same shape."""
    assert images.dtype == np.uint8
    return torch.from_numpy(images).to(torch.float32).div_(127.5).sub_(1)
