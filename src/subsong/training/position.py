"""Where a run stands, and which rows each update uses: functions of the seed and the position alone."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from subsong.datasets.order import batch_rows, epoch_order, num_batches
from subsong.training.config import TrainingConfig


@dataclass
class Position:
    """How much of a run is done.

    Attributes
    ----------
    epoch
        Epochs that are wholly done, their validation included.
    batch
        Batches of the epoch under way that are done.
    step
        Updates done.
    order_digest
        Hash over the rows of every update so far, in order: equal digests, equal order.
    """

    epoch: int = 0
    batch: int = 0
    step: int = 0
    order_digest: str = ""

    def advance(self, rows_G: np.ndarray) -> None:
        """One update with these rows is done."""
        self.batch += 1
        self.step += 1
        link = self.order_digest.encode() + rows_G.tobytes()
        self.order_digest = hashlib.blake2b(link, digest_size=16).hexdigest()

    def end_epoch(self) -> None:
        """The epoch is done."""
        self.epoch += 1
        self.batch = 0

    def state_dict(self) -> dict[str, Any]:
        """Return the position as plain values."""
        return asdict(self)


class StepRows(NamedTuple):
    """The rows of one update.

    Attributes
    ----------
    rows_G
        All of them, over all devices and micro-batches.
    parts
        Positions in `rows_G` of each micro-batch of this device.
    """

    rows_G: np.ndarray
    parts: list[np.ndarray]


class Plan:
    """Which rows each update of an epoch uses.

    Parameters
    ----------
    num_examples
        Of the training split.
    config
        Batch size (over all devices and micro-batches), shuffling, micro-batches.
    seed
        Of the run.
    ranks
        This process's number, and how many there are.
    """

    def __init__(self, num_examples: int, config: TrainingConfig, seed: int, ranks: tuple[int, int] = (0, 1)) -> None:
        self.num_examples, self.config, self.seed = num_examples, config, seed
        self.rank, self.num_ranks = ranks
        self.num_batches = num_batches(num_examples, config.batch_size, config.drop_last)

    def steps(self, epoch: int, first_batch: int = 0) -> list[StepRows]:
        """Return the rows of the updates of `epoch` from `first_batch` on."""
        order = epoch_order(self.num_examples, self.seed, epoch, self.config.shuffle)
        batches = range(first_batch, self.num_batches)
        return [self._divide(batch_rows(order, batch, self.config.batch_size)) for batch in batches]

    def _divide(self, rows_G: np.ndarray) -> StepRows:
        mine = np.arange(self.rank, len(rows_G), self.num_ranks)
        num_parts = max(1, min(self.config.num_accumulated, len(mine)))
        return StepRows(rows_G, np.array_split(mine, num_parts))
