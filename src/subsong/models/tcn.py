"""A temporal convolutional network: dilated convolutions that see far, frame by frame, and know how far.

The network of DAS (Steinfath et al. 2021, eLife 10:e68837): stacks of residual blocks whose dilations grow, the sum of
what all blocks add read out (its skip connections). Unlike there, each frame is normalised by its own channels, in no
way by other frames, so that a frame's output depends on nothing but the frames within reach: a recording computed in
pieces with `reach` frames of context is the recording computed whole.

Legend: B = examples, C = channels, K = frames.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn
from torch.nn import functional

from subsong.core.config import ConfigBase

_START_SCALE = 0.5


class Reach(NamedTuple):
    """How many frames before and after its own an output looks at."""

    left: int
    right: int

    def __add__(self, other: object) -> Reach:
        """Return the reach of one part after the other."""
        if not isinstance(other, Reach):
            return NotImplemented
        return Reach(self.left + other.left, self.right + other.right)


class TcnConfig(ConfigBase):
    """Stacks of residual dilated convolutions."""

    channels: int = Field(64, ge=1, description="Channels of every layer (DAS: nb_filters).")
    kernel_size: int = Field(3, ge=1, description="Frames a filter looks at (DAS: kernel_size).")
    dilations: tuple[int, ...] = Field(
        (1, 2, 4, 8, 16), min_length=1, description="Frames between the taps of the filters, block by block of a stack."
    )
    num_stacks: int = Field(2, ge=1, description="How often the dilations are run through (DAS: nb_conv).")
    separable: tuple[bool, ...] = Field(
        (False,), min_length=1, description="Whether filters are separable: one for all stacks, or one a stack."
    )
    norm: Literal["channels", "none"] = Field(
        "channels", description="channels: each frame's channels to mean 0 and variance 1; none."
    )
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of channels left out of each block in training.")
    causal: bool = Field(False, description="Look at past frames only, for live use.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if len(self.separable) not in (1, self.num_stacks):
            raise ValueError(f"separable has {len(self.separable)} entries: give 1, or {self.num_stacks} (num_stacks)")
        if min(self.dilations) < 1:
            raise ValueError(f"dilations must be 1 or more, found {min(self.dilations)}")
        return self

    def build(self, input_dim: int) -> Tcn:
        """Return the network for features of `input_dim` channels."""
        return Tcn(self, input_dim)


class DilatedConv(nn.Module):
    """A convolution over time that keeps the number of frames; (B, C, 1, K) either way.

    Parameters
    ----------
    config
        Number of channels and taps; where an even number of taps cannot lie evenly, one more looks ahead.
    dilation
        Frames between taps.
    is_separable
        A filter for each channel, then a mix of channels, instead of both at once.
    """

    def __init__(self, config: TcnConfig, dilation: int, is_separable: bool) -> None:
        super().__init__()
        span = (config.kernel_size - 1) * dilation
        left = span if config.causal else dilation * ((config.kernel_size - 1) // 2)
        self.reach = Reach(left, span - left)
        # Padding within the convolution saves a copy, and can only be even.
        is_even = self.reach.left == self.reach.right
        self._padding = None if is_even else [self.reach.left, self.reach.right]
        channels = config.channels
        self.filters = nn.Conv2d(
            channels,
            channels,
            (1, config.kernel_size),
            padding=(0, self.reach.left if is_even else 0),
            dilation=(1, dilation),
            groups=channels if is_separable else 1,
            bias=not is_separable,
        )
        self.mix: nn.Module = nn.Conv2d(channels, channels, 1) if is_separable else nn.Identity()

    def forward(self, x_BC1K: Tensor) -> Tensor:
        """Return the filtered frames."""
        x_BC1K = x_BC1K if self._padding is None else functional.pad(x_BC1K, self._padding)
        filtered: Tensor = self.mix(self.filters(x_BC1K))
        return filtered


class FrameNorm(nn.Module):
    """Each frame's channels to mean 0 and variance 1, then scaled and shifted; (B, C, 1, K) either way."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)

    def forward(self, x_BC1K: Tensor) -> Tensor:
        """Return the normalised frames."""
        normed: Tensor = self.norm(x_BC1K.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        return normed


class TcnBlock(nn.Module):
    """What one block adds: norm, ReLU, dilated convolution, ReLU, mix of channels; (B, C, 1, K) either way."""

    def __init__(self, config: TcnConfig, dilation: int, is_separable: bool) -> None:
        super().__init__()
        dilated, last = DilatedConv(config, dilation, is_separable), nn.Conv2d(config.channels, config.channels, 1)
        self.reach = dilated.reach
        self.layers = nn.Sequential(
            FrameNorm(config.channels) if config.norm == "channels" else nn.Identity(),
            nn.ReLU(),
            dilated,
            nn.ReLU(),
            nn.Dropout2d(config.dropout) if config.dropout else nn.Identity(),
            last,
        )
        # Blocks start small, so that the sum of many of them starts at the size of one.
        with torch.no_grad():
            last.weight *= _START_SCALE

    def forward(self, x_BC1K: Tensor) -> Tensor:
        """Return what to add to the frames."""
        added: Tensor = self.layers(x_BC1K)
        return added


class Tcn(nn.Module):
    """Features (B, input_dim, K) -> features (B, C, K).

    Parameters
    ----------
    config
        Its settings.
    input_dim
        Channels that come in.

    Attributes
    ----------
    reach
        Frames before and after its own that an output depends on, exactly.
    """

    def __init__(self, config: TcnConfig, input_dim: int) -> None:
        super().__init__()
        self.enter = nn.Conv2d(input_dim, config.channels, 1)
        per_stack = config.separable if len(config.separable) > 1 else config.separable * config.num_stacks
        blocks = [
            TcnBlock(config, dilation, is_separable) for is_separable in per_stack for dilation in config.dilations
        ]
        self.blocks = nn.ModuleList(blocks)
        self.reach = Reach(0, 0)
        for block in blocks:
            self.reach += block.reach
        # Channels that lie side by side are a fifth faster than in nn.Conv1d, and their norm costs next to nothing.
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def forward(self, features_BCK: Tensor) -> Tensor:
        """Return the features after all blocks; any number of frames."""
        entered = x = self.enter(features_BCK.unsqueeze(2).contiguous(memory_format=torch.channels_last))
        for block in self.blocks:
            x = x + block(x)
        # The sum of what the blocks added: DAS's skip connections, whose layers are also those of its residual path.
        skips_BCK: Tensor = (x - entered).squeeze(2)
        return skips_BCK.relu()
