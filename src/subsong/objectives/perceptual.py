"""The perceptual loss: how far features of the expected picture are from those of the target.

Legend: B = examples.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from subsong.objectives.features import FeatureTermConfig


class PerceptualTerm(FeatureTermConfig):
    """Weighted sum of mean absolute differences of the picture and its features (Johnson, Alahi & Fei-Fei 2016).

    Notes
    -----
    ``w_0 mean |x - y| + sum_k w_k mean |F_k(x) - F_k(y)|``: means over the entries of a map, as in VUNet.
    """

    kind: Literal["perceptual"] = "perceptual"

    def summarise(self, maps: Tensor) -> Tensor:
        """Return maps of features as they are."""
        return maps.float()
