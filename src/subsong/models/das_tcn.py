"""The network of DAS (Steinfath et al. 2021, eLife 10:e68837) on raw sound, layer by layer.

Stacks of residual blocks with dilations 1 to 16; each block is a long filter, a ReLU, a division of each frame by its
largest channel, and a mix of channels; what the blocks add is summed and read out. What differs: the last layer has no
output for "nothing", which is a logit of 0, and has outputs for borders, which place ends of sounds below a frame.

Legend: B = examples, F = rows (samples of a frame, of all channels of a recording), K = frames, C = channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.models.das_filters import build_filter
from subsong.models.das_frontends import DasFrontendConfig, SamplesFrontendConfig
from subsong.models.segmenter import (
    ClassLayout,
    FrameNetwork,
    SegmenterHead,
    SegmenterOutput,
    find_layout,
)
from subsong.sources.song_class import SongClass

_SMALLEST_PEAK = 1e-5


class DasTcnConfig(ConfigBase):
    """Raw sound -> classes and borders, as DAS does it. What the options are called there stands in brackets."""

    kind: Literal["das-tcn"] = "das-tcn"
    frontend: DasFrontendConfig = Field(SamplesFrontendConfig(), description="none: samples; stft: their spectrogram.")
    channels: int = Field(32, ge=1, description="Channels of every layer (nb_filters).")
    kernel_size: int = Field(16, ge=1, description="Frames a filter looks at (kernel_size).")
    num_stacks: int = Field(3, ge=1, description="How often the dilations are run through (nb_conv).")
    dilations: tuple[int, ...] = Field(
        (1, 2, 4, 8, 16),
        min_length=1,
        description="Frames between the taps of the filters, block by block (dilations).",
    )
    separable: tuple[bool, ...] = Field(
        (False,), min_length=1, description="Separable filters: one for all stacks, or one a stack (use_separable)."
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of channels left out of each block in training.")
    overlap: bool = Field(False, description="Whether labels may sound at once: each class is then decided by itself.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.separable) not in (1, self.num_stacks):
            raise ValueError(f"separable has {len(self.separable)} entries: give 1, or {self.num_stacks} (num_stacks)")
        if min(self.dilations) < 1:
            raise ValueError(f"dilations must be 1 or more, found {min(self.dilations)}")
        return self

    def build(self, num_rows: int, classes: Sequence[SongClass]) -> DasTcn:
        """Return an untrained network, drawn from torch's global generator.

        Parameters
        ----------
        num_rows
            F: `frontend.hop_size`, times the channels that are shown together.
        classes
            The classes, in the order of the columns of targets.

        Raises
        ------
        ValueError
            When `num_rows` is no multiple of `frontend.hop_size`.
        """
        if num_rows % self.frontend.hop_size:
            raise ValueError(f"frames of {num_rows} rows: expected a multiple of hop_size {self.frontend.hop_size}")
        return DasTcn(self, num_rows, find_layout(classes, self.overlap))


class DasBlock(nn.Module):
    """What one block adds: long filter, ReLU, division by the largest channel, mix; (B, C, 1, K) either way.

    Parameters
    ----------
    config
        Its settings.
    dilation
        Frames between taps.
    is_separable
        Four filters for each channel, then a mix, instead of both at once.
    """

    def __init__(self, config: DasTcnConfig, dilation: int, is_separable: bool) -> None:
        super().__init__()
        self.filter = build_filter(config.channels, config.kernel_size, dilation, is_separable)
        self.reach = self.filter.reach
        self.dropout = nn.Dropout2d(config.dropout) if config.dropout else nn.Identity()
        self.mix = nn.Conv2d(config.channels, config.channels, 1)

    def forward(self, x_BC1K: Tensor) -> Tensor:
        """Return what to add to the frames."""
        filtered_BC1K = self.filter(x_BC1K).relu_()
        peak_B11K = filtered_BC1K.amax(dim=1, keepdim=True) + _SMALLEST_PEAK
        # In place where no gradient needs what was there: memory is what takes the time here.
        divide = torch.div if torch.is_grad_enabled() else Tensor.div_
        added: Tensor = self.mix(self.dropout(divide(filtered_BC1K, peak_B11K)))
        return added


class DasTcn(FrameNetwork):
    """Samples in frames (B, F, K) -> `SegmenterOutput`, for any K.

    Parameters
    ----------
    config
        Its settings.
    num_rows
        F.
    layout
        What the classes are.

    Notes
    -----
    The receptive field is 1 + (kernel_size - 1) num_stacks sum(dilations) frames, and what the frontend adds. There are
    5 S (C^2 J + C^2 + 2 C) + (F + 1) C weights in blocks and entry (S stacks of J taps), and C + 1 for each output.
    """

    def __init__(self, config: DasTcnConfig, num_rows: int, layout: ClassLayout) -> None:
        super().__init__()
        self.layout = layout
        self.frontend = config.frontend.build(num_rows)
        self.enter = nn.Conv2d(self.frontend.feature_dim, config.channels, 1)
        per_stack = config.separable if len(config.separable) > 1 else config.separable * config.num_stacks
        blocks = [DasBlock(config, dilation, separable) for separable in per_stack for dilation in config.dilations]
        self.blocks = nn.ModuleList(blocks)
        self._start_as_keras()
        self.head = SegmenterHead(config.channels, layout)
        self.receptive_frames = sum((block.reach for block in blocks), start=self.frontend.reach)
        # Channels that lie side by side are a third faster than in nn.Conv1d.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, samples_BFK: Tensor) -> SegmenterOutput:
        """Return logits and borders of every frame."""
        features_BF1K = self.frontend(samples_BFK).unsqueeze(2).contiguous(memory_format=torch.channels_last)
        entered = x = self.enter(features_BF1K)
        for block in self.blocks:
            x = x + block(x)
        # The sum of what the blocks added is the sum of DAS's skip connections.
        output: SegmenterOutput = self.head((x - entered).squeeze(2).relu())
        return output

    def _start_as_keras(self) -> None:
        """Draw weights as DAS does: Glorot's uniform distribution, and biases of 0."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.xavier_uniform_(layer.weight)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
