"""In which order an epoch visits the examples: a pure function of the seed and the epoch.

Legend: N = examples, B = rows of a batch.
"""

from __future__ import annotations

import numpy as np

from subsong.core.seeds import numpy_generator


def epoch_order(num_examples: int, seed: int, epoch: int, shuffle: bool = True) -> np.ndarray:
    """Return the order of one epoch, int64, shape (N,); `epoch` counts from 0."""
    if not shuffle:
        return np.arange(num_examples, dtype=np.int64)
    return numpy_generator(seed, "order", epoch).permutation(num_examples).astype(np.int64, copy=False)


def num_batches(num_examples: int, batch_size: int, drop_last: bool = False) -> int:
    """Return how many batches an epoch has; `drop_last` leaves out a last one that is not full."""
    assert batch_size >= 1
    return num_examples // batch_size if drop_last else -(-num_examples // batch_size)


def batch_rows(order: np.ndarray, batch: int, batch_size: int) -> np.ndarray:
    """Return the rows of batch number `batch` (from 0), shape (B,); the last one may be shorter."""
    assert 0 <= batch < num_batches(len(order), batch_size)
    return order[batch * batch_size : (batch + 1) * batch_size]
