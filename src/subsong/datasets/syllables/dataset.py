"""A store of syllables as a dataset: batches of spectrograms by index vector.

Legend: N = items, B = rows of a batch, F, T = rows and columns of an image.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
import torch

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.manifest import is_store_of
from subsong.datasets.splits import assign_splits
from subsong.datasets.store import StoredArray, load_store_of
from subsong.datasets.syllables.building import KIND
from subsong.datasets.syllables.reading import SyllableReading
from subsong.datasets.types import Batch, Splits

DEFAULT_FRACTIONS = {"train": 0.8, "validation": 0.1, "test": 0.1}


class SyllableDataset:
    """Items of a store, or some of them, as float32 in [0, 1].

    Parameters
    ----------
    images
        Those of the store, (F, T) each; numbers, or bytes that stand for 0-1.
    items
        One row an item of this dataset.
    rows
        Which rows of `images` these are, int64, shape (N,).

    Attributes
    ----------
    items
        As given.
    item_shape
        (F, T).
    value_range
        Smallest and largest value of an image.
    """

    value_range: tuple[float, float] = (0.0, 1.0)

    def __init__(self, images: StoredArray, items: pl.DataFrame, rows: np.ndarray) -> None:
        assert len(rows) == items.height
        self._images, self._rows, self.items = images, rows, items
        self.item_shape: tuple[int, ...] = images.item_shape

    def __len__(self) -> int:
        return len(self._rows)

    def fetch(self, index: np.ndarray) -> Batch:
        """Return the items `index` (whole numbers in 0..N-1, shape (B,)); input and target are one tensor (B, F, T).

        Raises
        ------
        IndexError
            When an index is outside 0..N-1.
        """
        rows_B = torch.tensor(index, dtype=torch.int64)
        images_BFT = torch.from_numpy(self._images.fetch(self._rows[index])).to(torch.float32)
        if self._images.dtype == np.uint8:
            images_BFT = images_BFT.div_(255)
        return Batch(rows_B, images_BFT, images_BFT)

    def select(self, rows: np.ndarray) -> SyllableDataset:
        """Return the items `rows` of this dataset as one of their own."""
        return SyllableDataset(self._images, self.items[rows], self._rows[rows])

    def hash(self) -> str:
        """Return the SHA-256 of the items' table and which images they are, in hexadecimal."""
        digest = hashlib.sha256(self.items.write_csv().encode())
        digest.update(np.ascontiguousarray(self._rows).data)
        return digest.hexdigest()


def load_syllables(path: str | Path) -> SyllableDataset:
    """Open a store of syllables.

    Raises
    ------
    SubsongError
        When there is none, or it is one of something else.
    """
    store = load_store_of(path, KIND)
    return SyllableDataset(store.arrays["x"], store.items, np.arange(store.items.height))


def is_syllable_store(path: str | Path) -> bool:
    """Whether the folder `path` is a store of syllables."""
    return is_store_of(path, KIND)


def read_reading(path: str | Path) -> SyllableReading:
    """Return how the syllables of a store were read."""
    parameters = dict(load_store_of(path, KIND).manifest.parameters)
    parameters.pop("sample_rates_hz")
    return SyllableReading.model_validate(parameters)


def build_syllable_splits(
    dataset: SyllableDataset,
    split_by: str | Literal["syllable", "auto"] = "auto",
    fractions: dict[str, float] | None = None,
    seed: int = 0,
) -> Splits:
    """Divide syllables into the parts a run uses.

    Parameters
    ----------
    dataset
        All of them.
    split_by
        Column whose values are kept together; ``recording`` is the file; ``auto``: by recording where there are three
        of them at least, else each syllable by itself.
    fractions
        Share of each split; by default 0.8, 0.1, 0.1.
    seed
        Equal seeds give equal splits.

    Raises
    ------
    SubsongError
        When the column is unknown, or there is too little for every split to have something.
    """
    fractions = fractions or DEFAULT_FRACTIONS
    items = dataset.items
    if split_by == "auto":
        split_by = "recording" if items["source"].n_unique() >= len(fractions) else "syllable"
    column = {"recording": "source", "syllable": None}.get(split_by, split_by)
    if column is not None and column not in items.columns:
        raise SubsongError(
            f"data.split_by is {split_by!r}, the syllables have no such column: "
            f"{did_you_mean(split_by, ['recording', 'syllable', *items.columns])}"
        )
    split = assign_splits(items, fractions, seed, column)
    parts = {name: dataset.select((split == name).arg_true().to_numpy()) for name in fractions}
    return Splits(parts["train"], parts["validation"], parts.get("test"))
