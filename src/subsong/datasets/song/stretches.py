"""Stretches of time as arrays of begins and ends: joined, and what two sets of them have in common.

Legend: N, M = stretches, U = those of a union or of an intersection.
"""

from __future__ import annotations

import numpy as np


def join_stretches(stretches_N2: np.ndarray) -> np.ndarray:
    """Return the union of stretches as stretches apart from each other, in order, shape (U, 2)."""
    ordered = stretches_N2[np.argsort(stretches_N2[:, 0], kind="stable")]
    if len(ordered) == 0:
        return ordered
    ends = np.maximum.accumulate(ordered[:, 1])
    is_first = np.ones(len(ordered), bool)
    is_first[1:] = ordered[1:, 0] > ends[:-1]
    last = np.append(np.flatnonzero(is_first)[1:], len(ordered)) - 1
    return np.column_stack([ordered[is_first, 0], ends[last]])


def intersect_stretches(one_N2: np.ndarray, other_M2: np.ndarray) -> np.ndarray:
    """Return where both sets are, each of them joined and in order, shape (U, 2)."""
    found = []
    for start, stop in one_N2.tolist():
        low = int(np.searchsorted(other_M2[:, 1], start, side="right"))
        high = int(np.searchsorted(other_M2[:, 0], stop, side="left"))
        found.append(np.clip(other_M2[low:high], start, stop))
    return np.concatenate([np.empty((0, 2), one_N2.dtype), *found])
