"""Metrics as pure functions: known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from subsong.evaluation.baselines import (
    compute_cross_entropy,
    compute_neighbour_accuracy,
    fit_mean,
    reconstruct_by_pca,
)
from subsong.evaluation.latents import compute_active_units, compute_importance_bound, compute_kl_per_dimension
from subsong.evaluation.pictures import compute_l1, compute_psnr, compute_ssim

RNG = np.random.default_rng(0)
PICTURES = RNG.random((3, 2, 16, 16)).astype(np.float32)


def test_l1_of_a_constant_shift():
    assert compute_l1(PICTURES, PICTURES + 0.25) == pytest.approx([0.25] * 3, rel=1e-6)


def test_bytes_do_not_wrap_around():
    dark, bright = np.zeros((1, 1, 2, 2), np.uint8), np.full((1, 1, 2, 2), 200, np.uint8)
    assert compute_l1(dark, bright) == [200]
    assert compute_psnr(dark, bright, 255) == pytest.approx(20 * math.log10(255 / 200))


def test_psnr_of_a_constant_shift():
    shifted = PICTURES.astype(np.float64) + 0.1
    assert compute_psnr(PICTURES, shifted) == pytest.approx([20] * 3)
    assert compute_psnr(PICTURES, shifted, data_range=10) == pytest.approx([40] * 3)


def test_psnr_of_equal_pictures_is_infinite():
    assert np.isinf(compute_psnr(PICTURES, PICTURES)).all()


def test_ssim_of_equal_pictures_is_1():
    assert compute_ssim(PICTURES, PICTURES) == pytest.approx([1] * 3)


def test_ssim_of_constant_pictures_by_hand():
    first, second = np.full((1, 1, 16, 16), 0.2), np.full((1, 1, 16, 16), 0.6)
    assert compute_ssim(first, second) == pytest.approx((2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4))


def test_ssim_is_symmetric_and_falls_with_noise():
    slightly, much = (PICTURES + noise * RNG.normal(size=PICTURES.shape) for noise in (0.05, 0.5))
    assert compute_ssim(PICTURES, much) == pytest.approx(compute_ssim(much, PICTURES))
    assert (compute_ssim(PICTURES, much) < compute_ssim(PICTURES, slightly)).all()
    assert (compute_ssim(PICTURES, slightly) < 1).all()


def test_a_dimension_is_active_when_its_mean_varies():
    mean = np.stack([np.tile([0.0, 0.19], 50), np.tile([0.0, 0.21], 50), np.full(100, 7.0)], axis=1)
    assert compute_active_units(mean).tolist() == [False, True, False]


def test_kl_per_dimension_by_hand():
    mean = np.array([[0.0, 1.0], [0.0, 3.0]], np.float32)
    log_variance = np.array([[0.0, 0.0], [math.log(2), 0.0]], np.float32)
    assert compute_kl_per_dimension(mean, log_variance) == pytest.approx([0.25 * (1 - math.log(2)), 2.5])


def log_weights(num_samples, num_items=400, seed=0):
    """Return log p(x, z) / q(z) of z ~ N(0, 1), x | z ~ N(z, 1) at x = 1, with the prior as q; p(x) is N(0, 2)."""
    z = np.random.default_rng(seed).normal(size=(num_samples, num_items))
    return norm.logpdf(1.0, loc=z)


def test_the_bound_of_one_draw_is_its_weight():
    weights = log_weights(1)
    assert compute_importance_bound(weights) == pytest.approx(weights[0])


def test_the_bound_rises_with_draws_towards_the_likelihood():
    exact = norm.logpdf(1.0, scale=math.sqrt(2))
    bounds = [compute_importance_bound(log_weights(num)).mean() for num in (1, 5, 50, 2000)]
    assert bounds == sorted(bounds)
    assert bounds[-1] < exact + 1e-3
    assert bounds[-1] == pytest.approx(exact, abs=2e-3)


def test_the_exact_posterior_gives_the_exact_likelihood_at_every_draw():
    """Of a linear Gaussian model the posterior is N(x / 2, 1 / 2)."""
    x, z = 1.3, np.random.default_rng(0).normal(0.65, math.sqrt(0.5), (4, 10))
    weights = norm.logpdf(x, loc=z) + norm.logpdf(z) - norm.logpdf(z, loc=x / 2, scale=math.sqrt(0.5))
    assert compute_importance_bound(weights) == pytest.approx([norm.logpdf(x, scale=math.sqrt(2))] * 10)


def test_the_bound_does_not_overflow():
    assert compute_importance_bound(np.array([[-5000.0], [-5001.0]])) == pytest.approx(
        -5000 + math.log((1 + math.exp(-1)) / 2)
    )


def test_cross_entropy_by_hand():
    target, probability = np.array([[1.0, 0.0, 0.5]]), np.array([[0.8, 0.5, 0.25]])
    expected = -math.log(0.8) - math.log(0.5) - 0.5 * (math.log(0.25) + math.log(0.75))
    assert compute_cross_entropy(target, probability) == pytest.approx(expected)


def test_cross_entropy_of_a_sure_mistake_is_bounded():
    assert compute_cross_entropy(np.array([[1.0]]), np.array([[0.0]])) == pytest.approx(-math.log(1e-3))


def test_pca_with_all_components_gives_the_data_back():
    data = RNG.normal(size=(30, 5))
    assert reconstruct_by_pca(data, data, 5) == pytest.approx(data)


def test_pca_without_components_is_the_mean():
    data = RNG.normal(size=(30, 5))
    assert reconstruct_by_pca(data, data[:2], 0) == pytest.approx(np.tile(fit_mean(data), (2, 1)))


def test_pca_keeps_the_direction_of_most_variance():
    data = np.stack([np.linspace(-5, 5, 50), 0.01 * RNG.normal(size=50)], axis=1)
    assert reconstruct_by_pca(data, data, 1) == pytest.approx(data, abs=0.05)


def test_neighbours_of_separate_clouds_agree():
    clouds = np.concatenate([RNG.normal(0, 0.1, (20, 2)), RNG.normal(5, 0.1, (20, 2))])
    labels = np.repeat(["a", "b"], 20)
    assert compute_neighbour_accuracy(clouds, labels, clouds, labels) == 1.0
    assert compute_neighbour_accuracy(clouds[:4], labels[:4], clouds, labels) == 0.5


def test_principal_components_of_few_large_examples_are_those_of_many_small_ones() -> None:
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(0)
    train_ND, test_ND = rng.normal(size=(12, 50)) * np.linspace(0.1, 3, 50), rng.normal(size=(4, 50))
    fitted = PCA(5, svd_solver="full").fit(train_ND)
    expected = fitted.inverse_transform(fitted.transform(test_ND))
    np.testing.assert_allclose(reconstruct_by_pca(train_ND, test_ND, 5), expected, atol=1e-9)


def test_no_more_components_are_used_than_the_examples_have() -> None:
    train_ND = np.random.default_rng(0).normal(size=(4, 30))
    np.testing.assert_allclose(reconstruct_by_pca(train_ND, train_ND, 32), train_ND, atol=1e-9)
