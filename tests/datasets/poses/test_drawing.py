"""From keypoints to drawn poses and parts."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.poses.drawing import build_arrays, choose_part_size, draw_poses, hold_pictures
from subsong.sources.stickmen import crop_parts, draw_stickmen

from .made_up import SKELETON, make_drawn, make_pictures

PICTURES = make_pictures(3, 4, 32)


@pytest.mark.parametrize("style", ["port", "original"])
def test_a_pose_that_pictures_share_is_drawn_once(style):
    arrays = build_arrays(hold_pictures(PICTURES), style)
    assert len(arrays.stickmen) == 4
    drawn = arrays.stickmen.fetch(arrays.stickman_M)
    assert np.array_equal(drawn, draw_stickmen(PICTURES.keypoints_NK2, SKELETON, (32, 32), style))


def test_poses_given_as_pictures_are_taken_as_they_are():
    drawn = make_drawn()
    arrays = build_arrays(hold_pictures(drawn), "original")
    assert np.array_equal(arrays.stickmen.fetch(arrays.stickman_M), drawn.stickmen[drawn.stickman_N])


def test_poses_drawn_in_another_style_are_drawn_again():
    port = draw_poses(hold_pictures(PICTURES), "port")
    assert draw_poses(port, "port") is port
    assert draw_poses(port, "original").style == "original"


def test_parts_are_those_of_the_pictures():
    arrays = build_arrays(hold_pictures(PICTURES), appearance="parts", part_size=8)
    expected = crop_parts(PICTURES.images, PICTURES.keypoints_NK2, SKELETON, 8)
    assert np.array_equal(arrays.appearances.fetch(np.arange(12)), expected)


def test_parts_without_keypoints_are_an_error_that_says_what_to_set():
    with pytest.raises(SubsongError, match=r"parts.*without keypoints: set data\.appearance=picture"):
        build_arrays(hold_pictures(make_drawn()), appearance="parts")


@pytest.mark.parametrize(("size", "expected"), [((256, 256), 64), ((64, 64), 16), ((32, 32), 16), ((100, 300), 16)])
def test_parts_are_a_quarter_of_the_picture(size, expected):
    assert choose_part_size(*size) == expected
