"""The spectrogram of a whole recording: for figures, and for whatever walks along a recording.

Legend: S = samples, B = STFT bins from low_hz to high_hz, K = frames.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.plan import FramePlan
from subsong.sources.spectrograms.samples import check_samples
from subsong.sources.spectrograms.stft import LogStft


class LogSpectrogram(NamedTuple):
    """Log magnitudes of a recording."""

    values_BK: np.ndarray
    """ln(|STFT| + 1e-12), low to high frequency, float32, shape (B, K)."""
    frequencies_hz_B: np.ndarray
    """Frequency of each row."""
    times_s_K: np.ndarray
    """Centre of each frame, in seconds from the first sample; the first is 0."""


def compute_log_spectrogram(
    samples_S: np.ndarray | Tensor, sample_rate_hz: int, config: SpectrogramConfig, device: torch.device | str = "cpu"
) -> LogSpectrogram:
    """Return ln|STFT| of a recording between `low_hz` and `high_hz`, with zeros before and after it.

    Frames are those of SciPy's ``stft``. The memory needed beyond the result is bounded.

    Parameters
    ----------
    samples_S
        Samples of one channel in units of full scale, shape (S,).
    sample_rate_hz
        Of the recording.
    config
        The settings of the STFT, and the band. What concerns images alone is not used.
    device
        Where to compute.

    Raises
    ------
    SubsongError
        When the recording cannot hold `high_hz`.
    ValueError
        When `samples_S` is not one channel of floating-point numbers.
    """
    samples = check_samples(samples_S)
    stft = LogStft(config, sample_rate_hz, device)
    num_frames = -(-len(samples) // config.hop_size) + 1 if len(samples) else 0
    centre_K = np.arange(num_frames) * config.hop_size
    zero_K = np.zeros_like(centre_K)
    frames = FramePlan(centre_K - config.window_size // 2, zero_K, zero_K + len(samples), zero_K)
    mean = samples.mean(dtype=np.float64) if config.remove_mean and len(samples) else 0.0
    on_device_S = torch.as_tensor(samples).to(torch.float32).to(device)
    log_KB = stft.compute(on_device_S, frames, np.array([mean]))
    return LogSpectrogram(log_KB.T.cpu().numpy(), stft.frequencies_hz_B, centre_K / sample_rate_hz)
