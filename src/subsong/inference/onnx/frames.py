"""The frames of a run of samples, in operations that ONNX has: the same numbers as `RecordingFrames`, `SampleFrames`.

The Fourier transform is a product of matrices, and only of the frequencies that are shown. Folded at its middle, a
window takes half of the work: cosines are even about it, and sines are odd.

Legend: S = samples, K = frames, W = samples of a window, R = rows of samples, M = tapers, B = STFT bins that are kept,
E, O = samples of the even and odd half of a window, F = rows of the image.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from subsong.sources.spectrograms.axes import find_rows
from subsong.sources.spectrograms.config import SpectrogramConfig, check_log_range, check_sample_rate
from subsong.sources.spectrograms.frame_settings import FrameSettings
from subsong.sources.spectrograms.sample_frames import SampleFramesConfig
from subsong.sources.spectrograms.stft import SMALLEST
from subsong.sources.spectrograms.tapers import build_tapers


class RawFrames(nn.Module):
    """Samples (S,) -> frames of samples in units of the level (F, K), which follow each other."""

    def __init__(self, config: SampleFramesConfig) -> None:
        super().__init__()
        self.hop_size = self.window_size = config.hop_size
        self._scale = 1.0 / config.level

    def forward(self, samples_S: Tensor) -> Tensor:
        """Return the frames that are whole."""
        num_frames = samples_S.shape[0] // self.hop_size
        return (samples_S[: num_frames * self.hop_size] * self._scale).view(-1, self.hop_size).T


class GreyFrames(nn.Module):
    """Samples (S,) -> grey frames (F, K) in [0, 1]; frame k looks at the samples from ``k * hop_size`` on.

    Parameters
    ----------
    config
        What a frame is, with `log_low` and `log_high`, and without `remove_mean`.
    sample_rate_hz
        Of the samples.

    Notes
    -----
    As in `LogStft`, the transform is in float64: the rounding of a loud frequency would else reach the weak ones.
    """

    tapers_MW: Tensor
    cosines_EB: Tensor
    sines_OB: Tensor
    low_F: Tensor
    weight_F1: Tensor

    def __init__(self, config: SpectrogramConfig, sample_rate_hz: int) -> None:
        super().__init__()
        if config.remove_mean:
            raise ValueError("frames of a stream cannot have the mean of the recording removed: set remove_mean false")
        check_sample_rate(config, sample_rate_hz)
        self.window_size, self.hop_size = config.window_size, config.hop_size
        # Windows are put together of whole rows of samples, the longest that windows and hops are multiples of.
        self._row_size = math.gcd(config.window_size, config.hop_size)
        self._low, self._high = check_log_range(config)
        rows = find_rows(config, sample_rate_hz)
        cosines_EB, sines_OB = _build_basis(config.window_size, np.arange(rows.bins.start, rows.bins.stop))
        tapers_MW = build_tapers(config)
        constants = {
            "tapers_MW": tapers_MW / np.sqrt(len(tapers_MW)),
            "cosines_EB": cosines_EB,
            "sines_OB": sines_OB,
            "low_F": rows.low_F,
            "weight_F1": rows.weight_F.astype(np.float32)[:, None],
        }
        for name, values in constants.items():
            self.register_buffer(name, torch.from_numpy(values))

    def forward(self, samples_S: Tensor) -> Tensor:
        """Return the frames whose windows lie wholly inside the samples, shape (F, K)."""
        frames_KW = self._cut(samples_S).double()
        power_KB = sum(self._compute_power(frames_KW * taper_W) for taper_W in self.tapers_MW.unbind())
        assert isinstance(power_KB, Tensor)
        log_BK = (power_KB.T.float().sqrt() + SMALLEST).log()
        low_FK, high_FK = log_BK.index_select(0, self.low_F), log_BK.index_select(0, self.low_F + 1)
        log_FK = low_FK + self.weight_F1 * (high_FK - low_FK)
        return ((log_FK - self._low) / (self._high - self._low)).clamp(0.0, 1.0)

    def _cut(self, samples_S: Tensor) -> Tensor:
        """Return the samples of each frame, shape (K, W)."""
        row_size, num_frames = self._row_size, (samples_S.shape[0] - self.window_size) // self.hop_size + 1
        num_samples = (num_frames - 1) * self.hop_size + self.window_size
        rows = samples_S[:num_samples].view(-1, row_size)
        first_K1 = torch.arange(num_frames)[:, None] * (self.hop_size // row_size)
        row_KR = first_K1 + torch.arange(self.window_size // row_size)
        return rows.index_select(0, row_KR.flatten()).view(-1, self.window_size)

    def _compute_power(self, tapered_KW: Tensor) -> Tensor:
        """Return the squared magnitude, shape (K, B)."""
        half = (self.window_size - 1) // 2
        left_KO = tapered_KW[:, 1 : half + 1]
        right_KO = tapered_KW[:, self.window_size - half :].flip(1)
        # The first sample has no counterpart, nor has the middle one of an even number.
        middle = tapered_KW[:, half + 1 : self.window_size - half]
        real_KB = torch.cat([tapered_KW[:, :1], left_KO + right_KO, middle], dim=1) @ self.cosines_EB
        imaginary_KB = (left_KO - right_KO) @ self.sines_OB
        return real_KB * real_KB + imaginary_KB * imaginary_KB


def build_frames(settings: FrameSettings, sample_rate_hz: int) -> RawFrames | GreyFrames:
    """Return what makes frames of samples at this rate."""
    if isinstance(settings, SampleFramesConfig):
        return RawFrames(settings)
    return GreyFrames(settings, sample_rate_hz)


def _build_basis(window_size: int, bins_B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the cosines and sines of the folded transform, shapes (E, B) and (O, B)."""
    # The product modulo the size keeps the angles small, and so their cosines exact.
    turn_EB = np.outer(np.arange(window_size // 2 + 1), bins_B) % window_size / window_size
    turn_OB = turn_EB[1 : (window_size - 1) // 2 + 1]
    return np.cos(2.0 * np.pi * turn_EB), np.sin(2.0 * np.pi * turn_OB)
