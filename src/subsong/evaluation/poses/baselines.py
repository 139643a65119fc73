"""What a network of poses has to beat: the appearance copied as it is, and the mean training picture of the pose.

Legend: N = pictures to be made, M = training pictures, K = those that are averaged, C, H, W = channels, height, width.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from torch.nn import functional

from subsong.datasets.poses.dataset import PoseDataset
from subsong.evaluation.poses.scores import iterate_blocks

NUM_NEAREST = 10
"""Training pictures averaged where the pose itself is not among them."""
_MAX_COMPARED_SIZE = 32
"""Poses are compared at this size, in pixels."""
_FETCHED_AT_ONCE = 256


class CopiedAppearances:
    """The picture that shows a row's appearance, taken for the picture that was to be made.

    Parameters
    ----------
    pictures_NCHW
        Of all rows.
    appearance_row_N
        Which row shows the appearance of each. One that shows itself has no answer here: NaN.
    """

    def __init__(self, pictures_NCHW: np.ndarray, appearance_row_N: np.ndarray) -> None:
        self._pictures_NCHW, self._appearance_row_N = pictures_NCHW, appearance_row_N

    def __getitem__(self, rows_B: np.ndarray) -> np.ndarray:
        """Return the pictures copied for some rows, shape (B, C, H, W)."""
        copied_BCHW = np.array(self._pictures_NCHW[self._appearance_row_N[rows_B]])
        copied_BCHW[self._appearance_row_N[rows_B] == rows_B] = np.nan
        return copied_BCHW


class PoseMeans:
    """The mean training picture of a pose.

    Of the pictures that bear the pose's name, where two of them or more do; else of the pictures whose drawn poses are
    nearest (Euclidean distance over pixels).

    Parameters
    ----------
    train
        The training pictures.
    num_nearest
        K, or all where there are fewer.
    """

    def __init__(self, train: PoseDataset, num_nearest: int = NUM_NEAREST) -> None:
        self._train, self._num_nearest = train, min(num_nearest, len(train))
        self._rows_of = _find_repeated(train.items)
        self._drawn_MD: np.ndarray | None = None

    def predict(self, data: PoseDataset, rows_N: np.ndarray) -> np.ndarray:
        """Return the mean picture for the pose of each of some rows of `data`, float32, values in [-1, 1].

        Shape (N, C, H, W).
        """
        named = data.items["pose"].gather(rows_N).to_list()
        pictures_NCHW = np.empty((len(rows_N), *self._train.item_shape), np.float32)
        is_known_N = np.array([pose in self._rows_of for pose in named], dtype=bool)
        for pose in dict.fromkeys(pose for pose in named if pose in self._rows_of):
            pictures_NCHW[[name == pose for name in named]] = self._average(self._rows_of[pose])
        unknown = np.flatnonzero(~is_known_N)
        if len(unknown):
            nearest = self._find_nearest(_fetch_drawn(data, rows_N[unknown]))
            pictures_NCHW[unknown] = np.stack([self._average(rows_K) for rows_K in nearest])
        return pictures_NCHW

    def _average(self, rows_K: np.ndarray) -> np.ndarray:
        mean_CHW = self._train.images_NCHW[rows_K].mean(axis=0, dtype=np.float64)
        return np.asarray(mean_CHW / 127.5 - 1.0, dtype=np.float32)

    def _find_nearest(self, drawn_ND: np.ndarray) -> np.ndarray:
        """Return the training rows nearest to drawn poses, shape (N, K)."""
        if self._drawn_MD is None:
            self._drawn_MD = _fetch_drawn(self._train, np.arange(len(self._train)))
        squared_M = (self._drawn_MD**2).sum(axis=1)
        distance_NM = squared_M - 2 * drawn_ND @ self._drawn_MD.T
        # Of equal ones, the first: the answer does not depend on how many are asked for.
        nearest: np.ndarray = np.argsort(distance_NM, axis=1, kind="stable")[:, : self._num_nearest]
        return nearest


def _find_repeated(items: pl.DataFrame) -> dict[str, np.ndarray]:
    """Return the rows of each pose that two pictures or more are named after."""
    named = items.select("pose").with_row_index("at").drop_nulls("pose")
    groups = named.group_by("pose", maintain_order=True).agg("at").filter(pl.col("at").list.len() > 1)
    return {pose: np.array(rows, np.int64) for pose, rows in groups.iter_rows()}


def _fetch_drawn(data: PoseDataset, rows_N: np.ndarray) -> np.ndarray:
    """Return the drawn poses of some rows, made small, float64, shape (N, values)."""
    blocks = []
    for block in iterate_blocks(len(rows_N), _FETCHED_AT_ONCE):
        stickmen = data.fetch(rows_N[block]).input["stickman"]
        height, width = (min(_MAX_COMPARED_SIZE, length) for length in stickmen.shape[2:])
        small = functional.adaptive_avg_pool2d(stickmen, (height, width))
        blocks.append(small.flatten(1).numpy().astype(np.float64))
    return np.concatenate(blocks)
