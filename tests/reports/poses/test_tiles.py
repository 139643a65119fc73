"""Pictures of any kind become equal tiles."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.reports.poses.tiles import make_tiles


def test_black_is_minus_one_and_full_intensity_is_one() -> None:
    pictures = np.stack([np.full((3, 2, 2), value) for value in (-1.0, 0.0, 1.0)])
    tiles = make_tiles(pictures, (2, 2))
    assert tiles[:, 0, 0].tolist() == [[0, 0, 0, 255], [128, 128, 128, 255], [255, 255, 255, 255]]


def test_grey_pictures_are_drawn_in_grey() -> None:
    tiles = make_tiles(np.linspace(-1, 1, 4).reshape(1, 1, 2, 2), (2, 2))
    assert tiles.shape == (1, 2, 2, 4)
    assert (tiles[..., 0] == tiles[..., 2]).all()


def test_a_smaller_picture_is_enlarged_by_whole_elements() -> None:
    picture = np.array([[-1.0, 1.0], [1.0, -1.0]]).reshape(1, 1, 2, 2)
    tile = make_tiles(picture, (4, 4))[0, ..., 0]
    assert tile.tolist() == np.kron([[0, 255], [255, 0]], np.ones((2, 2), int)).tolist()


def test_a_picture_of_other_proportions_keeps_them_between_transparent_margins() -> None:
    tile = make_tiles(np.ones((1, 3, 2, 4)), (4, 4))[0]
    assert (tile[1:3, :, 3] == 255).all()
    assert (tile[[0, 3], :, 3] == 0).all()


def test_parts_lie_in_a_square_in_their_order() -> None:
    parts = np.concatenate([np.full((1, 3, 2, 2), value) for value in (-1.0, -0.5, 0.0, 0.5, 1.0)], axis=1)
    tile = make_tiles(parts, (4, 6))[0]
    assert tile[::2, ::2, 0].tolist() == [[0, 64, 128], [191, 255, 0]]
    assert tile[::2, ::2, 3].tolist() == [[255, 255, 255], [255, 255, 0]]


def test_a_shape_that_makes_no_picture_is_refused() -> None:
    with pytest.raises(SubsongError, match="pictures should have the shape"):
        make_tiles(np.zeros((3, 4, 4)), (4, 4))
