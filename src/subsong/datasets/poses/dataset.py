"""Posed pictures as datasets: pose and appearance go in, the picture of both is the target.

Legend: N = rows of a dataset, B = rows of a batch, M = all pictures, P = drawn poses; C, H, W = channels, height and
width.
"""

from __future__ import annotations

import functools
import hashlib
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from torch import Tensor

from subsong.datasets.poses.batch import PICTURE_RANGE, PoseBatch, PoseInput, PoseShapes, scale_pictures
from subsong.datasets.poses.pairing import PairingRule, draw_partners, fix_partners, number_identities
from subsong.datasets.store import StoredArray
from subsong.sources.keypoints.types import Skeleton

_HASHED_AT_ONCE = 256


class PoseArrays(NamedTuple):
    """What the batches of several datasets are taken from: bytes, in memory or on the disk.

    Attributes
    ----------
    images
        The pictures, uint8, shape (M, C, H, W).
    stickmen
        The drawn poses, uint8, shape (P, C, H, W); a pose that several pictures share may be there once.
    stickman_M
        Which pose each picture shows, int64.
    appearances
        What is seen of a picture's appearance, uint8, shape (M, C, H, W): the picture itself, or its parts.
    skeleton
        Whose joints the poses were drawn from; None where they came as pictures.
    """

    images: StoredArray
    stickmen: StoredArray
    stickman_M: np.ndarray
    appearances: StoredArray
    skeleton: Skeleton | None = None


class PoseDataset:
    """Some of the posed pictures, each with a fixed partner that shows its appearance.

    Parameters
    ----------
    arrays
        Of all pictures.
    items
        One row a picture of this dataset: ``source``, ``row``, ``identity``, ``pose``, ``is_known``, ...
    picture_N
        Which of the pictures these are, int64.
    rule
        How partners are chosen; they are pictures of this dataset.
    seed
        Of the choice.

    Attributes
    ----------
    shapes
        Of stickman, appearance and target.
    item_shape
        That of the target, (C, H, W).
    value_range
        Smallest and largest value in a batch.
    skeleton
        Whose joints the poses were drawn from; None where they came as pictures.
    """

    value_range: tuple[float, float] = PICTURE_RANGE

    def __init__(
        self, arrays: PoseArrays, items: pl.DataFrame, picture_N: np.ndarray, rule: PairingRule, seed: int
    ) -> None:
        assert len(picture_N) == items.height
        self._arrays, self._items, self._picture_N = arrays, items, picture_N.astype(np.int64)
        self._rule, self._seed = rule, seed
        self._stickman_N = arrays.stickman_M[self._picture_N]
        self.shapes = PoseShapes(*(_shape_of(array) for array in (arrays.stickmen, arrays.appearances, arrays.images)))
        self.item_shape, self.skeleton = self.shapes.target, arrays.skeleton
        self._pair(self._choose_partners())

    def _pair(self, partner_N: np.ndarray) -> None:
        self._partner_N, self._appearance_N = partner_N, self._picture_N[partner_N]

    def _choose_partners(self) -> np.ndarray:
        return fix_partners(self._items, self._rule, self._seed)

    def __len__(self) -> int:
        return len(self._picture_N)

    @property
    def items(self) -> pl.DataFrame:
        """One row a picture, in order, as given; ``appearance_row`` is the row of this dataset it is paired with."""
        return self._items.with_columns(appearance_row=self._partner_N)

    @functools.cached_property
    def images_NCHW(self) -> np.ndarray:
        """The pictures of this dataset as bytes, in memory."""
        return self._arrays.images.fetch(self._picture_N)

    def fetch(self, index: np.ndarray) -> PoseBatch:
        """Return the rows `index` (whole numbers in 0..N-1, any order, shape (B,)).

        Raises
        ------
        IndexError
            When an index is outside 0..N-1.
        """
        index = np.asarray(index, dtype=np.int64)
        if index.size and (index.min() < 0 or index.max() >= len(self)):
            raise IndexError(f"rows {index.min()} to {index.max()} of a dataset of {len(self)}")
        arrays = self._arrays
        return PoseBatch(
            torch.from_numpy(index.copy()),
            PoseInput(
                stickman=scale_pictures(arrays.stickmen.fetch(self._stickman_N[index])),
                appearance=scale_pictures(arrays.appearances.fetch(self._appearance_N[index])),
            ),
            scale_pictures(arrays.images.fetch(self._picture_N[index])),
        )

    def fetch_appearances(self, index: np.ndarray) -> Tensor:
        """Return what is seen of the appearance of the rows `index` themselves, not of their partners.

        float32, shape (B, C, H, W).
        """
        return scale_pictures(self._arrays.appearances.fetch(self._picture_N[index]))

    def find_truth(self, identity: str | None, pose: str | None) -> int | None:
        """Return the first row that shows `identity` in `pose`, or None where no picture of this dataset does."""
        return self._row_of.get((identity, pose))

    @functools.cached_property
    def _row_of(self) -> dict[tuple[str | None, str | None], int]:
        pairs = list(self._items.select("identity", "pose").iter_rows())
        # A pose without a name is not the same as another one without.
        return {pair: row for row, pair in reversed(list(enumerate(pairs))) if pair[1] is not None}

    def hash(self) -> str:
        """Return the SHA-256 of items, pictures, poses and what partners follow from, in hexadecimal."""
        digest = hashlib.sha256(self._items.write_csv().encode())
        digest.update(repr((self.shapes, self._rule, self._seed)).encode())
        for start in range(0, len(self), _HASHED_AT_ONCE):
            block = slice(start, start + _HASHED_AT_ONCE)
            digest.update(self._arrays.images.fetch(self._picture_N[block]).data)
            digest.update(self._arrays.stickmen.fetch(self._stickman_N[block]).data)
        return digest.hexdigest()


class DrawnPoseDataset(PoseDataset):
    """Posed pictures whose partners are drawn for each epoch, by the seed and the number of the epoch alone.

    Parameters and attributes are those of `PoseDataset`.
    """

    def _choose_partners(self) -> np.ndarray:
        self._identity_N = number_identities(self._items)
        return draw_partners(self._identity_N, self._rule, self._seed, 0)

    def start_epoch(self, epoch: int) -> None:
        """Draw the partners of an epoch, counted from 0."""
        self._pair(draw_partners(self._identity_N, self._rule, self._seed, epoch))


def _shape_of(array: StoredArray) -> tuple[int, int, int]:
    num_channels, height, width = array.item_shape
    return num_channels, height, width
