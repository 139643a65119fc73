"""The columns of a window: at which times of its recording it is looked at.

Legend: R = regions, N = windows, T = columns of a picture.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError


class WindowAxis(Protocol):
    """Where windows may begin, and which moments their columns show.

    Attributes
    ----------
    window_s
        Length of a window, in the time that starts are counted in.
    num_time_bins
        Columns of a window, T.
    start_column
        What a start is called in tables of windows: ``onset_s`` where it is a time of the recording.
    """

    window_s: float
    num_time_bins: int
    start_column: str

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last start in each region, shape (R,) each; the last below the first for none."""
        ...

    def times(self, region_N: np.ndarray, start_N: np.ndarray) -> np.ndarray:
        """Return the times of the columns in seconds of the recording, ascending, shape (N, T)."""
        ...


class PlainTimes:
    """Windows as they were sung: columns equally spaced in the time of the recording, the first at the start.

    Parameters
    ----------
    regions
        One row a region: ``onset_s`` and ``offset_s``, within which windows lie.
    window_s
        From the first column to the last.
    num_time_bins
        Columns.
    """

    start_column = "onset_s"

    def __init__(self, regions: pl.DataFrame, window_s: float, num_time_bins: int) -> None:
        self.window_s, self.num_time_bins = window_s, num_time_bins
        self._onset_R, self._offset_R = regions["onset_s"].to_numpy(), regions["offset_s"].to_numpy()

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the first and the last start in each region, shape (R,) each."""
        return self._onset_R, self._offset_R - self.window_s

    def times(self, region_N: np.ndarray, start_N: np.ndarray) -> np.ndarray:
        """Return the times of the columns, in seconds of the recording, shape (N, T)."""
        times_NT = start_N[:, None] + np.linspace(0.0, self.window_s, self.num_time_bins)
        # The last column of the last window must not end a rounding error behind its region.
        return np.asarray(np.minimum(times_NT, self._offset_R[region_N][:, None]))


def check_window_length(window_s: float, frame_s: float) -> None:
    """Raise a `SubsongError` when windows are shorter than the step from one frame of a spectrogram to the next."""
    if window_s < frame_s:
        raise SubsongError(
            f"a window of {window_s:g} s is shorter than the step from one frame of the spectrogram to the next, "
            f"{frame_s:.3g} s, so that nothing could change within it: make windows longer"
        )
