"""Distances between made and true pictures, one value a picture, on floats and never on files.

Pictures lie in [-1, 1], as in batches, and are compared in [0, 1], so that figures are those of the field.

Legend: N = pictures, C = channels, H, W = height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

import numpy as np

from subsong.datasets.poses.batch import PICTURE_RANGE
from subsong.evaluation.pictures import compute_l1, compute_ms_ssim, compute_psnr, compute_ssim

_BLOCK = 64
"""Pictures compared at a time: windows take eight times their memory."""


class Pictures(Protocol):
    """Pictures that are asked for by row, so that they need not all be in memory: an array, or a memory map."""

    def __getitem__(self, rows_B: np.ndarray, /) -> np.ndarray:
        """Return some of them, float, values in [-1, 1], shape (B, C, H, W)."""
        ...


class PictureMetric(NamedTuple):
    """A distance or likeness of pictures.

    Attributes
    ----------
    compute
        ``(first, second)``, values in [0, 1] -> one value a picture.
    unit
        Of the value.
    note
        How to read it.
    """

    compute: Callable[[np.ndarray, np.ndarray], np.ndarray]
    unit: str
    note: str


PICTURE_METRICS = {
    "l1": PictureMetric(compute_l1, "", "Mean absolute difference of values in [0, 1]; lower is better."),
    "psnr": PictureMetric(compute_psnr, "dB", "Peak signal-to-noise ratio; higher is better."),
    "ssim": PictureMetric(compute_ssim, "", "Structural similarity, at most 1; higher is better."),
    "ms_ssim": PictureMetric(compute_ms_ssim, "", "The same over several scales, at most 1; higher is better."),
}


def score_pictures(target_NCHW: np.ndarray, made: Pictures) -> dict[str, np.ndarray]:
    """Return each of `PICTURE_METRICS` for each picture, shape (N,).

    Parameters
    ----------
    target_NCHW
        True pictures, float, values in [-1, 1].
    made
        As many made ones. One of NaN was not made: its scores are NaN.
    """
    scores = {name: np.full(len(target_NCHW), np.nan) for name in PICTURE_METRICS}
    for rows in iterate_blocks(len(target_NCHW)):
        made_BCHW = made[rows]
        is_made = np.isfinite(made_BCHW).all(axis=(1, 2, 3))
        if not is_made.any():
            continue
        rows = rows[is_made]
        pair = scale_to_unit(target_NCHW[rows]), scale_to_unit(made_BCHW[is_made])
        for name, metric in PICTURE_METRICS.items():
            scores[name][rows] = metric.compute(*pair)
    return scores


def scale_to_unit(pictures: np.ndarray) -> np.ndarray:
    """Return pictures of values in [-1, 1] as float64 in [0, 1]."""
    low, high = PICTURE_RANGE
    scaled: np.ndarray = (np.asarray(pictures, dtype=np.float64) - low) / (high - low)
    return scaled


def iterate_blocks(num_rows: int, block_size: int = _BLOCK) -> Iterator[np.ndarray]:
    """Yield the rows 0 ... N - 1 in blocks."""
    for start in range(0, num_rows, block_size):
        yield np.arange(start, min(start + block_size, num_rows))
