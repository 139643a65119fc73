"""Sizes of a VUNet, and how many stages a picture of some size takes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.models.vunet.blocks import Convolution

if TYPE_CHECKING:
    from subsong.models.vunet.network import Vunet

Output = Literal["clamped", "tanh", "linear"]
_MAX_PADDING = 1.125


class VunetConfig(ConfigBase):
    """Pose and appearance -> picture, with a U-Net of the pose and codes of the appearance on two scales.

    The defaults are ours. ``pose-vunet/port`` and ``pose-vunet/original`` are the sizes of VUNet's PyTorch port and of
    its authors' network.
    """

    kind: Literal["vunet"] = "vunet"
    pose_channels: tuple[int, int] = Field(
        (48, 96),
        description="Channels of the pose's U-Net at full size, and the most; they double from stage to stage.",
    )
    appearance_channels: tuple[int, int] = Field(
        (48, 96), description="The same of the appearance's encoder; the most must be that of the pose."
    )
    patch_size: int = Field(4, ge=1, description="Pixels each way that the first and last layer take together.")
    coarsest_size: int = Field(4, ge=1, description="Shorter side of the coarsest code's map; the other's is twice it.")
    num_blocks: Literal[1, 2] = Field(1, description="Residual blocks of each stage, of which as many skips lead over.")
    convolution: Convolution = Field("plain", description="plain; weight_norm: with a scale and shift of each channel.")
    normalise: bool = Field(True, description="Whether blocks normalise groups of their channels.")
    mean_kernel: int = Field(
        0, ge=0, description="Kernel of the layer that makes means; 0: the features are the means."
    )
    activate_skips: bool = Field(False, description="Whether skips pass an activation before they are joined.")
    modulation: bool = Field(True, description="Whether the codes scale and shift every stage of the decoder.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of activations dropped in training.")
    output: Output = Field(
        "clamped", description="Last layer: clamped to [-1, 1] with a slight slope beyond, tanh, or linear."
    )
    output_kernel: int = Field(3, ge=1, description="Kernel of the last layer.")
    precision: float = Field(100.0, gt=0, description="1 / variance of the pixels, for the term 'reconstruction'.")

    @model_validator(mode="after")
    def _encoders_meet(self) -> Self:
        if self.pose_channels[1] != self.appearance_channels[1]:
            raise ValueError(
                f"pose_channels end at {self.pose_channels[1]} and appearance_channels at "
                f"{self.appearance_channels[1]}: the codes of both need one number"
            )
        return self

    def build(self, item_shape: Sequence[int], inputs: Mapping[str, Sequence[int]]) -> Vunet:
        """Return an untrained network, drawn from torch's global generator.

        Parameters
        ----------
        item_shape
            (C, H, W) of a target.
        inputs
            (C, H, W) of ``stickman`` and of ``appearance``.

        Raises
        ------
        SubsongError
            When the pictures are too small.
        """
        from subsong.models.vunet.network import Vunet

        return Vunet(self, tuple(item_shape), {name: tuple(shape) for name, shape in inputs.items()})


def count_stages(config: VunetConfig, height: int, width: int) -> int:
    """Return the number of stages, each half the size of the one before, that pictures of this size take.

    As many as leave the coarsest map its size, but, from three on, not so many that the picture would have to be padded
    by more than an eighth.

    Raises
    ------
    SubsongError
        When the picture is too small for two stages of codes.
    """
    shorter = min(height, width)
    num_halvings = max(0, math.floor(math.log2(shorter / (config.patch_size * config.coarsest_size) + 1e-9)))
    while num_halvings > 1 and _compute_padding(height, width, config.patch_size << num_halvings) > _MAX_PADDING:
        num_halvings -= 1
    if num_halvings < 1:
        least = 2 * config.patch_size * config.coarsest_size
        raise SubsongError(
            f"pictures of {height} x {width} pixels are too small for codes on two scales: expected {least} pixels or "
            "more each way; make them larger, or lower model.patch_size or model.coarsest_size"
        )
    return num_halvings + 1


def _compute_padding(height: int, width: int, multiple: int) -> float:
    return max(pad_size(size, multiple) / size for size in (height, width))


def pad_size(size: int, multiple: int) -> int:
    """Return the least multiple that is not below `size`."""
    return -(-size // multiple) * multiple


def stage_channels(channels: tuple[int, int], num_stages: int) -> list[int]:
    """Return the channels of each stage, full size first; the two that have codes have the most."""
    return [min(channels[0] << stage, channels[1]) for stage in range(num_stages - 2)] + [channels[1]] * 2
