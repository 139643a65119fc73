"""Structural similarity over several scales: closed forms, and the loss of the same name."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.evaluation.pictures import compute_ms_ssim, compute_ssim
from subsong.objectives.similarity import compute_ms_ssim as compute_ms_ssim_loss

RNG = np.random.default_rng(3)
_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def smooth(num, side):
    """Return random pictures with structure at several scales."""
    coarse = RNG.random((num, 3, side // 8, side // 8)).repeat(8, axis=2).repeat(8, axis=3)
    return 0.7 * coarse + 0.3 * RNG.random((num, 3, side, side))


def test_ms_ssim_of_equal_pictures_is_1():
    pictures = smooth(2, 64)
    assert compute_ms_ssim(pictures, pictures) == pytest.approx([1, 1])


@pytest.mark.parametrize(("side", "num_scales"), [(16, 1), (22, 2), (64, 3), (128, 4), (176, 5), (400, 5)])
def test_only_the_coarsest_scale_sees_brightness(side, num_scales):
    """Flat pictures agree in contrast and structure; what is left is the luminance to the power of the last weight."""
    first, second = np.full((1, 1, side, side), 0.2), np.full((1, 1, side, side), 0.6)
    luminance = (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4)
    weight = _WEIGHTS[num_scales - 1] / _WEIGHTS[:num_scales].sum()
    assert compute_ms_ssim(first, second) == pytest.approx(luminance**weight)


def test_ms_ssim_of_one_scale_is_ssim():
    first = smooth(3, 16)
    second = first + 0.1 * RNG.normal(size=first.shape)
    assert compute_ms_ssim(first, second) == pytest.approx(compute_ssim(first, second))


def test_an_inverted_picture_scores_0_and_not_nan():
    picture = RNG.random((1, 3, 64, 64))
    assert compute_ms_ssim(picture, 1 - picture).tolist() == [0]


def test_ms_ssim_is_one_minus_the_loss_of_that_name():
    first = smooth(3, 64)
    second = np.clip(first + 0.2 * RNG.normal(size=first.shape), 0, 1)
    loss = compute_ms_ssim_loss(torch.tensor(first).float(), torch.tensor(second).float(), 1.0)
    assert compute_ms_ssim(first, second) == pytest.approx(loss.numpy(), abs=1e-5)


def test_ms_ssim_needs_neither_square_nor_even_pictures():
    first = RNG.random((2, 1, 45, 91))
    assert (compute_ms_ssim(first, first + 0.05 * RNG.normal(size=first.shape)) < 1).all()


def test_a_picture_scores_the_same_whatever_stands_beside_it():
    first = smooth(4, 64)
    second = first + 0.2 * RNG.normal(size=first.shape)
    together = compute_ms_ssim(first, second)
    assert together.tolist() == [float(compute_ms_ssim(first[[n]], second[[n]])[0]) for n in range(4)]


def test_the_range_of_values_makes_no_difference_when_it_is_told():
    first = smooth(2, 64)
    second = np.clip(first + 0.2 * RNG.normal(size=first.shape), 0, 1)
    assert compute_ms_ssim(255 * first, 255 * second, 255) == pytest.approx(compute_ms_ssim(first, second))
