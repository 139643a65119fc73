"""What terms that compare features of pictures share: which features, from where, with which weights.

The network is no part of the model: it is not trained, not in checkpoints, and one for all terms that ask for it.

Legend: B = examples, C, H, W = channels, height and width.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from pydantic import Field, NonNegativeFloat, model_validator
from torch import Tensor, nn

from subsong.core.files import hash_file
from subsong.models.fixed_features import PyramidFeatures, RandomFeatures
from subsong.models.vgg import load_vgg19
from subsong.objectives.picture_pair import mean_over_picture, read_pictures
from subsong.objectives.term import TermConfig, TermFunction

log = logging.getLogger(__name__)

NUM_FEATURES = 6
"""The picture itself and five taps."""

Substitute = Literal["pyramid", "random"]
_WORDS = {"pyramid": "multi-scale pyramid", "random": "random convolutions from a fixed seed"}


class WeightedPair(NamedTuple):
    """One kind of features of the expected picture and of the target, shape (B, ...) each, and its weight."""

    weight: float
    prediction: Tensor
    target: Tensor


FeaturePairs = Callable[[Any, Any], Iterator[WeightedPair]]
"""``(output, batch) -> pairs``."""


class FeatureTermConfig(TermConfig):
    """A term on features of VGG19, of which the user names the weights, or of a substitute that needs none.

    Notes
    -----
    The features are the picture itself and five taps: VGG19's relu1_2 ... relu5_2 or the substitute's five scales.
    Where a picture is too small for a tap, the tap is left out and the others keep their weights.
    """

    kind: str
    weights: Path | None = Field(
        None, description="VGG19's weights: torchvision's state dict (.pth) or .safetensors; null: the substitute."
    )
    substitute: Substitute = Field(
        "pyramid", description="Used without weights: fixed filters on five scales, or random convolutions."
    )
    feature_weights: tuple[NonNegativeFloat, ...] = Field(
        (1.0,) * NUM_FEATURES,
        description="Factors of the picture itself and of the five taps, finest first; also read as vgg_feat_weights.",
    )
    value_range: tuple[float, float] = Field((-1.0, 1.0), description="Smallest and largest value of the pictures.")

    @model_validator(mode="before")
    @classmethod
    def _read_edflow_name(cls, values: Any) -> Any:
        """Take VUNet's name for the feature weights."""
        if not isinstance(values, Mapping) or "vgg_feat_weights" not in values:
            return values
        if "feature_weights" in values:
            raise ValueError("give feature_weights or vgg_feat_weights, which are the same, not both")
        rest = {name: value for name, value in values.items() if name != "vgg_feat_weights"}
        return {**rest, "feature_weights": values["vgg_feat_weights"]}

    @model_validator(mode="after")
    def _check_numbers(self) -> FeatureTermConfig:
        if len(self.feature_weights) != NUM_FEATURES or not any(self.feature_weights):
            raise ValueError(
                f"feature_weights needs {NUM_FEATURES} numbers, of the picture itself and of the five taps, not all 0; "
                f"found {list(self.feature_weights)}"
            )
        if self.value_range[0] >= self.value_range[1]:
            raise ValueError("value_range needs the smallest value first, then the largest")
        return self

    def describe(self) -> str:
        """Return what this term compares, for the model's card."""
        return f"{self.kind}: {self.describe_features()}"

    def summarise(self, maps: Tensor) -> Tensor:
        """Return what is compared of maps of features, shape (B, ...)."""
        raise TypeError(f"{type(self).__name__} must say what it compares")

    def build(self) -> TermFunction:
        """Return the term; it refuses batches with a mask.

        Raises
        ------
        SubsongError
            When the file of weights is not VGG19's.
        """
        compute_pairs = self.build_features(self.kind)

        def compute_distance(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            total_B: Tensor = batch.target.new_zeros(len(batch.target))
            for weight, prediction, target in compute_pairs(output, batch):
                distance = self.summarise(prediction) - self.summarise(target)
                total_B = total_B + weight * mean_over_picture(distance.abs())
            return total_B

        return compute_distance

    def describe_features(self) -> str:
        """Return in a few words what the pictures are compared by, for logs and the model's card."""
        if self.weights is None:
            return f"{_WORDS[self.substitute]}, no VGG19 weights were given"
        return f"VGG19, weights {self.weights.name} (SHA-256 {hash_file(self.weights)[:12]})"

    def build_features(self, name: str) -> FeaturePairs:
        """Return how pairs of features are computed, for the term of kind `name`; says so where it is a substitute.

        Raises
        ------
        SubsongError
            When the file of weights is not VGG19's.
        """
        build = self._find_network()
        if self.weights is None:
            _warn_once(f"loss term {name} compares pictures by a substitute: {self.describe_features()}")

        def compute_pairs(output: Any, batch: Any) -> Iterator[WeightedPair]:
            pictures = [self._scale(picture) for picture in read_pictures(name, output, batch)]
            network = build(pictures[0].shape[1], pictures[0].device)
            # Nothing is trained through the target.
            with torch.no_grad():
                target = (pictures[1], *network(pictures[1]))
            prediction = (pictures[0], *network(pictures[0]))
            for weight, first, second in zip(self.feature_weights, prediction, target, strict=False):
                if weight:
                    yield WeightedPair(weight, first, second)

        return compute_pairs

    def _scale(self, picture_BCHW: Tensor) -> Tensor:
        """Return a picture with values in [-1, 1]."""
        low, high = self.value_range
        return picture_BCHW if (low, high) == (-1.0, 1.0) else (picture_BCHW - low) * (2.0 / (high - low)) - 1.0

    def _find_network(self) -> Callable[[int, torch.device], nn.Module]:
        """Return ``(num_channels, device) -> network``; weights of a user's are read at once, for the error."""
        if self.weights is None:
            return functools.partial(_build_substitute, self.substitute)
        changed_ns = self.weights.stat().st_mtime_ns if self.weights.is_file() else 0
        _load_vgg19(self.weights, changed_ns, torch.device("cpu"))
        return lambda num_channels, device: _load_vgg19(self.weights, changed_ns, device)


@functools.lru_cache(maxsize=4)
def _load_vgg19(path: Path, changed_ns: int, device: torch.device) -> nn.Module:
    # Kept for training, also where validation asks first.
    with torch.inference_mode(False):
        return load_vgg19(path).to(device)


@functools.lru_cache(maxsize=8)
def _build_substitute(substitute: Substitute, num_channels: int, device: torch.device) -> nn.Module:
    with torch.inference_mode(False):
        return (PyramidFeatures() if substitute == "pyramid" else RandomFeatures(num_channels)).to(device)


@functools.lru_cache(maxsize=64)
def _warn_once(message: str) -> None:
    log.warning(message)
