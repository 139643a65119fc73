"""The style loss: how far the correlations of features of the expected picture are from those of the target.

Legend: B = examples, D = channels of a map of features, H, W = its height and width.
"""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor

from subsong.objectives.features import FeatureTermConfig
from subsong.objectives.picture_pair import full_precision, mean_over_picture
from subsong.objectives.term import TermFunction


class GramTerm(FeatureTermConfig):
    """Weighted sum of mean absolute differences of the features' Gram matrices (Gatys, Ecker & Bethge 2016).

    Minds texture and colour, wherever in the picture they are; hence beside another term, not alone.
    """

    kind: Literal["gram"] = "gram"

    def describe(self) -> str:
        """Return what this term compares, for the model's card."""
        return f"{self.kind}: {self.describe_features()}"

    def build(self) -> TermFunction:
        """Return the term; it refuses batches with a mask.

        Raises
        ------
        SubsongError
            When the file of weights is not VGG19's.
        """
        compute_pairs = self.build_features(self.kind)

        def compute_gram_distance(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            total_B: Tensor = batch.target.new_zeros(len(batch.target))
            for weight, prediction, target in compute_pairs(output, batch):
                distance = compute_gram(prediction) - compute_gram(target)
                total_B = total_B + weight * mean_over_picture(distance.abs())
            return total_B

        return compute_gram_distance


def compute_gram(maps_BDHW: Tensor) -> Tensor:
    """Return ``F^T F / (4 H W)`` of maps of features, shape (B, D, D), with the constant of VUNet's authors."""
    num_places = maps_BDHW.shape[2] * maps_BDHW.shape[3]
    with full_precision(maps_BDHW):
        flat = maps_BDHW.float().flatten(2)
        gram: Tensor = flat @ flat.transpose(1, 2) / (4 * num_places)
    return gram
