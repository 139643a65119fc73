"""Points in time: peaks of a probability.

Legend: K = frames, N = peaks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Peaks(NamedTuple):
    """Peaks in order: where (in frames, to a part of one) and how high."""

    place_N: np.ndarray
    height_N: np.ndarray


def find_peaks(probability_K: np.ndarray, threshold: float, spacing: float) -> Peaks:
    """Return the peaks of at least `threshold` that lie at least `spacing` frames apart.

    Notes
    -----
    Of peaks closer than `spacing` the highest stays. A peak lies at the top of the parabola through it and the frames
    beside it; in the middle, where several frames are equally high; and on the first or last frame, where it is there.
    """
    values_K = np.asarray(probability_K, dtype=np.float64)
    if len(values_K) == 0:
        return Peaks(np.zeros(0), np.zeros(0))
    start_R = np.concatenate([[0], np.flatnonzero(np.diff(values_K)) + 1])
    stop_R = np.append(start_R[1:], len(values_K))
    height_R = values_K[start_R]
    beside = np.concatenate([[-np.inf], height_R, [-np.inf]])
    is_peak_R = (height_R > beside[:-2]) & (height_R > beside[2:]) & (height_R >= threshold)
    place_N = np.array(
        [_find_top(values_K, start, stop) for start, stop in zip(start_R[is_peak_R], stop_R[is_peak_R], strict=True)]
    )
    return _space_out(Peaks(place_N, height_R[is_peak_R]), spacing)


def _find_top(values_K: np.ndarray, start: int, stop: int) -> float:
    if stop - start > 1 or start == 0 or stop == len(values_K):
        return 0.5 * (start + stop - 1)
    left, top, right = values_K[start - 1 : start + 2]
    return float(start + 0.5 * (right - left) / (2.0 * top - left - right))


def _space_out(peaks: Peaks, spacing: float) -> Peaks:
    kept = np.zeros(len(peaks.place_N), dtype=bool)
    blocked = np.zeros(len(peaks.place_N), dtype=bool)
    for number in np.argsort(-peaks.height_N, kind="stable"):
        if blocked[number]:
            continue
        kept[number] = True
        low = np.searchsorted(peaks.place_N, peaks.place_N[number] - spacing, side="right")
        high = np.searchsorted(peaks.place_N, peaks.place_N[number] + spacing, side="left")
        blocked[low:high] = True
    return Peaks(peaks.place_N[kept], peaks.height_N[kept])
