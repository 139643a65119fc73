"""What a dataset is to the engine: something that hands out batches by index vector, and can name its rows.

Legend: B = rows of the batch.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import polars as pl
from torch import Tensor


class Batch(NamedTuple):
    """Rows of a dataset.

    Attributes
    ----------
    rows
        Which rows of the dataset these are, int64, shape (B,).
    input
        What the model sees, shape (B, ...); corrupted during training when the config says so.
    target
        What the likelihood is asked about, shape (B, ...); never corrupted.
    mask
        True where the target was observed, shape (B, ...), or None when all of it was.
    """

    rows: Tensor
    input: Tensor
    target: Tensor
    mask: Tensor | None = None


class Dataset(Protocol):
    """Examples that are fetched by index vector, never one by one.

    A user's own dataset needs ``__len__`` and ``fetch``. ``fetch`` may return any NamedTuple of tensors that has an
    ``rows`` field first; the terms of the objective and the model decide what else they need.
    """

    def __len__(self) -> int:
        """Return the number of examples."""
        ...

    def fetch(self, index: np.ndarray) -> Any:
        """Return the rows `index` (int64, shape (B,)) as one batch of CPU tensors."""
        ...


class NamedDataset(Dataset, Protocol):
    """A dataset that knows where its rows come from."""

    @property
    def items(self) -> pl.DataFrame:
        """One row an example, in order: ``source`` (file or table), ``row`` (within it), ``label`` when known, ..."""
        ...


@runtime_checkable
class DrawnDataset(Dataset, Protocol):
    """A dataset whose examples are drawn afresh for each epoch, as a function of its seed and the epoch alone."""

    def start_epoch(self, epoch: int) -> None:
        """Draw the examples of an epoch, counted from 0; until the first call they are those of epoch 0."""
        ...


class Splits(NamedTuple):
    """The parts of a dataset a run uses; each has its own indices from 0.

    Attributes
    ----------
    train
        What the weights are fitted to.
    validation
        What every epoch is judged by (early stopping, best checkpoint).
    test
        What the report quotes, or None.
    """

    train: Dataset
    validation: Dataset
    test: Dataset | None = None


def describe_row(dataset: Dataset, index: int) -> str:
    """Return words for one row of `dataset`: its file and row where these are known, else its index."""
    items = getattr(dataset, "items", None)
    if items is None:
        return f"example {index}"
    row = items.row(index, named=True)
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
