"""The perceptual loss: how far features of the expected picture are from those of the target.

Legend: B = examples.
"""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor

from subsong.objectives.features import FeatureTermConfig
from subsong.objectives.picture_pair import mean_over_picture
from subsong.objectives.term import TermFunction


class PerceptualTerm(FeatureTermConfig):
    """Weighted sum of mean absolute differences of the picture and its features (Johnson, Alahi & Fei-Fei 2016).

    Notes
    -----
    ``w_0 mean |x - y| + sum_k w_k mean |F_k(x) - F_k(y)|``: means over the entries of a map, as in VUNet.
    """

    kind: Literal["perceptual"] = "perceptual"

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

        def compute_perceptual(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            total_B: Tensor = batch.target.new_zeros(len(batch.target))
            for weight, prediction, target in compute_pairs(output, batch):
                total_B = total_B + weight * mean_over_picture((prediction.float() - target.float()).abs())
            return total_B

        return compute_perceptual
