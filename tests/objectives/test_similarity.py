"""Structural similarity as a loss agrees with the metric, and always has a gradient."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from subsong.evaluation import pictures as metrics
from subsong.objectives.similarity import SimilarityTerm, find_scale_weights

from .pictures import compute, compute_gradient, draw_pictures

METRICS = {"ssim": metrics.compute_ssim, "ms_ssim": metrics.compute_ms_ssim}


def draw_similar(*shape):
    """Return smooth pictures with flat places, and the same with noise."""
    smooth = (functional.avg_pool2d(draw_pictures(*shape), 3, 1, 1) * 4).round().clamp(-2, 2) / 2
    return smooth, (smooth + 0.2 * draw_pictures(*shape, seed=1)).clamp(-1, 1)


@pytest.mark.parametrize("kind", METRICS)
@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (2, 1, 8, 8), (3, 5, 33, 21), (1, 3, 48, 16), (1, 1, 176, 180)])
def test_the_term_agrees_with_the_metric(kind, shape):
    first, second = draw_similar(*shape)
    metric = METRICS[kind](first.numpy(), second.numpy(), data_range=2.0)
    assert compute(SimilarityTerm(kind=kind), first, second).tolist() == pytest.approx((1 - metric).tolist(), abs=1e-5)


@pytest.mark.parametrize("kind", METRICS)
def test_the_data_range_is_a_setting(kind):
    first, second = draw_similar(2, 3, 32, 32)
    halved = compute(SimilarityTerm(kind=kind, data_range=1.0), first / 2, second / 2)
    assert halved.tolist() == pytest.approx(compute(SimilarityTerm(kind=kind), first, second).tolist(), abs=1e-6)


@pytest.mark.parametrize(("side", "num_scales"), [(8, 1), (21, 1), (22, 2), (64, 3), (175, 4), (176, 5), (512, 5)])
def test_a_scale_leaves_a_window_s_width(side, num_scales):
    weights = find_scale_weights(side)
    assert len(weights) == num_scales
    assert sum(weights) == pytest.approx(1)


@pytest.mark.parametrize("kind", METRICS)
def test_the_gradient_is_that_of_finite_differences(kind):
    first, second = (pictures.double() for pictures in draw_similar(1, 1, 24, 24))
    change = draw_pictures(1, 1, 24, 24, seed=3).double()
    lower, upper = (
        float(METRICS[kind]((first + step * change).numpy(), second.numpy(), 2.0)[0]) for step in (-1e-4, 1e-4)
    )
    gradient = compute_gradient(SimilarityTerm(kind=kind), first, second)
    assert (gradient * change).sum().item() == pytest.approx((lower - upper) / 2e-4, rel=1e-3)


def test_opposite_pictures_still_have_a_gradient_that_brings_them_together():
    target = draw_pictures(2, 1, 32, 32)
    term = SimilarityTerm(kind="ms_ssim")
    assert METRICS["ms_ssim"](-target.numpy(), target.numpy(), 2.0).tolist() == [0, 0]
    gradient = compute_gradient(term, -target, target)
    assert (gradient.flatten(1).abs().amax(dim=1) > 0).all()
    nearer = compute(term, -target - 0.001 * gradient / gradient.abs().max(), target)
    assert (nearer < compute(term, -target, target)).all()


def test_a_validation_first_does_not_spoil_training():
    first, second = draw_similar(1, 1, 19, 23)
    with torch.inference_mode():
        compute(SimilarityTerm(kind="ssim"), first, second)
    assert compute_gradient(SimilarityTerm(kind="ssim"), first, second).abs().max() > 0
