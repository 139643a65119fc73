"""What stands before the network of DAS: the samples as they are, or a short-time Fourier transform that may learn.

Legend: B = examples, R = channels of the recording, F = rows of the input: R times the samples of a frame, K = frames,
T = samples, C = features.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from subsong.core.config import ConfigBase
from subsong.models.tcn import Reach

_DB_A_FACTOR_OF_TEN = 20.0


class SamplesFrontendConfig(ConfigBase):
    """The samples as they are: each of a frame is a feature."""

    kind: Literal["none"] = "none"
    hop_size: int = Field(1, ge=1, description="Samples of a frame, which share one output; 1: as DAS without STFT.")

    def build(self, num_rows: int) -> SamplesFrontend:
        """Return the frontend for frames of `num_rows` rows."""
        return SamplesFrontend(num_rows)


class StftFrontendConfig(ConfigBase):
    """Magnitudes of a short-time Fourier transform, in decibels."""

    kind: Literal["stft"] = "stft"
    hop_size: int = Field(16, ge=1, description="Samples from frame to frame (DAS: 2 to the power nb_pre_conv).")
    num_taps: int = Field(64, ge=2, description="Samples of a window (DAS: pre_nb_dft); half of it plus 1 bins.")
    range_db: float = Field(80.0, gt=0, description="Decibels below loud training sound that are told apart.")
    is_trainable: bool = Field(True, description="Whether the filters learn; they begin as those of the transform.")

    def build(self, num_rows: int) -> StftFrontend:
        """Return the frontend for frames of `num_rows` rows, a multiple of `hop_size`."""
        return StftFrontend(self, num_rows // self.hop_size)


DasFrontendConfig = Annotated[SamplesFrontendConfig | StftFrontendConfig, Field(discriminator="kind")]


class SamplesFrontend(nn.Module):
    """Samples in frames (B, F, K) as features (B, F, K)."""

    def __init__(self, num_rows: int) -> None:
        super().__init__()
        self.feature_dim, self.reach = num_rows, Reach(0, 0)

    def forward(self, samples_BFK: Tensor) -> Tensor:
        """Return the samples."""
        return samples_BFK


class StftFrontend(nn.Module):
    """Samples in frames (B, F, K) -> levels of frequencies (B, C, K); C = R (num_taps // 2 + 1).

    Parameters
    ----------
    config
        Its settings.
    num_channels
        R, transformed alike.

    Notes
    -----
    The frontend of DAS (``kapre``): filters begin as cosines and sines under a periodic Hann window, and levels are
    logarithms of magnitudes. There the loudest value of a chunk is taken from all its values, so that the same second
    looks different in another chunk; here levels are relative to one fixed magnitude, that of a sine of amplitude 1.
    Levels reach from -1, at `range_db` below it, to 1 and beyond.
    """

    def __init__(self, config: StftFrontendConfig, num_channels: int) -> None:
        super().__init__()
        taps, hop = config.num_taps, config.hop_size
        num_bins = taps // 2 + 1
        self._hop_size, self._num_channels = hop, num_channels
        self.feature_dim = num_channels * num_bins
        # The window is centred on sample k * hop, which lies hop // 2 behind the first sample of frame k.
        self._before, self._after = taps // 2 - hop // 2, (taps - taps // 2) - (hop - hop // 2)
        self.reach = Reach(*(math.ceil(max(0, beyond) / hop) for beyond in (self._before, self._after)))
        self.filters = nn.Parameter(_build_filters(taps), requires_grad=config.is_trainable)
        self._reference, self._range_db = taps / 4.0, config.range_db

    def forward(self, samples_BFK: Tensor) -> Tensor:
        """Return the levels of each frame."""
        num_examples, _, num_frames = samples_BFK.shape
        in_order = samples_BFK.view(num_examples, self._num_channels, self._hop_size, num_frames).transpose(2, 3)
        samples_B1T = in_order.reshape(num_examples * self._num_channels, 1, num_frames * self._hop_size)
        padded_B1T = functional.pad(samples_B1T, (self._before, self._after))
        cosines, sines = functional.conv1d(padded_B1T, self.filters, stride=self._hop_size).chunk(2, dim=1)
        power = (cosines.square() + sines.square()) / self._reference**2
        # The floor is far above the smallest number: where all is silent, gradients stay finite.
        level_db = 0.5 * _DB_A_FACTOR_OF_TEN * power.clamp(min=10.0 ** (-self._range_db / 10.0)).log10()
        levels: Tensor = 2.0 * level_db / self._range_db + 1.0
        return levels.reshape(num_examples, self.feature_dim, num_frames)


def _build_filters(num_taps: int) -> Tensor:
    """Return cosines, then negative sines, under a periodic Hann window, shape (2 (num_taps // 2 + 1), 1, num_taps)."""
    tap = torch.arange(num_taps, dtype=torch.float64)
    window = 0.5 - 0.5 * torch.cos(2.0 * math.pi * tap / num_taps)
    angle = 2.0 * math.pi * torch.arange(num_taps // 2 + 1, dtype=torch.float64)[:, None] * tap / num_taps
    return torch.cat([window * angle.cos(), -window * angle.sin()]).unsqueeze(1).float()
