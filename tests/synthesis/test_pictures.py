"""Made-up pictures: the factors can be found in them again."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.synthesis.pictures import FACTOR_NAMES, draw_ellipses, make_pictures


def test_shapes_types_and_ranges():
    images, factors = make_pictures(50, size=12)
    assert images.shape == (50, 1, 12, 12)
    assert images.dtype == np.uint8
    assert factors.shape == (50, len(FACTOR_NAMES))
    assert images.max() > 250
    assert images.min() == 0


def test_equal_seeds_make_equal_pictures():
    np.testing.assert_array_equal(make_pictures(5, seed=3).images, make_pictures(5, seed=3).images)
    assert not np.array_equal(make_pictures(5, seed=3).images, make_pictures(5, seed=4).images)


def moments(images: np.ndarray) -> np.ndarray:
    """Return x, y, angle and long half-axis of every picture, from its brightness alone."""
    weight = images[:, 0] / images.sum(axis=(1, 2, 3))[:, None, None]
    place = (np.arange(images.shape[-1]) + 0.5) / images.shape[-1]
    x, y = (weight * place).sum((1, 2)), (weight * place[:, None]).sum((1, 2))
    right, down = place - x[:, None, None], place[:, None] - y[:, None, None]
    xx, yy, xy = (weight * right**2).sum((1, 2)), (weight * down**2).sum((1, 2)), (weight * right * down).sum((1, 2))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) % np.pi
    longest = (xx + yy) / 2 + np.sqrt(((xx - yy) / 2) ** 2 + xy**2)
    return np.stack([x, y, angle, 2 * np.sqrt(longest)], axis=1)


@pytest.mark.parametrize("size", [32, 64])
def test_the_factors_are_those_of_the_picture(size):
    images, factors = make_pictures(100, size=size)
    difference = moments(images) - factors
    difference[:, 2] = (difference[:, 2] + np.pi / 2) % np.pi - np.pi / 2
    assert np.abs(difference).max(axis=0) == pytest.approx([0, 0, 0, 0], abs=0.05)


def test_an_ellipse_turned_by_pi_is_the_same():
    factors = np.array([[0.5, 0.4, 0.3, 0.2], [0.5, 0.4, 0.3 + np.pi, 0.2]])
    first, second = draw_ellipses(factors, 16).astype(int)
    assert np.abs(first - second).max() <= 1
