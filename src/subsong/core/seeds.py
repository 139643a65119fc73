"""Randomness as a pure function: of the run's seed and of what the draw is for.

Nothing here keeps a state that would have to be stored and restored. The order of the data is a function of
``(seed, epoch)``, the noise of a training step of ``(seed, step)``, the noise of an evaluated example of
``(seed, example)``. A run that is resumed, split over devices or evaluated in other batches therefore draws the same
numbers, and a validation pass cannot disturb training.
"""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Return a 63-bit seed for one purpose, by hashing; equal on every machine.

    Examples
    --------
    >>> derive_seed(0, "order", 3) == derive_seed(0, "order", 3)
    True
    >>> derive_seed(0, "order", 3) == derive_seed(0, "order", 4)
    False
    """
    text = "/".join(str(part) for part in (seed, *purpose))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


def numpy_generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return a NumPy generator for one purpose."""
    return np.random.Generator(np.random.PCG64(derive_seed(seed, *purpose)))


def set_seed(seed: int) -> None:
    """Seed Python's, NumPy's and torch's global generators (torch: CPU and every CUDA or MPS device).

    Our own code draws from generators of its own; this is for a user's module that calls ``torch.randn`` or uses
    dropout.
    """
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  the legacy global generator is what users' code draws from
    torch.manual_seed(seed)


def seed_global_generators(seed: int, device: torch.device) -> None:
    """Seed the global generators a user's module or data may draw from: Python's, NumPy's, torch's of CPU and `device`.

    For every step of a run: unlike ``torch.manual_seed`` it passes over devices that are not used, for which torch
    would each time keep a stack trace (0.8 ms a step, and memory that is never given back).
    """
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002  the legacy global generator is what users' code draws from
    torch.default_generator.manual_seed(seed)
    if device.type == "cuda":
        torch.cuda.default_generators[device.index or 0].manual_seed(seed)
    elif device.type == "mps":
        torch.mps.manual_seed(seed)
