"""Which stretches of sound a column of a spectrogram is made of, and reading them.

Zoomed in, a column is one frame around its middle. Zoomed out, it is the loudest of half-overlapping frames that see
everything, so that a call much shorter than the column is still seen. Where that is too much to compute while somebody
waits, frames at `_PLACES` places spread evenly over the column stand for it until `peaks` are there, so that hours cost
no more to draw than minutes. Places are few and their frames many because finding a place in a file costs more than
computing.

Legend: C = columns, K = frames of a column, N = frames in all, W = samples of a window.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np

from subsong.studio.sound.grid import Grid

MOST_EXACT_SAMPLES = 3 << 20
"""Samples of which all frames are looked at while somebody waits."""
_PLACES = 2
_FRAMES_A_PLACE = 12
_FRAMES_A_COLUMN = _PLACES * _FRAMES_A_PLACE
# Reading on over a gap of so many windows is cheaper than finding the next place.
_GAP_WINDOWS = 4


def sees_all(grid: Grid, window: int) -> bool:
    """Return whether there are few enough frames to look at all while somebody waits."""
    return grid.num_inside * grid.hop <= MOST_EXACT_SAMPLES or _count_frames(grid, window) <= _FRAMES_A_COLUMN


def plan_frames(grid: Grid, window: int, is_exact: bool) -> np.ndarray:
    """Return the first sample of each frame of the columns inside, int64, shape (C, K), rising from frame to frame.

    Parameters
    ----------
    grid
        The columns.
    window
        W. A frame may reach beyond its column and beyond either end of the recording, but its middle does not.
    is_exact
        Whether to look at all frames.
    """
    first_C1 = grid.edges_C[: grid.num_inside, None].astype(np.float64)
    # The last column of a recording is shorter: its frames lie closer, so that its end is seen.
    span_C1 = grid.edges_C[1 : grid.num_inside + 1, None] - first_C1
    if is_exact:
        num_frames = _count_frames(grid, window)
        middle_CK = first_C1 + span_C1 * (np.arange(num_frames) + 0.5) / num_frames
    else:
        place_P = (np.arange(_PLACES) + 0.5) / _PLACES
        step_J = (np.arange(_FRAMES_A_PLACE) - (_FRAMES_A_PLACE - 1) / 2) * (window / 2)
        middle_CPJ = (first_C1 + span_C1 * place_P)[:, :, None] + step_J
        middle_CK = middle_CPJ.reshape(len(middle_CPJ), -1).clip(first_C1, first_C1 + span_C1)
        middle_CK.sort(axis=1)
    starts_CK: np.ndarray = np.floor(middle_CK).astype(np.int64) - window // 2
    return starts_CK


def _count_frames(grid: Grid, window: int) -> int:
    """Return how many half-overlapping frames see all of a column."""
    return max(1, math.ceil(grid.hop / (window / 2))) if grid.hop > window else 1


def read_frames(read: Callable[[int, int], np.ndarray], starts_N: np.ndarray, window: int) -> np.ndarray:
    """Return frames of sound, float32, shape (N, W), reading neighbours together.

    Parameters
    ----------
    read
        Returns the samples from one number to before another, zeros beyond the ends of the recording.
    starts_N
        First sample of each frame, none before the one before it.
    window
        W.
    """
    frames_NW = np.empty((len(starts_N), window), np.float32)
    breaks = np.flatnonzero(np.diff(starts_N) > (1 + _GAP_WINDOWS) * window) + 1
    bounds = [0, *breaks.tolist(), len(starts_N)]
    for first, last in itertools.pairwise(bounds):
        start = int(starts_N[first])
        samples_T = read(start, int(starts_N[last - 1]) + window)
        # A view of every window there is; as sliding_window_view, which takes longer than reading.
        views = np.ndarray((len(samples_T) - window + 1, window), np.float32, samples_T, strides=samples_T.strides * 2)
        frames_NW[first:last] = views[starts_N[first:last] - start]
    return frames_NW
