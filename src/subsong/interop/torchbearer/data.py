"""The data of a torchbearer trial: what was given, and the part of it that is used."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.datasets.types import Dataset


class SplitData(NamedTuple):
    """One split of a trial.

    Attributes
    ----------
    whole
        As it was given.
    rows
        What is used of it.
    batch_size, shuffle, drop_last
        How it is put into batches.
    loader
        The loader it came in, or None.
    """

    whole: Dataset
    rows: Dataset
    batch_size: int
    shuffle: bool
    drop_last: bool
    loader: Any


class FirstRows:
    """The first batches of a dataset.

    Parameters
    ----------
    dataset
        All of them.
    num_steps, batch_size
        How many batches; the last one may be short.
    name
        Of the split, for the error.

    Raises
    ------
    SubsongError
        When the dataset has fewer.
    """

    def __init__(self, dataset: Dataset, num_steps: int, batch_size: int, name: str) -> None:
        num_there = -(-len(dataset) // batch_size)
        if not 1 <= num_steps <= num_there:
            raise SubsongError(f"{num_steps} {name} steps were asked for, the data make {num_there}: ask for 1 to that")
        self.dataset, self.num_rows = dataset, min(num_steps * batch_size, len(dataset))

    def __len__(self) -> int:
        return self.num_rows

    def fetch(self, index: np.ndarray) -> Any:
        """Return the rows `index` as one batch."""
        return self.dataset.fetch(index)
