"""The style loss: how far the correlations of features of the expected picture are from those of the target.

Legend: B = examples, D = channels of a map of features, H, W = its height and width.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from subsong.objectives.features import FeatureTermConfig
from subsong.objectives.picture_pair import full_precision


class GramTerm(FeatureTermConfig):
    """Weighted sum of mean absolute differences of the features' Gram matrices (Gatys, Ecker & Bethge 2016).

    Minds texture and colour, wherever in the picture they are; hence beside another term, not alone.
    """

    kind: Literal["gram"] = "gram"

    def summarise(self, maps: Tensor) -> Tensor:
        """Return the Gram matrix of maps of features, shape (B, D, D)."""
        return compute_gram(maps)


def compute_gram(maps_BDHW: Tensor) -> Tensor:
    """Return ``F^T F / (4 H W)`` of maps of features, shape (B, D, D), with the constant of VUNet's authors."""
    num_places = maps_BDHW.shape[2] * maps_BDHW.shape[3]
    with full_precision(maps_BDHW):
        flat = maps_BDHW.float().flatten(2)
        gram: Tensor = flat @ flat.transpose(1, 2) / (4 * num_places)
    return gram
