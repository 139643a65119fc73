"""The grey frames of a whole recording, to its first and last sample, read a stretch at a time.

Legend: S = samples, K = frames, F = rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from torch import Tensor

from subsong.sources.spectrograms.frames import FrameMaker


class FrameGrid(NamedTuple):
    """Where the frames of a recording lie: frame k is centred on sample ``k * hop_size``.

    Attributes
    ----------
    hop_size
        Samples from frame to frame.
    sample_rate_hz
        Samples a second.
    num_samples
        Of the recording.
    """

    hop_size: int
    sample_rate_hz: float
    num_samples: int

    @property
    def num_frames(self) -> int:
        """Frames it takes to cover every sample, each frame covering half a hop to either side."""
        return -(-(2 * self.num_samples - self.hop_size) // (2 * self.hop_size)) + 1 if self.num_samples else 0

    @property
    def hop_s(self) -> float:
        """Seconds from frame to frame."""
        return self.hop_size / self.sample_rate_hz

    def to_seconds(self, places_N: np.ndarray) -> np.ndarray:
        """Return places in frames as seconds within the recording, shape (N,)."""
        return np.clip(places_N * self.hop_s, 0.0, self.num_samples / self.sample_rate_hz)


class FrameSource(Protocol):
    """Whatever gives the frames of a recording."""

    @property
    def grid(self) -> FrameGrid:
        """Where its frames lie."""
        ...

    def read(self, first: int, stop: int) -> Tensor:
        """Return the grey frames `first` to `stop` (excluded), all of them on the grid, shape (K, F)."""
        ...


class RecordingFrames:
    """The frames of one channel of a recording.

    Parameters
    ----------
    maker
        Computes frames; for recordings of this rate, with ``remove_mean`` off, since the mean of a recording is known
        only at its end.
    num_samples
        Of the recording.
    read_samples
        ``(first, stop)`` -> those samples of the recording in units of full scale, shape (S,).

    Notes
    -----
    Beyond the ends of the recording lies silence, so that every sample is covered by a frame.
    """

    def __init__(self, maker: FrameMaker, num_samples: int, read_samples: Callable[[int, int], np.ndarray]) -> None:
        if maker.config.remove_mean:
            raise ValueError("frames of a stream cannot have the mean of the recording removed: set remove_mean false")
        self.grid = FrameGrid(maker.config.hop_size, maker.sample_rate_hz, num_samples)
        self._maker, self._read_samples = maker, read_samples

    def read(self, first: int, stop: int) -> Tensor:
        """Return the frames `first` to `stop` (excluded), values in [0, 1], shape (K, F)."""
        reach = self._maker.find_reach(range(first, stop))
        # A recording shorter than half a window has frames that lie beyond its other end.
        low = min(max(reach.start, 0), self.grid.num_samples)
        high = min(max(reach.stop, low), self.grid.num_samples)
        samples_S = np.zeros(len(reach), dtype=np.float32)
        samples_S[low - reach.start : high - reach.start] = self._read_samples(low, high)
        return self._maker.compute(samples_S, range(first, stop), first_sample=reach.start).clamp_(0.0, 1.0)
