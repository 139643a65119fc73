"""The terms of a segmenter's loss against closed forms."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import TypeAdapter
from torch import Tensor

from subsong.datasets.types import Batch
from subsong.models.segmenter import ClassLayout, SegmenterOutput
from subsong.objectives.segmenting import BorderTerm, SegmentationTerm, compute_border_targets
from subsong.objectives.terms import LossConfig

SHARED = ClassLayout((0, 1), (), overlap=False)
OVERLAP = ClassLayout((0, 1), (), overlap=True)
MIXED = ClassLayout((0,), (1,), overlap=False)


def score(term, target_BKC: Tensor, logits_BCK: Tensor, layout=SHARED, mask: Tensor | None = None) -> Tensor:
    num_borders = 2 * layout.num_borders
    output = SegmenterOutput(logits_BCK, torch.zeros(len(logits_BCK), num_borders, logits_BCK.shape[2]), layout)
    batch = Batch(torch.arange(len(target_BKC)), torch.zeros(len(target_BKC)), target_BKC, mask)
    return term.build()(output, batch, 0, 1)


def test_classes_that_exclude_each_other_have_one_cross_entropy() -> None:
    target_BKC = torch.tensor([[[1.0, 0.0], [0.0, 0.0], [0.25, 0.5]]])
    logits_BCK = torch.tensor([[[2.0, -1.0, 0.5], [0.0, 1.0, 0.3]]])
    full = torch.cat([torch.zeros(1, 1, 3), logits_BCK], dim=1).log_softmax(dim=1)[0]
    shares = torch.tensor([[0.0, 1.0, 0.25], [1.0, 0.0, 0.25], [0.0, 0.0, 0.5]])
    torch.testing.assert_close(score(SegmentationTerm(), target_BKC, logits_BCK), -(shares * full).sum().view(1))


def test_labels_that_overlap_where_none_may_are_scaled_to_one() -> None:
    logits_BCK = torch.tensor([[[0.4], [-0.3]]])
    both, half = (score(SegmentationTerm(), torch.full((1, 1, 2), share), logits_BCK) for share in (1.0, 0.5))
    torch.testing.assert_close(both, half)


def test_classes_that_overlap_have_a_binary_cross_entropy_each() -> None:
    target_BKC, logits_BCK = torch.ones(1, 1, 2), torch.tensor([[[0.7], [-0.2]]])
    expected = -torch.tensor([0.7, -0.2]).sigmoid().log().sum().view(1)
    torch.testing.assert_close(score(SegmentationTerm(), target_BKC, logits_BCK, OVERLAP), expected)


def test_events_are_scored_beside_segments() -> None:
    # The segment against nothing, and the event against nothing: two coins at logit 0.
    found = score(SegmentationTerm(), torch.tensor([[[1.0, 0.3]]]), torch.zeros(1, 2, 1), MIXED)
    torch.testing.assert_close(found, torch.tensor([2 * math.log(2.0)]))


def test_weights_count_frames_of_a_class_more() -> None:
    term = SegmentationTerm(class_weights=(3.0, 1.0), nothing_weight=2.0)
    target_BKC, logits_BCK = torch.tensor([[[1.0, 0.0]], [[0.0, 1.0]], [[0.0, 0.0]]]), torch.zeros(3, 2, 1)
    torch.testing.assert_close(score(term, target_BKC, logits_BCK), math.log(3.0) * torch.tensor([3.0, 1.0, 2.0]))
    torch.testing.assert_close(
        score(term, target_BKC, logits_BCK, OVERLAP), math.log(2.0) * torch.tensor([5.0, 3.0, 4.0])
    )


@pytest.mark.parametrize("term", [SegmentationTerm(), BorderTerm()])
def test_masked_frames_count_nothing_whatever_they_hold(term) -> None:
    target_BKC, logits_BCK = torch.zeros(1, 6, 2), torch.zeros(1, 2, 6)
    short = score(term, target_BKC[:, :4], logits_BCK[:, :, :4])
    target_BKC[0, 5], logits_BCK[0, :, 5] = math.nan, math.inf
    mask = torch.tensor([[True, True, True, True, False, False]])
    torch.testing.assert_close(score(term, target_BKC, logits_BCK, mask=mask), short)


@pytest.mark.parametrize("layout", [SHARED, OVERLAP, MIXED])
def test_the_truth_is_the_minimum(layout) -> None:
    target_BKC = torch.tensor([[[0.7, 0.2], [0.1, 0.6]]])
    logits_BCK = torch.zeros(1, 2, 2, requires_grad=True)
    optimizer = torch.optim.LBFGS([logits_BCK], max_iter=100)

    def close() -> Tensor:
        optimizer.zero_grad()
        loss = score(SegmentationTerm(), target_BKC, logits_BCK, layout).sum()
        loss.backward()
        return loss

    optimizer.step(close)
    found_BCK = SegmenterOutput(logits_BCK, logits_BCK, layout).compute_probabilities()
    torch.testing.assert_close(found_BCK, target_BKC.transpose(1, 2), rtol=0.0, atol=1e-3)


def paint(onset: float, offset: float, num_frames: int = 12) -> Tensor:
    """Return the share of each frame that a sound from `onset` to `offset` (in frames) covers."""
    low_K = torch.arange(num_frames) - 0.5
    return (torch.minimum(low_K + 1.0, torch.tensor(offset)) - low_K.clamp(min=onset)).clamp(0.0, 1.0)


@pytest.mark.parametrize("onset", [2.5, 2.6, 2.9, 3.0, 3.2, 3.49])
def test_the_centroid_of_border_targets_is_the_border(onset: float) -> None:
    target_BCK = torch.stack([paint(onset, onset + 4.25), torch.zeros(12)]).unsqueeze(0)
    near_BPK = compute_border_targets(target_BCK, SHARED)
    place_K = torch.arange(12.0)
    centroids = (near_BPK[0] * place_K).sum(dim=1) / near_BPK[0].sum(dim=1)
    torch.testing.assert_close(centroids, torch.tensor([onset, onset + 4.25]), rtol=0.0, atol=1e-5)
    assert near_BPK[0, 0].argmax() == round(onset)


def test_where_labels_touch_one_ends_and_the_other_begins() -> None:
    target_BCK = torch.stack([paint(2.0, 5.0), paint(5.0, 9.0)]).unsqueeze(0)
    onset_K, offset_K = compute_border_targets(target_BCK, SHARED)[0]
    assert onset_K[5] == offset_K[5] == 1.0
    assert compute_border_targets(target_BCK, OVERLAP).shape == (1, 4, 12)


def test_a_sound_that_goes_on_at_the_ends_has_no_border_there() -> None:
    near_BPK = compute_border_targets(torch.ones(1, 2, 5), OVERLAP)
    assert near_BPK.abs().sum() == 0


def test_border_terms_without_segments_are_zero() -> None:
    layout = ClassLayout((), (0,), overlap=False)
    assert score(BorderTerm(), torch.ones(2, 3, 1), torch.zeros(2, 1, 3), layout).tolist() == [0.0, 0.0]


def test_both_terms_can_be_named_in_a_configuration() -> None:
    read = TypeAdapter(LossConfig)
    assert read.validate_python({"kind": "segmentation", "nothing_weight": 0.5}) == SegmentationTerm(nothing_weight=0.5)
    assert read.validate_python({"kind": "borders", "weight": 0.2}) == BorderTerm(weight=0.2)
