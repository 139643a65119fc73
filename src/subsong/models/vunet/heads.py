"""Means of the codes on the two coarsest scales: of the posterior, from the appearance; of the prior, from the pose.

All codes have unit variance; only their means are learned. Fine codes depend on coarse ones, and the prior's of a map
of even size are drawn in four interleaved quarters, each given those before it.

Legend: B = examples, C = channels, H, W = height and width of a map.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from subsong.core.noise import Noise
from subsong.models.vunet.blocks import Block, Convolve, Upsample, merge_groups, split_groups
from subsong.models.vunet.config import VunetConfig
from subsong.models.vunet.encoder import Features

NUM_GROUPS = 4
"""Quarters of a map that are drawn one after the other."""


def draw_code(mean_BCHW: Tensor, noise: Noise | None) -> Tensor:
    """Return a draw of unit variance around each mean; the means themselves without noise."""
    return mean_BCHW if noise is None else mean_BCHW + noise.normal(mean_BCHW)


class CodeMeans(NamedTuple):
    """Codes and what they were drawn around, coarsest scale first, shape (B, C, H, W) each."""

    means: tuple[Tensor, ...]
    codes: tuple[Tensor, ...]


class PosteriorHead(nn.Module):
    """Features of the appearance -> codes on two scales.

    Parameters
    ----------
    config
        Sizes.
    num_channels
        Of the two coarsest stages.
    """

    def __init__(self, config: VunetConfig, num_channels: int) -> None:
        super().__init__()
        kind, num = config.convolution, num_channels
        self.first = Convolve(kind, num, num, 1)
        self.coarse = _build_block(config, num)
        self.coarse_mean = _build_mean(config, num)
        self.join = Convolve(kind, 2 * num, num, 1)
        self.given_coarse = _build_block(config, num)
        self.enlarge = Upsample(kind, num, num)
        self.fine = _build_block(config, num)
        self.fine_mean = _build_mean(config, num)

    def forward(self, features: Features, noise: Noise | None) -> CodeMeans:
        """Return means and codes; without `noise` the codes are the means."""
        finer, coarsest = features[-2], features[-1]
        h = self.coarse(self.first(coarsest[-1]), coarsest[0])
        coarse_mean = self.coarse_mean(h)
        coarse = draw_code(coarse_mean, noise)
        h = self.given_coarse(h, self.join(torch.cat([coarsest[0], coarse], dim=1)))
        fine_mean = self.fine_mean(self.fine(self.enlarge(h), finer[0]))
        return CodeMeans((coarse_mean, fine_mean), (coarse, draw_code(fine_mean, noise)))


class Bottleneck(nn.Module):
    """Features of the pose and codes -> what the decoder starts from; on the way, the prior's means.

    Parameters
    ----------
    config
        Sizes.
    num_channels
        Of the two coarsest stages.
    coarse_shape, fine_shape
        (H, W) of the codes' maps.
    """

    def __init__(
        self, config: VunetConfig, num_channels: int, coarse_shape: tuple[int, int], fine_shape: tuple[int, int]
    ) -> None:
        super().__init__()
        kind, num = config.convolution, num_channels
        self.first = Convolve(kind, num, num, 1)
        self.coarse = _build_block(config, num)
        self.coarse_prior = _build_prior(config, num, coarse_shape)
        self.join_coarse = Convolve(kind, 2 * num, num, 1)
        self.given_coarse = _build_block(config, num)
        self.enlarge = Upsample(kind, num, num)
        self.fine = _build_block(config, num)
        self.fine_prior = _build_prior(config, num, fine_shape)
        self.join_fine = Convolve(kind, 2 * num, num, 1)

    def forward(
        self, features: Features, codes: Sequence[Tensor] | None, noise: Noise | None
    ) -> tuple[Tensor, CodeMeans]:
        """Return the decoder's start (B, C, H, W), and means and codes of the prior.

        Parameters
        ----------
        features
            Of the pose.
        codes
            Those of an appearance, coarsest first; None draws them from the prior.
        noise
            For codes that are drawn; None takes the prior's means.
        """
        coarse, fine = codes if codes is not None else (None, None)
        finer, coarsest = features[-2], features[-1]
        h = self.coarse(self.first(coarsest[-1]), coarsest[-1])
        coarse_mean, coarse = self.coarse_prior(h, coarse, noise)
        h = self.given_coarse(self.join_coarse(torch.cat([h, coarse], dim=1)), coarsest[0])
        h = self.fine(self.enlarge(h), finer[-1])
        fine_mean, fine = self.fine_prior(h, fine, noise)
        start: Tensor = self.join_fine(torch.cat([h, fine], dim=1))
        return start, CodeMeans((coarse_mean, fine_mean), (coarse, fine))


class WholePrior(nn.Module):
    """Features -> means of all places at once.

    Parameters
    ----------
    config
        Sizes.
    num_channels
        C.
    """

    def __init__(self, config: VunetConfig, num_channels: int) -> None:
        super().__init__()
        self.mean = _build_mean(config, num_channels)

    def forward(self, h_BCHW: Tensor, code_BCHW: Tensor | None, noise: Noise | None) -> tuple[Tensor, Tensor]:
        """Return means and codes; the codes are those given, where they are."""
        mean: Tensor = self.mean(h_BCHW)
        return mean, draw_code(mean, noise) if code_BCHW is None else code_BCHW


class GroupedPrior(nn.Module):
    """Features of a map of even size -> means of its four quarters, each given the codes of those before.

    Parameters
    ----------
    config
        Sizes.
    num_channels
        C.
    """

    def __init__(self, config: VunetConfig, num_channels: int) -> None:
        super().__init__()
        num = num_channels
        self.first = Block(config.convolution, num, dropout=config.dropout)
        self.gather = Convolve(config.convolution, NUM_GROUPS * num, num, 1)
        self.given = nn.ModuleList(_build_block(config, num) for _ in range(NUM_GROUPS - 1))
        self.means = nn.ModuleList(_build_mean(config, num) for _ in range(NUM_GROUPS))

    def forward(self, h_BCHW: Tensor, code_BCHW: Tensor | None, noise: Noise | None) -> tuple[Tensor, Tensor]:
        """Return means and codes; the codes are those given, where they are."""
        given = None if code_BCHW is None else split_groups(code_BCHW)
        h = self.gather(torch.cat(split_groups(self.first(h_BCHW)), dim=1))
        means: list[Tensor] = []
        codes: list[Tensor] = []
        for number, layer in enumerate(self.means):
            h = self.given[number - 1](h, codes[-1]) if number else h
            means.append(layer(h))
            codes.append(draw_code(means[-1], noise) if given is None else given[number])
        return merge_groups(means), merge_groups(codes) if code_BCHW is None else code_BCHW


def _build_block(config: VunetConfig, num_channels: int) -> Block:
    return Block(
        config.convolution, num_channels, num_channels, config.dropout, config.activate_skips, 0, config.normalise
    )


def _build_mean(config: VunetConfig, num_channels: int) -> nn.Module:
    if config.mean_kernel == 0:
        return nn.Identity()
    return Convolve(config.convolution, num_channels, num_channels, config.mean_kernel)


def _build_prior(config: VunetConfig, num_channels: int, shape: tuple[int, int]) -> WholePrior | GroupedPrior:
    is_even = all(size % 2 == 0 for size in shape)
    return GroupedPrior(config, num_channels) if is_even else WholePrior(config, num_channels)
