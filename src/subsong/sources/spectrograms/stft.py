"""Log magnitudes of listed STFT frames, only at the frequencies that are shown, in blocks of bounded memory.

Legend: S = samples, K = frames, W = samples of a window, M = tapers, B = STFT bins from low_hz to high_hz,
F = rows of the image.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from subsong.sources.spectrograms.axes import find_rows
from subsong.sources.spectrograms.config import SpectrogramConfig, check_sample_rate
from subsong.sources.spectrograms.plan import FramePlan
from subsong.sources.spectrograms.tapers import build_tapers

SMALLEST = 1e-12
"""Added to magnitudes before the logarithm."""
_SAMPLES_A_BLOCK = 2**18


class LogStft:
    """ln(|STFT| + 1e-12) of chosen frames, and its rows at the image's frequencies.

    Parameters
    ----------
    config
        The settings.
    sample_rate_hz
        Of the recordings.
    device, dtype
        Where and in which precision to compute: float32 or float64.

    Raises
    ------
    SubsongError
        When the recordings cannot hold `high_hz`.
    """

    def __init__(
        self,
        config: SpectrogramConfig,
        sample_rate_hz: int,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        check_sample_rate(config, sample_rate_hz)
        self._window_size = config.window_size
        self._device, self._dtype = torch.device(device), dtype
        # The loudest frequencies are often not the ones shown: in float32 their rounding would reach the weak ones.
        # Apple's devices know no float64.
        self._fourier_dtype = dtype if self._device.type == "mps" else torch.float64
        tapers_MW = build_tapers(config)
        self._tapers_MW = torch.as_tensor(tapers_MW / np.sqrt(len(tapers_MW))).to(self._fourier_dtype).to(self._device)
        self._offset_W = torch.arange(config.window_size, device=self._device)
        rows = find_rows(config, sample_rate_hz)
        self._bins = rows.bins
        self._low_F = torch.as_tensor(rows.low_F, device=self._device)
        self._weight_F = self._put(rows.weight_F)
        self.frequencies_hz_B: np.ndarray = np.fft.rfftfreq(config.window_size, 1.0 / sample_rate_hz)[rows.bins]
        """Frequencies of the STFT that are kept."""

    def compute(self, samples_S: Tensor, frames: FramePlan, mean_N: np.ndarray) -> Tensor:
        """Return the log magnitudes of the frames, shape (K, B).

        Parameters
        ----------
        samples_S
            The samples that the frames are numbered by, on the device and in the dtype of this object.
        frames
            Which frames.
        mean_N
            What to subtract from the samples of each segment that the frames name.
        """
        if len(samples_S) == 0:
            samples_S = samples_S.new_zeros(1)
        mean_K1 = torch.as_tensor(mean_N[frames.segment_K]).to(self._fourier_dtype).to(self._device)[:, None]
        log_KB = samples_S.new_empty(len(mean_K1), len(self.frequencies_hz_B))
        cut_K = (frames.start_K < frames.low_K) | (frames.start_K + self._window_size > frames.high_K)
        step = max(1, _SAMPLES_A_BLOCK // self._window_size)
        for gather, rows in ((self._gather_whole, np.flatnonzero(~cut_K)), (self._gather_cut, np.flatnonzero(cut_K))):
            for start in range(0, len(rows), step):
                block = rows[start : start + step]
                index = torch.as_tensor(block, device=self._device)
                plan = FramePlan(*(values_K[block] for values_K in frames))
                power_KB = self._compute_power(gather(samples_S, plan, mean_K1[index]))
                log_KB.index_copy_(0, index, power_KB.to(self._dtype).sqrt_().add_(SMALLEST).log_())
        return log_KB

    def interpolate(self, log_KB: Tensor) -> Tensor:
        """Return the log magnitudes at the image's frequencies, linear between STFT bins, shape (K, F)."""
        return torch.lerp(log_KB.index_select(1, self._low_F), log_KB.index_select(1, self._low_F + 1), self._weight_F)

    def _gather_whole(self, samples_S: Tensor, plan: FramePlan, mean_K1: Tensor) -> Tensor:
        """Return the samples of frames that may look at all of them, less their mean, shape (K, W)."""
        start_K = torch.as_tensor(plan.start_K, device=self._device)
        frames_KW = samples_S.unfold(0, self._window_size, 1).index_select(0, start_K)
        return frames_KW.to(self._fourier_dtype).sub_(mean_K1)

    def _gather_cut(self, samples_S: Tensor, plan: FramePlan, mean_K1: Tensor) -> Tensor:
        """Return the samples of frames, less their mean, and zero where they may not look, shape (K, W)."""
        start_K1, low_K1, high_K1 = (torch.as_tensor(values_K, device=self._device)[:, None] for values_K in plan[:3])
        position_KW = start_K1 + self._offset_W
        outside_KW = (position_KW < low_K1) | (position_KW >= high_K1)
        # A flat index_select is several times as fast as indexing by a matrix.
        flat = samples_S.index_select(0, position_KW.clamp_(0, len(samples_S) - 1).flatten())
        return flat.view_as(position_KW).to(self._fourier_dtype).sub_(mean_K1).masked_fill_(outside_KW, 0.0)

    def _compute_power(self, frames_KW: Tensor) -> Tensor:
        """Return the squared magnitude, the mean over tapers, shape (K, B)."""
        first_W, *more_MW = self._tapers_MW
        power_KB = self._compute_taper_power(frames_KW * first_W)
        for taper_W in more_MW:
            power_KB += self._compute_taper_power(frames_KW * taper_W)
        return power_KB

    def _compute_taper_power(self, tapered_KW: Tensor) -> Tensor:
        spectrum_KB = torch.view_as_real(torch.fft.rfft(tapered_KW)[:, self._bins])
        real_KB, imaginary_KB = spectrum_KB.unbind(-1)
        return real_KB.square().addcmul_(imaginary_KB, imaginary_KB)

    def _put(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(values).to(dtype=self._dtype).to(self._device)
