"""What sounds along a sequence: one spectrogram from its first window to the end of its last.

Legend: R = sequences, K = windows that cover one, T = columns of a window, F = rows, G = columns of the spectrogram.
"""

from __future__ import annotations

import numpy as np

from subsong.datasets.windows.axes import WindowAxis
from subsong.datasets.windows.frames import RegionFrames

_FETCHED = 16


def fetch_along(
    frames: RegionFrames, axis: WindowAxis, region_R: np.ndarray, first_s: float, last_s: float
) -> np.ndarray:
    """Return the mean spectrogram of sequences, in [0, 1], shape (F, G).

    Parameters
    ----------
    frames, axis
        The spectrograms of the regions, and the time that starts are counted in.
    region_R
        The region of each sequence, int64; all hold windows from `first_s` to `last_s`.
    first_s, last_s
        Start of the first and of the last window. Columns are spaced as those of windows.
    """
    start_K = np.append(np.arange(first_s, last_s, axis.window_s), last_s)
    known_KT = start_K[:, None] + np.linspace(0.0, axis.window_s, axis.num_time_bins)
    column_s = axis.window_s / max(1, axis.num_time_bins - 1)
    grid_G = np.linspace(first_s, last_s + axis.window_s, round((last_s - first_s) / column_s) + axis.num_time_bins)
    order = np.argsort(known_KT.ravel(), kind="stable")
    total_FG = np.zeros((frames.num_freq_bins, len(grid_G)))
    for begin in range(0, len(region_R), _FETCHED):
        some = region_R[begin : begin + _FETCHED]
        times = [axis.times(np.full(len(start_K), region), start_K).ravel() for region in some]
        times_RG = np.stack([np.interp(grid_G, known_KT.ravel()[order], known[order]) for known in times])
        total_FG += frames.fetch(some, times_RG).numpy().sum(axis=0)
    return total_FG / len(region_R)
