"""Columns of peaks, computed block by block: the finest level from the samples, each other from the one before.

Legend: C = columns of a block, K = frames of a column, B = bins.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.bands import to_decibels
from subsong.studio.sound.columns import find_greatest
from subsong.studio.sound.frames import plan_frames
from subsong.studio.sound.grey import to_grey
from subsong.studio.sound.grid import Grid, find_hop_s
from subsong.studio.sound.peaks import COLUMNS_A_PEAK, PeakPlan
from subsong.studio.sound.waveform import find_extremes

# Small enough that whoever asks for a tile meanwhile waits for none of it.
_SAMPLES_A_BLOCK = 1 << 18
_COLUMNS_A_BLOCK = 256


def compute_peaks(
    read: Callable[[int, int], np.ndarray],
    info: AudioInfo,
    plan: PeakPlan,
    read_peaks: Callable[[int, int], np.ndarray],
    number: int,
) -> np.ndarray:
    """Return some columns of a file of peaks, shape (C,), as `plan` lays them out.

    Parameters
    ----------
    read
        Returns the samples of a channel from one number to before another, zeros beyond the ends of the recording.
    info
        The recording.
    plan
        Of its peaks.
    read_peaks
        Returns columns from one number to before another, all before `number`.
    number
        Of the first column that is wanted.
    """
    level = plan.find_level(number)
    if level is plan.levels[0]:
        return _compute_finest(read, info, plan, number)
    finer = plan.levels[plan.levels.index(level) - 1]
    num_columns = min(_COLUMNS_A_BLOCK, level.stop - number)
    first = finer.first + (number - level.first) * COLUMNS_A_PEAK
    below = read_peaks(first, min(first + num_columns * COLUMNS_A_PEAK, finer.stop))
    return join_columns(below, np.arange(0, len(below), COLUMNS_A_PEAK))


def join_columns(columns: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the greatest of neighbouring columns.

    Parameters
    ----------
    columns
        Of one level, at least one.
    starts
        Where the columns that become one begin; they end where the next ones do.
    """
    joined = np.zeros(len(starts), columns.dtype)
    joined["least"] = np.minimum.reduceat(columns["least"], starts)
    joined["greatest"] = np.maximum.reduceat(columns["greatest"], starts)
    joined["grey"] = np.maximum.reduceat(columns["grey"], starts, axis=0)
    joined["is_made"] = 1
    return joined


def _compute_finest(read: Callable[[int, int], np.ndarray], info: AudioInfo, plan: PeakPlan, number: int) -> np.ndarray:
    level = plan.levels[0]
    hop_s = find_hop_s(level.level)
    num_columns = max(1, int(_SAMPLES_A_BLOCK // (hop_s * info.sample_rate_hz)))
    grid = Grid(info, number * hop_s, hop_s, min(num_columns, level.stop - number))
    held = _hold(read, int(grid.edges_C[0]) - plan.window, int(grid.edges_C[-1]) + plan.window)
    starts_CK = plan_frames(grid, plan.window, is_exact=True)
    power_CB = find_greatest(held, starts_CK, plan.window, slice(0, plan.window // 2 + 1))
    peaks = np.zeros(len(starts_CK), plan.dtype)
    peaks["grey"] = to_grey(to_decibels(power_CB))
    for columns, extremes_C2 in find_extremes(held, grid):
        peaks["least"][columns], peaks["greatest"][columns] = extremes_C2.T
    peaks["is_made"] = 1
    return peaks


def _hold(read: Callable[[int, int], np.ndarray], first: int, stop: int) -> Callable[[int, int], np.ndarray]:
    """Return what reads a stretch that is read once."""
    held_T = read(first, stop)
    return lambda start, end: held_T[start - first : end - first]
