"""The grey frames of a recording: one STFT, from which any number of windows are made later.

Frame k of a recording is centred on its sample ``k * hop_size``, wherever a region of interest begins, so that frames
of overlapping regions agree and a window's place is known to the sample.

Legend: S = samples, K = frames of a run, F = rows of the image (low to high frequency).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from subsong.sources.spectrograms.config import SpectrogramConfig, check_log_range
from subsong.sources.spectrograms.plan import FramePlan
from subsong.sources.spectrograms.samples import check_samples
from subsong.sources.spectrograms.stft import LogStft


def find_whole_frames(num_samples: int, config: SpectrogramConfig) -> range:
    """Return the numbers of the frames whose STFT window lies wholly inside a recording; may be empty."""
    half = config.window_size // 2
    first = -(-half // config.hop_size)
    last = (num_samples - config.window_size + half) // config.hop_size
    return range(first, max(last + 1, first))


class FrameMaker:
    """Computes runs of frames of recordings of one sample rate.

    Parameters
    ----------
    config
        The settings, with `log_low` and `log_high`. What concerns the times of an image is not used.
    sample_rate_hz
        Of the recordings.
    device, dtype
        Where and in which precision to compute: float32 or float64. Frames have this dtype and lie there.

    Raises
    ------
    SubsongError
        When `log_low` or `log_high` is not set, or the recordings cannot hold `high_hz`.
    """

    def __init__(
        self,
        config: SpectrogramConfig,
        sample_rate_hz: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.config, self.sample_rate_hz = config, sample_rate_hz
        self._low, self._high = check_log_range(config)
        self._stft = LogStft(config, sample_rate_hz, device, dtype)
        self._device, self._dtype = torch.device(device), dtype

    def find_reach(self, frames: range) -> range:
        """Return the samples of the recording that a run of frames looks at."""
        first = frames.start * self.config.hop_size - self.config.window_size // 2
        return range(first, first + (len(frames) - 1) * self.config.hop_size + self.config.window_size)

    def compute(
        self, samples_S: np.ndarray | Tensor, frames: range, first_sample: int = 0, mean: float = 0.0
    ) -> Tensor:
        """Return the grey values of a run of frames, shape (K, F): `log_low` is 0 and `log_high` is 1, not clipped.

        Parameters
        ----------
        samples_S
            Samples of one channel in units of full scale: the recording, or a part of it that holds `find_reach`.
        frames
            Numbers of the frames on the grid of the recording.
        first_sample
            Which sample of the recording comes first.
        mean
            Subtracted from every sample when `remove_mean` is set; the mean of the recording.

        Raises
        ------
        ValueError
            When `samples_S` is not one channel of floating-point numbers, or a frame looks beyond its ends.
        """
        samples, reach = check_samples(samples_S), self.find_reach(frames)
        if len(frames) and not first_sample <= reach.start <= reach.stop <= first_sample + len(samples):
            raise ValueError(
                f"frames {frames.start} to {frames.stop - 1} look at the samples {reach.start} to {reach.stop - 1} of "
                f"the recording, found {first_sample} to {first_sample + len(samples) - 1}: give more of it"
            )
        start_K = np.asarray(frames, dtype=np.int64) * self.config.hop_size - self.config.window_size // 2
        zero_K = np.zeros_like(start_K)
        plan = FramePlan(start_K - first_sample, zero_K, zero_K + len(samples), zero_K)
        on_device_S = torch.as_tensor(samples).to(self._dtype).to(self._device)
        log_KB = self._stft.compute(on_device_S, plan, np.array([mean if self.config.remove_mean else 0.0]))
        return self._stft.interpolate(log_KB).sub_(self._low).div_(self._high - self._low)
