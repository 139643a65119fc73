"""What a video of a song is made of.

Legend: T = times, F = rows of the spectrogram (low to high), N = windows, M = points of the background.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SampleReader = Callable[[int, int], np.ndarray]
"""Returns the samples ``start <= t < stop`` of a recording, float32, shape (stop - start,)."""
PictureSource = Callable[[np.ndarray], np.ndarray]
"""Returns the spectrogram at times of the recording, seconds of shape (T,): values in [0, 1], shape (F, T)."""


class Song(NamedTuple):
    """A recording, to be heard and seen. Nothing of it is held in memory but what is asked for.

    Attributes
    ----------
    read
        Its samples.
    num_samples
        How many there are.
    sample_rate_hz
        Samples per second.
    picture
        Its spectrogram; zeros where there is none.
    frequencies_hz_F
        Frequency of each row of the spectrogram, ascending, shape (F,).
    """

    read: SampleReader
    num_samples: int
    sample_rate_hz: int
    picture: PictureSource
    frequencies_hz_F: np.ndarray

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.num_samples / self.sample_rate_hz


class LatentPath(NamedTuple):
    """Where a recording's windows lie on the map.

    Attributes
    ----------
    start_s_N
        Start of each window in seconds of the recording, ascending, shape (N,).
    window_s
        Duration of a window.
    coordinates_N2
        Its place on the map, shape (N, 2).
    """

    start_s_N: np.ndarray
    window_s: float
    coordinates_N2: np.ndarray

    @property
    def centre_s_N(self) -> np.ndarray:
        """Middle of each window in seconds of the recording, shape (N,): when it is shown."""
        return np.asarray(self.start_s_N, np.float64) + 0.5 * self.window_s


class MapPoints(NamedTuple):
    """What the point moves over.

    Attributes
    ----------
    coordinates_M2
        Places on the map, shape (M, 2).
    labels_M
        Class of each point as text, shape (M,), which colours it; empty for points of no class. None: all are alike.
    legend_title
        What the classes are.
    caption
        Stands below the map.
    """

    coordinates_M2: np.ndarray
    labels_M: np.ndarray | None = None
    legend_title: str = ""
    caption: str = ""
