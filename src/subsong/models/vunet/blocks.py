"""The layers a VUNet is made of: convolutions plain or weight-normalised, residual blocks with skips, changes of size.

Legend: B = examples, C = channels, H, W = height and width, S = channels of a skip.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrizations import weight_norm

Convolution = Literal["plain", "weight_norm"]

_MAX_GROUPS = 8
# Of fewer values, as where a map has one place, little is left after normalising.
_MIN_GROUP = 4
_START_SCALE = 0.1


class Convolve(nn.Module):
    """A convolution that keeps height and width (or halves them), plain or weight-normalised.

    Weight-normalised (Salimans & Kingma 2016), a learned scale and shift of each channel follow, as in VUNet.

    Parameters
    ----------
    kind
        ``plain`` or ``weight_norm``.
    num_in, num_out
        Channels.
    kernel_size
        Odd.
    stride
        2 halves height and width.
    """

    def __init__(self, kind: Convolution, num_in: int, num_out: int, kernel_size: int = 3, stride: int = 1) -> None:
        super().__init__()
        layer = nn.Conv2d(num_in, num_out, kernel_size, stride, padding=kernel_size // 2)
        self.layer = weight_norm(layer) if kind == "weight_norm" else layer
        self.scale_C11: nn.Parameter | None = None
        self.shift_C11: nn.Parameter | None = None
        if kind == "weight_norm":
            self.scale_C11 = nn.Parameter(torch.ones(num_out, 1, 1))
            self.shift_C11 = nn.Parameter(torch.zeros(num_out, 1, 1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return (B, num_out, H, W), or half of H and W."""
        out: Tensor = self.layer(x_BCHW)
        return out if self.scale_C11 is None or self.shift_C11 is None else out * self.scale_C11 + self.shift_C11


class Block(nn.Module):
    """``x + conv(ELU(x))``; with a skip ``a``: ``x + conv(ELU(x beside conv1x1(a)))``.

    Parameters
    ----------
    kind
        Of the convolutions.
    num_channels
        C.
    num_skip
        S, or 0 for a block without a skip.
    dropout
        Share of the activations dropped in training.
    activate_skip
        Whether the skip passes an ELU first, as in VUNet's original.
    num_codes
        Numbers of a code that scale and shift the activations; 0: none.
    normalise
        Whether groups of channels are brought to one mean and variance before the ELU (Wu & He 2018).
    """

    def __init__(
        self,
        kind: Convolution,
        num_channels: int,
        num_skip: int = 0,
        dropout: float = 0.0,
        activate_skip: bool = False,
        num_codes: int = 0,
        normalise: bool = False,
    ) -> None:
        super().__init__()
        self.skip = Convolve(kind, num_skip, num_channels, 1) if num_skip else None
        num_inner = 2 * num_channels if num_skip else num_channels
        self.norm = build_norm(num_inner) if normalise else nn.Identity()
        self.convolve = Convolve(kind, num_inner, num_channels)
        self.dropout = nn.Dropout(dropout) if dropout else nn.Identity()
        self.activate_skip = activate_skip
        self.modulate = nn.Linear(num_codes, 2 * num_inner) if num_codes else None
        if self.modulate is not None:
            # The code begins as a whisper, so that the first pictures are those of the pose.
            with torch.no_grad():
                self.modulate.weight *= _START_SCALE

    def forward(self, x_BCHW: Tensor, skip_BSHW: Tensor | None = None, code_BL: Tensor | None = None) -> Tensor:
        """Return features of the shape of `x_BCHW`."""
        inner = x_BCHW
        if self.skip is not None:
            assert skip_BSHW is not None
            skip = functional.elu(skip_BSHW) if self.activate_skip else skip_BSHW
            inner = torch.cat([x_BCHW, self.skip(skip)], dim=1)
        inner = functional.elu(self.norm(inner))
        if self.modulate is not None:
            assert code_BL is not None
            scale_BC, shift_BC = self.modulate(code_BL).chunk(2, dim=1)
            inner = inner * (1 + scale_BC[..., None, None]) + shift_BC[..., None, None]
        out: Tensor = x_BCHW + self.convolve(self.dropout(inner))
        return out


class Upsample(nn.Module):
    """Twice the height and width: a convolution to four times the channels, laid side by side (Shi et al. 2016).

    Parameters
    ----------
    kind
        Of the convolution.
    num_in, num_out
        Channels.
    """

    def __init__(self, kind: Convolution, num_in: int, num_out: int) -> None:
        super().__init__()
        self.convolve = Convolve(kind, num_in, 4 * num_out)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        """Return (B, num_out, 2 H, 2 W)."""
        return functional.pixel_shuffle(self.convolve(x_BCHW), 2)


def build_norm(num_channels: int) -> nn.GroupNorm:
    """Return a normalisation of up to eight groups of four channels or more, which looks at one example alone."""
    return nn.GroupNorm(math.gcd(_MAX_GROUPS, max(1, num_channels // _MIN_GROUP)), num_channels)


def split_groups(x_BCHW: Tensor) -> list[Tensor]:
    """Return the four interleaved quarters of a map of even size, shape (B, C, H / 2, W / 2) each."""
    return [x_BCHW[..., row::2, column::2] for row in (0, 1) for column in (0, 1)]


def merge_groups(groups: list[Tensor]) -> Tensor:
    """Return the map whose interleaved quarters are `groups`; undoes `split_groups`."""
    return functional.pixel_shuffle(torch.stack(groups, dim=2).flatten(1, 2), 2)
