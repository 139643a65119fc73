"""VUNet: a U-Net of the pose, with codes of the appearance where the picture is coarsest (Esser, Sutter & Ommer 2018).

Legend: B = examples, C = channels, H, W = height and width, L = numbers of the codes of an example together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from subsong.core.errors import SubsongError
from subsong.core.noise import Noise
from subsong.models.likelihoods import Gaussian
from subsong.models.vunet.config import VunetConfig, count_stages, pad_size, stage_channels
from subsong.models.vunet.decoder import Decoder
from subsong.models.vunet.encoder import Encoder, Features
from subsong.models.vunet.heads import Bottleneck, CodeMeans, PosteriorHead
from subsong.models.vunet.output import ConditionalPosterior, VunetOutput


class HasPose(Protocol):
    """A batch whose ``input`` has ``stickman`` and ``appearance``, (B, C, H, W) each."""

    @property
    def input(self) -> Mapping[str, Tensor]:
        """What the model sees."""
        ...


class Vunet(nn.Module):
    """(pose, appearance) -> picture.

    Parameters
    ----------
    config
        Sizes.
    item_shape
        (C, H, W) of a target; poses have its height and width.
    inputs
        (C, H, W) of ``stickman`` and ``appearance``.

    Attributes
    ----------
    latent_shapes
        (C, H, W) of the codes, coarsest first.
    """

    def __init__(self, config: VunetConfig, item_shape: tuple[int, ...], inputs: Mapping[str, tuple[int, ...]]) -> None:
        super().__init__()
        self.config, self.item_shape = config, item_shape
        stickman, appearance = inputs["stickman"], inputs["appearance"]
        if stickman[1:] != item_shape[1:]:
            raise SubsongError(f"poses of {stickman[1:]} and targets of {item_shape[1:]} pixels: draw both of one size")
        channels = stage_channels(config.pose_channels, count_stages(config, *item_shape[1:]))
        self._stride = config.patch_size << (len(channels) - 1)
        coarse = tuple(pad_size(size, self._stride) // self._stride for size in item_shape[1:])
        shown = stage_channels(config.appearance_channels, count_stages(config, *appearance[1:]))
        self._shown_stride = config.patch_size << (len(shown) - 1)
        num = channels[-1]
        fine = (2 * coarse[0], 2 * coarse[1])
        self.latent_shapes = ((num, coarse[0], coarse[1]), (num, *fine))
        num_codes = sum(map(math.prod, self.latent_shapes)) if config.modulation else 0
        self.pose_encoder = Encoder(config, stickman[0], channels)
        self.appearance_encoder = Encoder(config, appearance[0], shown)
        self.posterior = PosteriorHead(config, num)
        self.bottleneck = Bottleneck(config, num, (coarse[0], coarse[1]), fine)
        self.decoder = Decoder(config, channels, item_shape[0], num_codes)

    def forward(self, batch: HasPose, noise: Noise | None = None) -> VunetOutput:
        """Return the picture of each row's appearance in its pose; without `noise` its codes are the means."""
        shown = self._encode(batch.input["appearance"], noise)
        likelihood, prior = self._decode(self.encode_pose(batch.input["stickman"]), shown.codes, None)
        return VunetOutput(likelihood, ConditionalPosterior(shown.means, prior.means), shown.codes)

    def encode(self, appearance_BCHW: Tensor) -> tuple[Tensor, ...]:
        """Return the posterior's means on each scale, coarsest first."""
        return self._encode(appearance_BCHW, None).means

    def encode_pose(self, stickman_BCHW: Tensor) -> Features:
        """Return the features of poses, from which any number of pictures can be decoded."""
        features: Features = self.pose_encoder(_pad(stickman_BCHW, self._stride))
        return features

    def draw_prior(self, stickman_BCHW: Tensor, noise: Noise | None) -> tuple[Tensor, ...]:
        """Return codes drawn from the prior of each pose, coarsest first; without `noise` its means."""
        return self._decode(self.encode_pose(stickman_BCHW), None, noise)[1].codes

    def decode(self, stickman_BCHW: Tensor, codes: Sequence[Tensor]) -> Gaussian:
        """Return p(picture | pose, codes); codes are those of an appearance, coarsest first."""
        return self._decode(self.encode_pose(stickman_BCHW), codes, None)[0]

    def sample(self, features: Features, noise: Noise | None) -> Gaussian:
        """Return p(picture | pose, codes) for codes drawn from the prior of poses, given as their features."""
        return self._decode(features, None, noise)[0]

    def _encode(self, appearance_BCHW: Tensor, noise: Noise | None) -> CodeMeans:
        features = self.appearance_encoder(_pad(appearance_BCHW, self._shown_stride))
        shapes = [(height, width) for _, height, width in reversed(self.latent_shapes)]
        coarsest = [[_fit(x, shape) for x in stage] for stage, shape in zip(features[-2:], shapes, strict=True)]
        codes: CodeMeans = self.posterior(coarsest, noise)
        return codes

    def _decode(
        self, features: Features, codes: Sequence[Tensor] | None, noise: Noise | None
    ) -> tuple[Gaussian, CodeMeans]:
        start, prior = self.bottleneck(features, codes, noise)
        code_BL = None
        if self.config.modulation:
            code_BL = torch.cat([code.flatten(1) for code in prior.codes], dim=1)
        height, width = self.item_shape[1:]
        pictures = self.decoder(start, features, code_BL)[..., :height, :width]
        return Gaussian(pictures, self.config.precision), prior


def _pad(pictures_BCHW: Tensor, multiple: int) -> Tensor:
    """Return pictures whose sides are multiples of a number, their edges repeated to the right and below."""
    height, width = pictures_BCHW.shape[2:]
    missing = (pad_size(width, multiple) - width, pad_size(height, multiple) - height)
    if not any(missing):
        return pictures_BCHW
    return functional.pad(pictures_BCHW, (0, missing[0], 0, missing[1]), mode="replicate")


def _fit(x_BCHW: Tensor, shape: tuple[int, int]) -> Tensor:
    """Return a map of the shape of codes: parts of a body are square whatever the picture is."""
    return x_BCHW if x_BCHW.shape[2:] == shape else functional.adaptive_avg_pool2d(x_BCHW, shape)
