"""The terms of a segmenter's loss: which class sounds in each frame, and where borders lie.

Terms sum over frames and classes, as everywhere; frames whose mask is False (unlabelled, or context at the ends of a
chunk) count nothing.

Legend: B = examples, K = frames, C = classes, S = segment classes, P = kinds of sound with borders of their own.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from pydantic import Field
from torch import Tensor
from torch.nn import functional

from subsong.models.segmenter import ClassLayout, SegmenterOutput
from subsong.objectives.term import TermConfig, TermFunction


class SegmentationTerm(TermConfig):
    """Cross entropy of each frame's classes against soft targets.

    Notes
    -----
    A target is the share of the frame that a class covers, so that the expected output is that share, and the time a
    class covers is the sum of its probabilities. Segment classes that exclude each other share one softmax with
    nothing (targets that add up to more than 1 are scaled to 1); every other class is a coin of its own.
    """

    kind: Literal["segmentation"] = "segmentation"
    class_weights: tuple[float, ...] | None = Field(
        None, description="How much frames of each class count, in the order of the classes; none: all alike."
    )
    nothing_weight: float = Field(1.0, gt=0, description="How much frames of nothing count.")

    def build(self) -> TermFunction:
        """Return the term."""

        def compute_segmentation(output: SegmenterOutput, batch: Any, step: int, num_steps: int) -> Tensor:
            target_BCK = batch.target.transpose(1, 2)
            weight_C = target_BCK.new_tensor(self.class_weights or (1.0,) * target_BCK.shape[1])
            loss_BK = self._compute_coins(output, target_BCK, weight_C)
            if output.layout.segments and not output.layout.overlap:
                loss_BK = loss_BK + self._compute_shared(output, target_BCK, weight_C)
            return _sum_frames(loss_BK, batch.mask)

        return compute_segmentation

    def _compute_coins(self, output: SegmenterOutput, target_BCK: Tensor, weight_C: Tensor) -> Tensor:
        """Return the sum of binary cross entropies of the classes that stand by themselves, shape (B, K)."""
        segments, events, overlap = output.layout
        columns = [*segments, *events] if overlap else list(events)
        logits, target = output.logits_BCK[:, columns], target_BCK[:, columns]
        weight = self.nothing_weight + (weight_C[columns, None] - self.nothing_weight) * target
        return functional.binary_cross_entropy_with_logits(logits, target, weight, reduction="none").sum(dim=1)

    def _compute_shared(self, output: SegmenterOutput, target_BCK: Tensor, weight_C: Tensor) -> Tensor:
        """Return the cross entropy of classes that exclude each other, shape (B, K)."""
        columns = list(output.layout.segments)
        target_BSK, logits_BSK = target_BCK[:, columns], output.logits_BCK[:, columns]
        total_B1K = target_BSK.sum(dim=1, keepdim=True)
        target_BSK = target_BSK / total_B1K.clamp(min=1.0)
        nothing_BK = (1.0 - total_B1K.squeeze(1)).clamp(min=0.0) * self.nothing_weight
        log_share_BSK = functional.pad(logits_BSK, (0, 0, 1, 0)).log_softmax(dim=1)
        sounding_BK = (weight_C[columns, None] * target_BSK * log_share_BSK[:, 1:]).sum(dim=1)
        loss_BK: Tensor = -(nothing_BK * log_share_BSK[:, 0] + sounding_BK)
        return loss_BK


class BorderTerm(TermConfig):
    """Cross entropy of how near an onset or offset is to each frame."""

    kind: Literal["borders"] = "borders"

    def build(self) -> TermFunction:
        """Return the term."""

        def compute_borders(output: SegmenterOutput, batch: Any, step: int, num_steps: int) -> Tensor:
            near_BPK = compute_border_targets(batch.target.transpose(1, 2), output.layout)
            loss_BPK = functional.binary_cross_entropy_with_logits(output.border_logits_BPK, near_BPK, reduction="none")
            return _sum_frames(loss_BPK.sum(dim=1), batch.mask)

        return compute_borders


def compute_border_targets(target_BCK: Tensor, layout: ClassLayout) -> Tensor:
    """Return how near borders are to each frame, as soft targets of classes tell: onsets, then offsets, (B, 2 P, K).

    Parameters
    ----------
    target_BCK
        Share of each frame that each class covers.
    layout
        Which columns are segments, and whether these share their borders.

    Notes
    -----
    An onset at place b (in frames, frame k reaching from k - 1/2 to k + 1/2) makes the coverage rise by k + 1/2 - b
    from frame k - 1 to frame k, and by the rest to frame k + 1. Each frame is given the rises on either side of it: 1
    in the frame of the onset, and beside it so much that the centroid of the three is b exactly, which is how the
    place is read back. Nothing is known of the frames before the first and after the last, where targets count as
    going on unchanged.
    """
    step_BSK = functional.pad(target_BCK[:, list(layout.segments)].diff(dim=2), (1, 1))
    rise_BPK, fall_BPK = step_BSK.clamp(min=0.0), (-step_BSK).clamp(min=0.0)
    if not layout.overlap and layout.segments:
        rise_BPK, fall_BPK = (part.sum(dim=1, keepdim=True) for part in (rise_BPK, fall_BPK))
    change_BPK = torch.cat([rise_BPK, fall_BPK], dim=1)
    return (change_BPK[:, :, :-1] + change_BPK[:, :, 1:]).clamp(max=1.0)


def _sum_frames(loss_BK: Tensor, mask_BK: Tensor | None) -> Tensor:
    """Return the sum over the frames that count, shape (B,)."""
    # Not a product: a masked frame may be infinite or not a number.
    kept_BK = loss_BK if mask_BK is None else loss_BK.where(mask_BK, torch.zeros_like(loss_BK))
    return kept_BK.sum(dim=1)
