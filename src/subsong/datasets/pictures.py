"""Pictures as a dataset: a picture is its own label.

Legend: N = pictures, B = rows of a batch, C = channels, H = height, W = width.
"""

from __future__ import annotations

import hashlib
import warnings
from typing import Literal

import numpy as np
import polars as pl
import torch

from subsong.core.errors import SubsongError
from subsong.datasets.splits import assign_splits
from subsong.datasets.types import Batch, Splits
from subsong.sources.types import Pictures

DEFAULT_FRACTION = 0.1


class PictureDataset:
    """Pictures held as bytes and handed out as float32 in [0, 1].

    Parameters
    ----------
    images
        uint8, shape (N, C, H, W); in memory or a memory map. Never written to.
    items
        One row a picture, in order, with a column ``label`` when labels are known.

    Attributes
    ----------
    items
        As given.
    item_shape
        (C, H, W).
    value_range
        Smallest and largest value a fetched picture can hold.
    """

    value_range: tuple[float, float] = (0.0, 1.0)

    def __init__(self, images: np.ndarray, items: pl.DataFrame) -> None:
        assert images.dtype == np.uint8
        assert images.ndim == 4
        assert len(images) == items.height
        self.items = items
        self.item_shape: tuple[int, int, int] = (images.shape[1], images.shape[2], images.shape[3])
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            # torch warns of memory maps that are read-only; we only read.
            self._images_NCHW = torch.from_numpy(np.ascontiguousarray(images))

    def __len__(self) -> int:
        return len(self._images_NCHW)

    @property
    def labels(self) -> list[str | None] | None:
        """The label of every picture, or None when none is known."""
        if "label" not in self.items.columns or self.items["label"].is_null().all():
            return None
        return self.items["label"].to_list()

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the pictures `index` (whole numbers in 0..N-1, shape (B,)); input and target are one tensor.

        Raises
        ------
        IndexError
            When an index is outside 0..N-1.
        """
        rows_B = torch.tensor(index, dtype=torch.int64)
        images_BCHW = torch.index_select(self._images_NCHW, 0, rows_B).to(torch.float32).div_(255)
        return Batch(rows_B, images_BCHW, images_BCHW)

    def hash(self) -> str:
        """Return the SHA-256 of the pictures' shape and bytes, in hexadecimal."""
        digest = hashlib.sha256(str(tuple(self._images_NCHW.shape)).encode())
        digest.update(self._images_NCHW.numpy().data)
        return digest.hexdigest()


def build_picture_splits(pictures: Pictures, validation: float | Literal["test"] = "test", seed: int = 0) -> Splits:
    """Divide pictures into the parts a run uses.

    Parameters
    ----------
    pictures
        As read; their column ``split`` says whether they come with a test part.
    validation
        Of pictures that come with a test part: ``"test"`` validates on it and leaves no test part; a fraction of the
        training part, in (0, 1), is set aside for validation and the test part is kept for the report. Of other
        pictures: the fraction, below 1/2, is set aside for validation and as much again for the test; ``"test"`` means
        0.1.
    seed
        Equal seeds give equal splits.

    Raises
    ------
    SubsongError
        When the fraction is out of range or a part would be empty.

    Notes
    -----
    With ``"test"`` the best checkpoint and early stopping look at the test pictures, as is the habit with MNIST. The
    figures are then those of the literature, but no longer an estimate for pictures nobody has looked at: give a
    fraction where that matters.
    """
    split = pictures.items["split"]
    if not {"train", "test"} <= set(split):
        fraction = _check_fraction(DEFAULT_FRACTION if validation == "test" else validation, 0.5)
        shares = {"train": 1 - 2 * fraction, "validation": fraction, "test": fraction}
        return _divide(pictures, assign_splits(pictures.items, shares, seed))
    if validation == "test":
        return _divide(pictures, split.replace({"test": "validation"}))
    fraction = _check_fraction(validation, 1)
    is_train = (split == "train").to_numpy()
    shares = {"train": 1 - fraction, "validation": fraction}
    names = split.to_numpy().astype(object)
    names[is_train] = assign_splits(pictures.items.filter(is_train), shares, seed).to_list()
    return _divide(pictures, pl.Series(names.tolist(), dtype=pl.String))


def _check_fraction(fraction: float, limit: float) -> float:
    if not 0 < fraction < limit:
        raise SubsongError(f"the fraction for validation is {fraction:g}, expected more than 0 and less than {limit:g}")
    return fraction


def _divide(pictures: Pictures, split: pl.Series) -> Splits:
    """Return the pictures of each split as a dataset, in the order they came in."""
    parts = {}
    for name in ("train", "validation", "test"):
        rows = (split == name).arg_true().to_numpy()
        parts[name] = PictureDataset(pictures.images[rows], pictures.items[rows]) if len(rows) else None
    assert parts["train"] is not None
    assert parts["validation"] is not None
    return Splits(parts["train"], parts["validation"], parts["test"])
