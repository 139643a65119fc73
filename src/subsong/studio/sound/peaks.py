"""What stands in the file of peaks of a channel: for each column of a coarse zoom, the greatest of all beneath it.

A column has the power of each frequency where it is greatest, and the least and the greatest sample. Columns of the
finest level that tiles do not compute from the samples come first; then, from level to level `LEVEL_STEP` coarser,
columns that are the greatest of those before. A tile takes a few of the coarsest that are fine enough, so that it costs
the same at every zoom; the coarser levels add a fifteenth to the size.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.columns import choose_window
from subsong.studio.sound.frames import MOST_EXACT_SAMPLES
from subsong.studio.sound.grid import NUM_COLUMNS, find_hop_s

LEVEL_STEP = 4
COLUMNS_A_PEAK = 2**LEVEL_STEP
"""Columns of a level that make one of the next."""


class PeakLevel(NamedTuple):
    """One level of the file.

    Attributes
    ----------
    level
        Of the zoom.
    first
        Number of its first column in the file.
    num_columns
        How many it has: as many as begin before the recording ends.
    """

    level: int
    first: int
    num_columns: int

    @property
    def stop(self) -> int:
        """Number after that of its last column."""
        return self.first + self.num_columns


class PeakPlan(NamedTuple):
    """How a file of peaks is laid out.

    Attributes
    ----------
    window
        Samples of the frames that powers are of.
    levels
        From the finest to the coarsest.
    dtype
        Of a column: ``least`` and ``greatest`` sample, ``grey`` of each frequency from 0 to half the sample rate.
    """

    window: int
    levels: tuple[PeakLevel, ...]
    dtype: np.dtype[np.void]

    @property
    def num_columns(self) -> int:
        """Columns in all."""
        return self.levels[-1].stop

    @property
    def num_bytes(self) -> int:
        """Size of the file."""
        return self.num_columns * self.dtype.itemsize

    def find_level(self, number: int) -> PeakLevel:
        """Return the level that a column of the file is of."""
        return next(level for level in self.levels if number < level.stop)

    def choose_level(self, level: int) -> PeakLevel | None:
        """Return the coarsest level whose columns make up those of a zoom; None: the zoom is finer than all."""
        return next((one for one in reversed(self.levels) if one.level <= level), None)


def plan_peaks(info: AudioInfo) -> PeakPlan:
    """Return how the peaks of a channel are laid out.

    Parameters
    ----------
    info
        The recording.
    """
    exact_s = MOST_EXACT_SAMPLES / NUM_COLUMNS / info.sample_rate_hz
    level = math.floor(math.log2(exact_s / find_hop_s(0))) + 1
    levels = [PeakLevel(level, 0, _count_columns(info, level))]
    while levels[-1].num_columns > NUM_COLUMNS:
        level += LEVEL_STEP
        levels.append(PeakLevel(level, levels[-1].stop, _count_columns(info, level)))
    hop = find_hop_s(levels[0].level) * info.sample_rate_hz
    window = choose_window(info.sample_rate_hz, info.sample_rate_hz / 2, hop)
    fields = [("least", "<f4"), ("greatest", "<f4"), ("grey", "u1", (window // 2 + 1,)), ("is_made", "u1")]
    return PeakPlan(window, tuple(levels), np.dtype(fields))


def _count_columns(info: AudioInfo, level: int) -> int:
    hop = find_hop_s(level) * info.sample_rate_hz
    num_columns = math.ceil(info.num_samples / hop)
    # The last one begins at a whole sample, which may be that after the end.
    return num_columns - int(round((num_columns - 1) * hop) >= info.num_samples)
