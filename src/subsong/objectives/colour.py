"""Distances of colours and of their edges, under the names and on the scale that VUNet's users know.

These terms are the **mean** over the entries of a picture, as in VUNet, whose weights are tuned to it; `DistanceTerm`
has the sums in which everything else here is counted. What that means beside a KL: ``docs/explanation/numbers.md``.

Legend: B = examples, C, H, W = channels, height and width.
"""

from __future__ import annotations

from typing import Any, Literal

from torch import Tensor

from subsong.objectives.picture_pair import PicturePair, mean_over_picture, read_pictures
from subsong.objectives.term import TermConfig, TermFunction


class ColourTerm(TermConfig):
    """Mean distance of the expected picture from the target: of values (L1, L2 squared) or of edges."""

    kind: Literal["color_L1", "color_L2", "color_gradient"]

    def build(self) -> TermFunction:
        """Return the term; it refuses batches with a mask."""
        compute = {"color_L1": compute_l1, "color_L2": compute_l2, "color_gradient": compute_gradient_l1}[self.kind]

        def compute_colour(output: Any, batch: Any, step: int, num_steps: int) -> Tensor:
            return compute(read_pictures(self.kind, output, batch))

        return compute_colour


def compute_l1(pictures: PicturePair) -> Tensor:
    """Return the mean absolute difference, shape (B,)."""
    return mean_over_picture((pictures.prediction_BCHW - pictures.target_BCHW).abs())


def compute_l2(pictures: PicturePair) -> Tensor:
    """Return the mean squared difference, shape (B,)."""
    return mean_over_picture((pictures.prediction_BCHW - pictures.target_BCHW).square())


def compute_gradient_l1(pictures: PicturePair) -> Tensor:
    """Return the mean difference of the strength of edges, along the width and along the height, added; shape (B,).

    Notes
    -----
    ``mean ||dx_h| - |dy_h|| + mean ||dx_v| - |dy_v||`` of forward differences. The absolute value is taken first, so
    that an edge from dark to bright counts as well met by one from bright to dark.
    """
    prediction_BCHW, target_BCHW = pictures
    edges = [
        (prediction_BCHW.diff(dim=axis).abs() - target_BCHW.diff(dim=axis).abs()).abs()
        for axis in (3, 2)  # width, height
        if target_BCHW.shape[axis] > 1
    ]
    return sum((mean_over_picture(edge) for edge in edges), start=target_BCHW.new_zeros(len(target_BCHW)))
