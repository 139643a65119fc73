"""From grey frames to features: how a segmenter reads the rows of a spectrogram.

Legend: B = examples, F = rows (frequencies), K = frames, C = channels.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.models.tcn import Reach


class PlainFrontendConfig(ConfigBase):
    """The rows as they are: each is a channel."""

    kind: Literal["plain"] = "plain"

    def build(self, num_freq_bins: int) -> PlainFrontend:
        """Return the frontend for frames of `num_freq_bins` rows."""
        return PlainFrontend(num_freq_bins)


class FrequencyFrontendConfig(ConfigBase):
    """Small pictures around each frame, convolved over time and frequency, with fewer rows from stage to stage."""

    kind: Literal["frequency"] = "frequency"
    channels: tuple[int, ...] = Field((16, 32), min_length=1, description="Channels of each stage.")
    strides: tuple[int, ...] = Field((4, 2), min_length=1, description="Rows that become one, stage by stage.")
    num_frames: int = Field(3, ge=1, description="Frames a filter looks at; an odd number.")
    feature_dim: int = Field(64, ge=1, description="Features of a frame.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.strides) != len(self.channels):
            raise ValueError(f"strides has {len(self.strides)} stages, channels has {len(self.channels)}")
        if self.num_frames % 2 == 0:
            raise ValueError(f"num_frames must be odd, so that filters lie evenly around a frame: {self.num_frames}")
        return self

    def build(self, num_freq_bins: int) -> FrequencyFrontend:
        """Return the frontend for frames of `num_freq_bins` rows."""
        return FrequencyFrontend(self, num_freq_bins)


FrontendConfig = Annotated[PlainFrontendConfig | FrequencyFrontendConfig, Field(discriminator="kind")]


class PlainFrontend(nn.Module):
    """Grey frames (B, F, K) as features (B, F, K)."""

    def __init__(self, num_freq_bins: int) -> None:
        super().__init__()
        self.feature_dim, self.reach = num_freq_bins, Reach(0, 0)

    def forward(self, grey_BFK: Tensor) -> Tensor:
        """Return the frames."""
        return grey_BFK


class FrequencyFrontend(nn.Module):
    """Grey frames (B, F, K) -> features (B, C, K)."""

    def __init__(self, config: FrequencyFrontendConfig, num_freq_bins: int) -> None:
        super().__init__()
        half = config.num_frames // 2
        layers: list[nn.Module] = []
        before, num_rows = 1, num_freq_bins
        for channels, stride in zip(config.channels, config.strides, strict=True):
            # Filters overlap by half or more, so that a tone between two steps is not lost.
            height = max(3, 2 * stride - 1)
            layers += [
                nn.Conv2d(before, channels, (height, config.num_frames), (stride, 1), (height // 2, half)),
                nn.ReLU(),
            ]
            before, num_rows = channels, math.ceil(num_rows / stride)
        self.layers = nn.Sequential(*layers, nn.Conv2d(before, config.feature_dim, (num_rows, 1)))
        self.feature_dim = config.feature_dim
        self.reach = Reach(half * len(config.channels), half * len(config.channels))
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, grey_BFK: Tensor) -> Tensor:
        """Return the features of each frame."""
        features_BCK: Tensor = self.layers(grey_BFK.unsqueeze(1)).squeeze(2)
        return features_BCK
