"""torchvision's ``utils.save_image``."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from subsong.reports.pictures import write_picture_grid


def save_image(
    tensor: Tensor | list[Tensor],
    fp: str | Path,
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
) -> None:
    """Write pictures as a grid of exact pixels; its folder is made where it is missing.

    Parameters
    ----------
    tensor
        Shape (N, C, H, W), (C, H, W) or (H, W), values in [0, 1]; or a list of (C, H, W).
    fp
        A .png file.
    nrow
        Pictures in a row.
    padding
        Pixels between them.
    normalize
        Spread `value_range`, or the range of the values, over black and white.
    value_range
        With `normalize`: what is black and what is white.

    Raises
    ------
    SubsongError
        When the shape makes no picture, or the file cannot be written.
    """
    pictures = torch.stack(tensor) if isinstance(tensor, list) else tensor
    array: np.ndarray = pictures.detach().cpu().float().numpy()
    array = array.reshape((1,) * (4 - array.ndim) + array.shape)
    found = (float(array.min()), float(array.max())) if value_range is None else value_range
    write_picture_grid(
        fp, array, min(nrow, len(array)), found if normalize and found[0] < found[1] else (0.0, 1.0), padding
    )
