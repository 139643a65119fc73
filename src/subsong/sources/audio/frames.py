"""The shape every format is read through, and the one for numbers that lie plainly on the disk.

Legend: T = samples per channel, C = channels.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from subsong.sources.audio.info import AudioInfo, scale_samples


class FrameSource(Protocol):
    """An open recording whose frames (one sample of every channel) can be read from any place.

    Attributes
    ----------
    info
        What the recording says of itself.
    """

    info: AudioInfo

    def read(self, start_sample: int, stop_sample: int) -> np.ndarray:
        """Return frames in units of full scale, float32, shape (T, C).

        The range lies in the recording: ``0 <= start_sample <= stop_sample <= info.num_samples``. A part equals the
        same slice of the whole bit for bit, whatever was read before.

        Raises
        ------
        SubsongError
            When the frames cannot be decoded.
        """
        ...

    def close(self) -> None:
        """Close the file."""
        ...


class ArrayFrames:
    """Frames of a memory map, of which only what is asked for is read.

    Parameters
    ----------
    info
        What is known of the recording.
    values_TC
        The stored numbers, shape (T, C), of a type in `FULL_SCALES`.
    """

    def __init__(self, info: AudioInfo, values_TC: np.ndarray) -> None:
        assert values_TC.shape == (info.num_samples, info.num_channels), f"{values_TC.shape} for {info}"
        self.info = info
        self._values_TC = values_TC

    def read(self, start_sample: int, stop_sample: int) -> np.ndarray:
        """Return frames in units of full scale, float32, shape (T, C)."""
        return scale_samples(self._values_TC[start_sample:stop_sample])

    def close(self) -> None:
        """Let go of the memory map, which closes with its last reference."""
        self._values_TC = self._values_TC[:0].copy()
