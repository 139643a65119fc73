"""Pictures that are cut and resized, and their keypoints with them."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.keypoints.made_files import draw_dots, find_dot

from subsong.sources.keypoints.pixels import (
    box_around,
    crop_picture,
    resize_keypoints,
    resize_picture,
    set_channels,
    widen_box,
)


@pytest.mark.parametrize("new_HW", [(32, 48), (90, 40), (25, 100)])
def test_a_joint_stays_on_its_dot_when_the_picture_is_resized(new_HW):
    joint = np.array([[37.3, 21.8]])
    dot = resize_picture(draw_dots((64, 80), joint), new_HW)[..., 0]
    np.testing.assert_allclose(find_dot(dot), resize_keypoints(joint, (64, 80), new_HW)[0], atol=0.05)


def test_shrinking_averages_over_the_pixels_it_covers():
    stripes = np.tile(np.array([0, 200], np.uint8), (64, 32))[..., None]
    small = resize_picture(stripes, (8, 8))
    np.testing.assert_allclose(small, 100, atol=8)


def test_a_picture_of_the_right_size_is_left_as_it_is():
    picture = np.arange(24, dtype=np.uint8).reshape(4, 6, 1)
    assert resize_picture(picture, (4, 6)) is picture


def test_a_box_that_reaches_beyond_the_picture_is_black_there():
    picture = np.full((4, 6, 1), 7, np.uint8)
    cut = crop_picture(picture, np.array([-1, 2, 3, 4]))[..., 0]
    np.testing.assert_array_equal(cut, [[0, 7, 7], [0, 7, 7], [0, 0, 0], [0, 0, 0]])


def test_a_box_holds_all_joints_that_are_there():
    joints = np.array([[2.5, 3.0], [np.nan, np.nan], [7.2, 9.9]])
    np.testing.assert_array_equal(box_around(joints), [2, 3, 7, 8])


def test_a_widened_box_has_the_proportions_of_the_size_and_the_same_centre():
    box = widen_box(np.array([10.0, 10.0, 20.0, 20.0]), 0.1, (32, 64))
    np.testing.assert_array_equal(box, [-4, 8, 48, 24])


def test_grey_weighs_the_colours_as_the_eye_does():
    colours = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [9, 9, 9]]], np.uint8)
    np.testing.assert_array_equal(set_channels(colours, 1)[0, :, 0], [76, 150, 29, 9])


def test_grey_becomes_three_equal_channels():
    np.testing.assert_array_equal(set_channels(np.full((1, 1, 1), 5, np.uint8), 3), np.full((1, 1, 3), 5))
