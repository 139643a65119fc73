"""An encoder whose every stage can be looked into: pictures -> features of each stage.

Legend: B = examples, C = channels, H, W = height and width.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from subsong.models.vunet.blocks import Block, Convolve
from subsong.models.vunet.config import VunetConfig

Features = list[list[Tensor]]
"""What the blocks of each stage returned, full size first: (B, C, H, W) each."""


class Encoder(nn.Module):
    """Pictures -> features of each stage, each stage half the size of the one before.

    Parameters
    ----------
    config
        Sizes.
    num_in
        Channels of a picture.
    channels
        Of each stage, full size first.
    """

    def __init__(self, config: VunetConfig, num_in: int, channels: Sequence[int]) -> None:
        super().__init__()
        kind, self.patch_size = config.convolution, config.patch_size
        first_kernel = 1 if config.patch_size == 1 else 3
        self.first = Convolve(kind, num_in * config.patch_size**2, channels[0], first_kernel)
        self.halve = nn.ModuleList(
            Convolve(kind, before, after, stride=2) for before, after in itertools.pairwise(channels)
        )
        self.stages = nn.ModuleList(
            nn.ModuleList(
                Block(kind, num, dropout=config.dropout, normalise=config.normalise) for _ in range(config.num_blocks)
            )
            for num in channels
        )

    def forward(self, pictures_BCHW: Tensor) -> Features:
        """Return the features of each stage."""
        x = self.first(functional.pixel_unshuffle(pictures_BCHW, self.patch_size))
        features: Features = []
        for number, blocks in enumerate(self.stages):
            x = self.halve[number - 1](x) if number else x
            features.append([])
            assert isinstance(blocks, nn.ModuleList)
            for block in blocks:
                x = block(x)
                features[-1].append(x)
        return features
