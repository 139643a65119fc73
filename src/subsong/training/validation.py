"""One pass over a whole split, in dataset order, without an update: losses and outputs of every example.

Legend: N = examples of the split, B = examples of a batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.core.noise import ItemNoise
from subsong.datasets.types import Dataset
from subsong.evaluation.store import EvaluationWriter
from subsong.training.loader import BatchLoader
from subsong.training.task import Forward, Task

NUM_SHOWN = 8
"""How many of the first examples of a split are kept for figures."""

LATENTS = ("latent_mean", "latent_log_variance")
"""Outputs kept in memory for the whole split: they are small, and the collapse watch needs them."""


class ScoredBatch(NamedTuple):
    """Losses and outputs of some examples, on the CPU: name -> (B, ...)."""

    rows_B: np.ndarray
    losses: Mapping[str, np.ndarray]
    outputs: Mapping[str, np.ndarray]


class Validation(NamedTuple):
    """What a pass over a split found.

    Attributes
    ----------
    losses
        Means over the split's examples: ``loss`` and each term.
    latents
        ``latent_mean`` and ``latent_log_variance``, shape (N, L), where the model has them.
    shown
        All outputs of the first examples.
    """

    losses: dict[str, float]
    latents: dict[str, np.ndarray]
    shown: dict[str, np.ndarray]


class SplitScorer:
    """Scores a split with a task.

    Parameters
    ----------
    task
        What is scored.
    seed
        Of the noise, which is a function of each example's index: the same each time, for any batch size.
    batch_size
        Examples scored at a time.
    device
        Where the model is.
    """

    def __init__(self, task: Task, seed: int, batch_size: int, device: torch.device) -> None:
        self.task, self.seed, self.batch_size, self.device = task, seed, batch_size, device

    def score_batches(
        self, forward: Forward, dataset: Dataset, row_blocks: Sequence[np.ndarray]
    ) -> Iterator[ScoredBatch]:
        """Yield losses and outputs of the blocks of rows, in their order."""
        for batch in BatchLoader(dataset).iterate(row_blocks):
            yield self.score(forward, batch)

    def score(self, forward: Forward, batch: Any) -> ScoredBatch:
        """Return losses and outputs of one batch."""
        rows_B = batch[0].numpy()
        with torch.inference_mode():
            batch = move_batch(batch, self.device)
            table, output = self.task.compute(forward, batch, ItemNoise(self.seed, rows_B), 0, training=False)
            losses = {"loss": table.total_B, **table.terms}
            return ScoredBatch(rows_B, _to_numpy(losses), _to_numpy(self.task.outputs(output, batch)))

    def blocks(self, num_items: int) -> list[np.ndarray]:
        """Return the rows 0 ... N - 1 in blocks of the batch size."""
        return [
            np.arange(start, min(start + self.batch_size, num_items)) for start in range(0, num_items, self.batch_size)
        ]


def collect_validation(
    batches: Iterator[ScoredBatch], num_items: int, writer: EvaluationWriter | None = None
) -> Validation:
    """Gather scored batches, in any order, into one result, and into the store when there is a writer."""
    sums: dict[str, float] = {}
    latents: dict[str, np.ndarray] = {}
    shown: dict[str, np.ndarray] = {}
    for rows_B, losses, outputs in batches:
        for name, values in losses.items():
            sums[name] = sums.get(name, 0.0) + float(values.sum(dtype=np.float64))
        for name, array in outputs.items():
            if name in LATENTS:
                _place(latents, name, num_items, rows_B, array)
            is_shown = rows_B < NUM_SHOWN
            if is_shown.any():
                _place(shown, name, min(NUM_SHOWN, num_items), rows_B[is_shown], array[is_shown])
        if writer is not None:
            writer.add(rows_B, losses, outputs)
    return Validation({name: total / num_items for name, total in sums.items()}, latents, shown)


def _place(into: dict[str, np.ndarray], name: str, num_rows: int, rows_B: np.ndarray, values: np.ndarray) -> None:
    if name not in into:
        into[name] = np.zeros((num_rows, *values.shape[1:]), values.dtype)
    into[name][rows_B] = values


def move_batch(batch: Any, device: torch.device) -> Any:
    """Return a batch (a NamedTuple or tuple of tensors, or of nested tuples, lists and dicts of them) on `device`."""
    if device.type == "cpu":
        return batch
    if isinstance(batch, Tensor):
        return batch.to(device, non_blocking=True)
    if isinstance(batch, dict):
        return {name: move_batch(field, device) for name, field in batch.items()}
    if not isinstance(batch, tuple | list):
        return batch
    moved = [move_batch(field, device) for field in batch]
    return type(batch)(*moved) if hasattr(batch, "_fields") else type(batch)(moved)


def _to_numpy(tensors: Mapping[str, Tensor]) -> dict[str, np.ndarray]:
    return {name: _as_storable(value).cpu().numpy() for name, value in tensors.items()}


def _as_storable(value: Tensor) -> Tensor:
    return value.float() if value.dtype == torch.bfloat16 else value
