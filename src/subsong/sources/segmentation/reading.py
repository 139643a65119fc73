"""What is segmented: anything that gives a recording's samples piece by piece.

Legend: T = samples.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np

from subsong.core.errors import SubsongError


class SampleInfo(Protocol):
    """What must be known of a recording before its samples are read."""

    @property
    def sample_rate_hz(self) -> int:
        """Samples a second."""
        ...

    @property
    def num_samples(self) -> int:
        """Length of the recording."""
        ...


class SampleReader(Protocol):
    """A recording that is read in pieces, so that an hour of it never sits in memory."""

    @property
    def info(self) -> SampleInfo:
        """Rate and length."""
        ...

    def read(self, start: int, stop: int, /) -> np.ndarray:
        """Return the samples ``start <= t < stop`` of one channel, float, shape (T,), in units of full scale."""
        ...


class ArrayInfo(NamedTuple):
    """Rate and length of samples in memory."""

    sample_rate_hz: int
    num_samples: int


class ArrayReader:
    """Samples in memory, read like a file.

    Parameters
    ----------
    samples_T
        One channel in units of full scale, shape (T,).
    sample_rate_hz
        Samples a second.

    Raises
    ------
    SubsongError
        When the array has not exactly one axis.
    """

    def __init__(self, samples_T: np.ndarray, sample_rate_hz: int) -> None:
        check_one_channel(samples_T)
        self._samples_T = samples_T
        self.info = ArrayInfo(sample_rate_hz, len(samples_T))

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return a view of the samples ``start <= t < stop``."""
        return self._samples_T[start:stop]


def check_one_channel(samples_T: np.ndarray) -> None:
    """Raise a `SubsongError` unless the samples are of one channel, shape (T,)."""
    if samples_T.ndim != 1:
        raise SubsongError(
            f"expected samples of one channel, shape (T,), not an array of shape {samples_T.shape}: choose a channel"
        )
