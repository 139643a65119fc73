"""The decoder: from the bottleneck back to full size, with skips from the pose alone.

Legend: B = examples, C = channels, H, W = height and width, L = numbers of a code.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from torch import Tensor, nn
from torch.nn import functional

from subsong.models.vunet.blocks import Block, Convolve, Upsample
from subsong.models.vunet.config import Output, VunetConfig
from subsong.models.vunet.encoder import Features

_SLOPE_BEYOND = 0.02
"""Of what lies beyond the range, so much is left: enough for a gradient to lead back."""


class Decoder(nn.Module):
    """Start of the second coarsest size -> picture.

    Parameters
    ----------
    config
        Sizes.
    channels
        Of each stage of the pose's encoder, full size first.
    num_out
        Channels of a picture.
    num_codes
        L, numbers of the codes of an example together; 0 where they do not modulate.
    """

    def __init__(self, config: VunetConfig, channels: Sequence[int], num_out: int, num_codes: int) -> None:
        super().__init__()
        kind, self.patch_size, self.output = config.convolution, config.patch_size, config.output
        stages = list(reversed(channels[:-1]))
        self.enlarge = nn.ModuleList(Upsample(kind, before, after) for before, after in itertools.pairwise(stages))
        self.stages = nn.ModuleList(
            nn.ModuleList(
                Block(kind, num, num, config.dropout, config.activate_skips, num_codes, config.normalise)
                for _ in range(config.num_blocks)
            )
            for num in stages[1:]
        )
        self.last = Convolve(kind, channels[0], num_out * config.patch_size**2, config.output_kernel)

    def forward(self, start_BCHW: Tensor, features: Features, code_BL: Tensor | None) -> Tensor:
        """Return pictures, shape (B, num_out, H, W)."""
        x = start_BCHW
        for enlarge, blocks, skips in zip(self.enlarge, self.stages, reversed(features[:-2]), strict=True):
            x = enlarge(x)
            assert isinstance(blocks, nn.ModuleList)
            for block, skip in zip(blocks, reversed(skips), strict=True):
                x = block(x, skip, code_BL)
        pictures = functional.pixel_shuffle(self.last(x), self.patch_size)
        return _bound(pictures, self.output)


def _bound(pictures_BCHW: Tensor, output: Output) -> Tensor:
    """Return pictures within their range: a background of one extreme value, drawn beyond it, is flat at once.

    Drawn linearly, every pixel of it would have to be hit, which similarity counts more than all else at first.
    """
    if output == "tanh":
        return pictures_BCHW.tanh()
    if output == "linear":
        return pictures_BCHW
    within_BCHW = pictures_BCHW.clamp(-1.0, 1.0)
    return within_BCHW + _SLOPE_BEYOND * (pictures_BCHW - within_BCHW)
