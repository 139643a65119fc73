"""Measures of pictures that need no weights."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from subsong.models.fixed_features import PyramidFeatures, RandomFeatures, halve_pictures


def draw(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.mark.parametrize("size", [(8, 8), (7, 10), (2, 3)])
def test_halving_is_the_mean_of_two_by_two_pixels(size):
    pictures = draw(2, 3, *size)
    assert torch.allclose(halve_pictures(pictures), functional.avg_pool2d(pictures, 2), atol=1e-6)


def test_each_scale_of_the_pyramid_has_ten_maps_of_half_the_size():
    shapes = [tuple(scale.shape) for scale in PyramidFeatures()(draw(2, 3, 64, 48))]
    assert shapes == [(2, 30, 32, 24), (2, 30, 16, 12), (2, 30, 8, 6), (2, 30, 4, 3), (2, 30, 2, 1)]


@pytest.mark.parametrize(("size", "num_scales"), [(16, 4), (8, 3), (3, 1), (1, 0)])
def test_scales_without_edges_are_left_out(size, num_scales):
    assert len(PyramidFeatures()(draw(1, 1, size, 64))) == num_scales


def test_a_plain_picture_has_neither_texture_nor_edges():
    assert all((scale.abs() < 1e-6).all() for scale in PyramidFeatures()(torch.full((1, 2, 32, 32), 0.7)))


@pytest.mark.parametrize(
    ("picture", "found"),
    # Of the ten maps: band, across, down, two diagonals, above 0 and then below it.
    [([-1.0, 1.0], 1), ([1.0, -1.0], 6)],
)
def test_an_upright_edge_is_found_by_its_direction_and_sign(picture, found):
    edge = torch.tensor(picture).repeat_interleave(4).expand(1, 1, 8, 8)
    strength = PyramidFeatures()(edge)[0][0, :, 2, 1]
    assert strength.argmax() == found
    # A step of 2, seen in one of the two columns that are averaged.
    assert strength[found].item() == pytest.approx(1.0)


def test_a_blur_is_further_away_than_a_change_of_brightness_of_the_same_size():
    picture = draw(1, 1, 32, 32)
    blurred = functional.avg_pool2d(functional.pad(picture, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    brighter = picture + (blurred - picture).abs().mean()
    pyramid = PyramidFeatures()
    far, near = (
        sum((a - b).abs().mean() for a, b in zip(pyramid(picture), pyramid(other), strict=True))
        for other in (blurred, brighter)
    )
    assert near < 1e-5 < 0.1 < far


def test_random_features_are_the_same_every_time_and_of_any_number_of_channels():
    state = torch.get_rng_state()
    for num_channels in (1, 3, 5):
        pictures = draw(2, num_channels, 16, 32)
        first, second = RandomFeatures(num_channels)(pictures), RandomFeatures(num_channels)(pictures)
        assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))
        assert [tuple(scale.shape[2:]) for scale in first] == [(16, 32), (8, 16), (4, 8), (2, 4), (1, 2)]
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("num_channels", [1, 3])
def test_random_filters_are_orthogonal_and_keep_the_energy(num_channels):
    for value in RandomFeatures(num_channels).filters:
        rows = value.flatten(1)
        rows = rows if rows.shape[0] <= rows.shape[1] else rows.T
        assert torch.allclose(rows @ rows.T, 2 * torch.eye(len(rows)), atol=1e-5)
        assert not value.requires_grad
