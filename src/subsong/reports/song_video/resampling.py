"""A stream of sound at another sample rate, in a memory that does not grow with its length.

Legend: T = samples.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

import numpy as np

_BLOCK_SAMPLES = 1 << 16
_MAX_TERM = 1000
"""Ratios of larger terms, which need filters of millions of taps, are met to within one in a million."""
_FILTER_REACH = 10
"""Half the length of SciPy's filter, in samples of the lower rate."""


def resample_stream(blocks: Iterator[np.ndarray], from_hz: float, to_hz: float) -> Iterator[np.ndarray]:
    """Yield a sound at another rate: what ``scipy.signal.resample_poly`` makes of the whole, block by block.

    Parameters
    ----------
    blocks
        The sound in order, blocks of any length, float32, shape (T,).
    from_hz, to_hz
        Samples per second, before and after.

    Yields
    ------
    The sound at the new rate. It ends a little later than the sound given, in silence.
    """
    from scipy.signal import resample_poly

    ratio = (Fraction(to_hz) / Fraction(from_hz)).limit_denominator(_MAX_TERM)
    up, down = ratio.numerator, ratio.denominator
    # Cuts lie on multiples of `down`, where samples of both rates meet.
    margin = down * math.ceil((_FILTER_REACH * max(1.0, down / up) + 1) / down)
    size = down * math.ceil(_BLOCK_SAMPLES / down)
    for held_T in _overlap_blocks(blocks, size, margin):
        resampled_T = resample_poly(held_T, up, down)
        yield resampled_T[margin // down * up : (margin + size) // down * up]


def _overlap_blocks(blocks: Iterator[np.ndarray], size: int, margin: int) -> Iterator[np.ndarray]:
    """Yield successive blocks of `size` samples with `margin` more on both sides; zeros before and after the sound."""
    pending, num_pending = [np.zeros(margin, np.float32)], margin
    needed = size + 2 * margin
    for block_T in blocks:
        pending.append(block_T)
        num_pending += len(block_T)
        if num_pending >= needed:
            held_T = np.concatenate(pending)
            while len(held_T) >= needed:
                yield held_T[:needed]
                held_T = held_T[size:]
            pending, num_pending = [held_T], len(held_T)
    held_T = np.concatenate(pending)
    while len(held_T) > margin:
        yield np.pad(held_T, (0, max(0, needed - len(held_T))))[:needed]
        held_T = held_T[size:]
