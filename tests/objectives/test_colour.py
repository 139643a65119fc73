"""Distances of colours and edges, and what every term of pictures refuses."""

from __future__ import annotations

import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.objectives.colour import ColourTerm
from subsong.objectives.gram import GramTerm
from subsong.objectives.perceptual import PerceptualTerm
from subsong.objectives.similarity import SimilarityTerm

from .pictures import compute, compute_gradient, draw_pictures

KINDS = ("color_L1", "color_L2", "color_gradient")
FIRST = torch.tensor([[[[0.0, 1.0, -1.0], [0.5, 0.5, 0.5]]]])
SECOND = torch.tensor([[[[0.5, 0.0, -1.0], [0.5, -0.5, 0.5]]]])
PICTURE_TERMS = [
    *(ColourTerm(kind=kind) for kind in KINDS),
    SimilarityTerm(kind="ssim"),
    SimilarityTerm(kind="ms_ssim"),
    PerceptualTerm(),
    GramTerm(),
]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("color_L1", (0.5 + 1 + 1) / 6),
        ("color_L2", (0.25 + 1 + 1) / 6),
        # Along the width |1 - .5|, |2 - 1|, |0 - 1|, |0 - 1|; along the height |.5 - 0|, |.5 - .5|, |1.5 - 1.5|.
        ("color_gradient", 3.5 / 4 + 0.5 / 3),
    ],
)
def test_a_distance_worked_out_by_hand(kind, expected):
    assert compute(ColourTerm(kind=kind), FIRST, SECOND).item() == pytest.approx(expected)


def test_an_edge_the_other_way_round_is_as_strong():
    edge = torch.tensor([[[[-1.0, 1.0], [-1.0, 1.0]]]])
    assert compute(ColourTerm(kind="color_gradient"), edge, -edge).item() == 0
    assert compute(ColourTerm(kind="color_L1"), edge, -edge).item() == 2


@pytest.mark.parametrize("shape", [(1, 1, 1, 4), (2, 5, 3, 1), (1, 1, 1, 1)])
def test_a_picture_one_pixel_wide_has_no_edges_that_way(shape):
    pictures = draw_pictures(*shape), draw_pictures(*shape, seed=1)
    assert compute(ColourTerm(kind="color_gradient"), *pictures).isfinite().all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_mean_does_not_grow_with_the_picture(kind):
    small, large = (compute(ColourTerm(kind=kind), FIRST.repeat(1, n, 1, 1), SECOND.repeat(1, n, 1, 1)) for n in (1, 4))
    assert large.item() == pytest.approx(small.item())


@pytest.mark.parametrize("term", PICTURE_TERMS, ids=lambda term: term.kind)
@pytest.mark.parametrize("shape", [(1, 16, 16), (3, 24, 16), (5, 9, 13)])
def test_a_term_of_pictures_is_0_for_equal_ones_and_pulls_others_together(term, shape):
    first, second = draw_pictures(3, *shape), draw_pictures(3, *shape, seed=1)
    assert compute(term, first, first) == pytest.approx(torch.zeros(3), abs=1e-6)
    assert (compute(term, first, second) > 1e-4).all()
    assert (compute_gradient(term, first, second).flatten(1).abs().amax(dim=1) > 0).all()


@pytest.mark.parametrize("term", PICTURE_TERMS, ids=lambda term: term.kind)
def test_an_example_counts_the_same_in_any_batch(term):
    first, second = draw_pictures(4), draw_pictures(4, seed=1)
    together = compute(term, first, second)
    assert torch.cat([compute(term, first[n : n + 1], second[n : n + 1]) for n in range(4)]) == pytest.approx(together)


@pytest.mark.parametrize("term", PICTURE_TERMS, ids=lambda term: term.kind)
def test_a_term_of_pictures_is_in_full_precision_under_bfloat16(term):
    first, second = draw_pictures(2), draw_pictures(2, seed=1)
    exact = compute(term, first, second)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert compute(term, first, second).tolist() == exact.tolist()


@pytest.mark.parametrize("term", PICTURE_TERMS, ids=lambda term: term.kind)
def test_a_masked_picture_is_refused(term):
    first = draw_pictures(2)
    with pytest.raises(SubsongError, match=f"loss term {term.kind} compares whole pictures, but this batch has a mask"):
        compute(term, first, first, mask=torch.ones_like(first, dtype=torch.bool))


@pytest.mark.parametrize("term", PICTURE_TERMS, ids=lambda term: term.kind)
@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 16, 8)])
def test_what_is_no_picture_of_the_target_s_shape_is_refused(term, shape):
    with pytest.raises(SubsongError, match=f"loss term {term.kind} compares pictures of shape"):
        compute(term, torch.zeros(shape), torch.zeros(shape if len(shape) == 2 else (2, 3, 16, 16)))
