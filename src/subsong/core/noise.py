"""Where a model draws its noise from: one stream per training step, or one per evaluated example.

Legend: B = rows of this (micro-)batch on this device, G = rows of the whole step over all devices.
"""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from subsong.core.seeds import derive_seed


class Noise(Protocol):
    """Standard normal and uniform numbers for the rows of a batch."""

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal draws of the shape, dtype and device of `like`, whose first axis is the rows."""
        ...

    def uniform(self, like: Tensor) -> Tensor:
        """Return uniform draws in [0, 1) of the shape, dtype and device of `like`."""
        ...


class StepNoise:
    """Noise of one training step: equal however the step's rows are divided over devices and micro-batches.

    Each call draws for all rows of the step and keeps this device's, which costs little and makes one process with
    a batch of 256 equal two with 128 each.

    Parameters
    ----------
    seed, step
        The run's seed and the number of updates done.
    num_rows
        G, the rows of the whole step.
    rows
        Which of them this batch holds, shape (B,), or None for all.
    device
        Where to draw. A generator of another device type gives other numbers.
    """

    def __init__(
        self,
        seed: int,
        step: int,
        num_rows: int,
        rows: Tensor | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        self._generator = torch.Generator(device=device).manual_seed(derive_seed(seed, "step", step))
        self._num_rows = num_rows
        self._rows = rows

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal draws of shape (B, ...)."""
        return self._mine(
            torch.randn(self._whole(like), generator=self._generator, device=self._generator.device), like
        )

    def uniform(self, like: Tensor) -> Tensor:
        """Return uniform draws in [0, 1) of shape (B, ...)."""
        draws_G = torch.rand(self._whole(like), generator=self._generator, device=self._generator.device)
        return _below_one(self._mine(draws_G, like))

    def _whole(self, like: Tensor) -> tuple[int, ...]:
        return (self._num_rows, *like.shape[1:])

    def _mine(self, draws_G: Tensor, like: Tensor) -> Tensor:
        draws_B = draws_G if self._rows is None else draws_G[self._rows.to(draws_G.device)]
        assert len(draws_B) == len(like), f"noise for {len(draws_B)} rows, asked for {len(like)}"
        return draws_B.to(device=like.device, dtype=like.dtype)


class ItemNoise:
    """Noise of evaluated examples: a function of the seed and of each example's index in its dataset.

    Equal for any batch size, order, number of devices and device type: each number is a hash of (seed, purpose,
    call, example, position), drawn on the CPU.

    Parameters
    ----------
    seed
        The run's seed.
    index
        Indices of the examples in the batch, shape (B,).
    purpose
        Separates the streams of different uses of the same examples.
    """

    def __init__(self, seed: int, index: Tensor | np.ndarray, purpose: str = "evaluation") -> None:
        self._seed, self._purpose = seed, purpose
        index_B = index.detach().cpu().numpy() if isinstance(index, Tensor) else np.asarray(index)
        self._index_B = index_B.astype(np.uint64)
        self._num_calls = 0

    def normal(self, like: Tensor) -> Tensor:
        """Return standard normal draws of shape (B, ...), by the Box-Muller transform."""
        radius = np.sqrt(-2.0 * np.log1p(-self._uniform(like)))
        return self._shaped(radius * np.cos(2.0 * np.pi * self._uniform(like)), like)

    def uniform(self, like: Tensor) -> Tensor:
        """Return uniform draws in [0, 1) of shape (B, ...)."""
        return _below_one(self._shaped(self._uniform(like), like))

    def _uniform(self, like: Tensor) -> np.ndarray:
        """Return float64 in [0, 1), shape (B, D), and move on to the next call's stream."""
        num_positions = math.prod(like.shape[1:])
        key = np.uint64(derive_seed(self._seed, "item", self._purpose, self._num_calls))
        self._num_calls += 1
        row_B1 = _mix(_mix(self._index_B + key) + key)[:, None]
        bits_BD = _mix(row_B1 + np.arange(1, num_positions + 1, dtype=np.uint64) * _GOLDEN)
        return (bits_BD >> np.uint64(11)).astype(np.float64) * 2.0**-53

    @staticmethod
    def _shaped(draws_BD: np.ndarray, like: Tensor) -> Tensor:
        return torch.from_numpy(draws_BD).reshape(like.shape).to(like.dtype).to(like.device)  # MPS has no float64


def _below_one(uniform: Tensor) -> Tensor:
    """Undo the rounding up to 1 of a conversion to few bits (one draw in 512 as bfloat16)."""
    return uniform.clamp_(max=1.0 - torch.finfo(uniform.dtype).eps / 2)


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def _mix(x: np.ndarray) -> np.ndarray:
    """Scramble 64-bit integers: the finaliser of SplitMix64 (Steele, Lea & Flood 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = x ^ (x >> np.uint64(31))
    return mixed
