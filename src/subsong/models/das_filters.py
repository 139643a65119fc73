"""The long filters of DAS's blocks, over all channels or separable, computed by whatever is fastest.

Legend: B = examples, C = channels, K = frames.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from subsong.models.spectral_conv import SpectralFilters
from subsong.models.tcn import Reach

_DEPTH_MULTIPLIER = 4
_FEWEST_TAPS, _FEWEST_CHANNELS = 16, 32


def find_reach(kernel_size: int, dilation: int) -> Reach:
    """Return how far a filter reaches when the number of frames stays: where it cannot be even, one more ahead."""
    span = (kernel_size - 1) * dilation
    return Reach(span // 2, span - span // 2)


class FullFilter(nn.Conv2d):
    """Filters over all channels; (B, C, 1, K) either way.

    Parameters
    ----------
    channels
        In and out.
    kernel_size
        Taps.
    dilation
        Frames between them.

    Notes
    -----
    In training, weights change at each step; in use, long filters are applied through their spectra, which are computed
    once.
    """

    def __init__(self, channels: int, kernel_size: int, dilation: int) -> None:
        self.reach = find_reach(kernel_size, dilation)
        # Padding within the convolution saves a copy, and can only be even.
        is_even = self.reach.left == self.reach.right
        padding = (0, self.reach.left if is_even else 0)
        super().__init__(channels, channels, (1, kernel_size), padding=padding, dilation=(1, dilation))
        self._padding = None if is_even else [*self.reach]
        self._spectral: tuple[tuple[int, int, int], SpectralFilters] | None = None

    def forward(self, x_BC1K: Tensor) -> Tensor:
        """Return the filtered frames."""
        if self._is_spectral(x_BC1K):
            return self._apply_spectral(x_BC1K)
        return super().forward(x_BC1K if self._padding is None else functional.pad(x_BC1K, self._padding))

    def _is_spectral(self, x_BC1K: Tensor) -> bool:
        if torch.is_grad_enabled() or x_BC1K.device.type != "cpu" or torch.is_autocast_enabled("cpu"):
            return False
        is_long = self.kernel_size[1] >= _FEWEST_TAPS and self.in_channels >= _FEWEST_CHANNELS
        return is_long and x_BC1K.dtype == self.weight.dtype == torch.float32

    def _apply_spectral(self, x_BC1K: Tensor) -> Tensor:
        filters, (left, right) = self._prepare(), self.reach
        frames_BKC = x_BC1K[:, :, 0].transpose(1, 2)
        filtered_BKC = torch.stack(
            [filters.apply(functional.pad(one_KC, (0, 0, left, right))) for one_KC in frames_BKC]
        )
        return filtered_BKC.transpose(1, 2).unsqueeze(2)

    def _prepare(self) -> SpectralFilters:
        """Return the spectra of the present weights."""
        assert self.bias is not None
        present = (self.weight.data_ptr(), self.weight._version, self.bias._version)
        if self._spectral is None or self._spectral[0] != present:
            weight_OCJ = self.weight.detach()[:, :, 0]
            self._spectral = present, SpectralFilters(weight_OCJ, self.bias.detach(), self.dilation[1])
        return self._spectral[1]


class SeparableFilter(nn.Module):
    """Four filters for each channel, then a mix of what came out; (B, C, 1, K) either way.

    Parameters
    ----------
    channels
        In and out.
    kernel_size
        Taps.
    dilation
        Frames between them.
    """

    def __init__(self, channels: int, kernel_size: int, dilation: int) -> None:
        super().__init__()
        many = _DEPTH_MULTIPLIER * channels
        self.each = nn.Conv2d(channels, many, (1, kernel_size), dilation=(1, dilation), groups=channels, bias=False)
        self.mix = nn.Conv2d(many, channels, 1)
        self.reach = find_reach(kernel_size, dilation)

    def forward(self, x_BC1K: Tensor) -> Tensor:
        """Return the filtered frames."""
        filtered: Tensor = self.mix(self.each(functional.pad(x_BC1K, self.reach)))
        return filtered


def build_filter(channels: int, kernel_size: int, dilation: int, is_separable: bool) -> FullFilter | SeparableFilter:
    """Return an untrained filter."""
    return (SeparableFilter if is_separable else FullFilter)(channels, kernel_size, dilation)
