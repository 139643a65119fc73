"""Raw sound in frames: blocks of samples in place of rows of a spectrogram, for networks that make their own features.

Legend: R = channels shown together, S = samples of a run of frames, K = frames, F = rows: the samples of a frame, first
those of the first channel.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from subsong.core.config import ConfigBase
from subsong.sources.spectrograms.recording_frames import FrameGrid


class SampleFramesConfig(ConfigBase):
    """What a frame of raw sound is.

    Notes
    -----
    Samples are divided by `level`, one number for all recordings, chosen once from the training sound. A recording is
    not scaled by its own loudness, which is known at its end only and would make quiet noise of a recording without
    song look like song.
    """

    kind: Literal["samples"] = "samples"
    hop_size: int = Field(1, ge=1, description="Samples of a frame, and from frame to frame.")
    num_channels: int = Field(1, ge=1, description="Channels of a recording that a frame shows together.")
    level: float = Field(1.0, gt=0, description="What becomes 1: root mean square of loud sound, in full scales.")

    @property
    def num_rows(self) -> int:
        """Rows of a frame."""
        return self.num_channels * self.hop_size


class SampleFrames:
    """The samples of a recording, of one channel or of several together, in frames.

    Frame k holds the `hop_size` samples from ``k * hop_size - hop_size // 2`` on, so that it lies where a frame of a
    spectrogram lies.

    Parameters
    ----------
    config
        What a frame is.
    sample_rate_hz
        Of the recording.
    num_samples
        Of the recording.
    read_samples
        ``(first, stop)`` -> those samples of the recording in units of full scale, shape (S,), or (R, S) of several
        channels.

    Notes
    -----
    Beyond the ends of the recording lies silence.
    """

    def __init__(
        self,
        config: SampleFramesConfig,
        sample_rate_hz: int,
        num_samples: int,
        read_samples: Callable[[int, int], np.ndarray],
    ) -> None:
        self.grid = FrameGrid(config.hop_size, sample_rate_hz, num_samples)
        self._scale, self._read_samples = np.float32(1.0 / config.level), read_samples
        self._num_channels = config.num_channels

    def read(self, first: int, stop: int) -> Tensor:
        """Return the frames `first` to `stop` (excluded), in units of the level, shape (K, F)."""
        hop_size = self.grid.hop_size
        start, end = (frame * hop_size - hop_size // 2 for frame in (first, stop))
        low = min(max(start, 0), self.grid.num_samples)
        high = min(max(end, low), self.grid.num_samples)
        read_RS = np.atleast_2d(self._read_samples(low, high))
        if len(read_RS) != self._num_channels:
            raise ValueError(f"frames show {self._num_channels} channels together, but {len(read_RS)} were read")
        samples_RS = np.zeros((self._num_channels, end - start), dtype=np.float32)
        samples_RS[:, low - start : high - start] = read_RS
        samples_RS *= self._scale
        in_frames_RKS = torch.from_numpy(samples_RS).view(self._num_channels, stop - first, hop_size)
        return in_frames_RKS.transpose(0, 1).reshape(stop - first, self._num_channels * hop_size)
