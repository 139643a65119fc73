"""Crops of parts: ramps stay ramps, a turned figure gives the crops of the upright one, missing parts are black."""

from __future__ import annotations

import numpy as np
import pytest
from tests.sources.stickmen.test_draw import PERSON_15, PERSON_18

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15
from subsong.sources.keypoints.types import Skeleton
from subsong.sources.stickmen import crop_parts, list_parts

LIMB = Skeleton(("hip", "knee"), ((0, 1),), ("centre", "centre"))
TORSO, HEAD, LEFT_THIGH = 0, 1, 6


def make_ramp(height: int = 128, width: int = 128) -> np.ndarray:
    """Return x in the first channel, y in the second."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x, y]).astype(np.uint8)[None]


def make_waves(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 127.5 + 60 * np.sin(0.11 * x + 0.05 * y) + 60 * np.cos(0.07 * y - 0.1 * x + 1)


def test_people_have_eight_parts_in_both_layouts():
    assert len(list_parts(PEOPLE_15)) == 8
    assert list_parts(PEOPLE_15) == list_parts(OPENPOSE_18)


def test_other_skeletons_have_a_part_an_edge():
    skeleton = Skeleton(("nose", "neck", "tail"), ((0, 1), (1, 2)), ("centre",) * 3)
    assert list_parts(skeleton) == ("nose-neck", "neck-tail")


@pytest.mark.parametrize("end", [(60, 100), (100, 30.5), (20, 40), (70.3, 20.2)])
def test_a_ramp_stays_a_ramp(end):
    start, end = np.array([60.0, 60.0]), np.array(end, float)
    (crop,) = crop_parts(make_ramp(), np.stack([start, end])[None], LIMB, 16)
    right = np.array([end[1] - start[1], start[0] - end[0]]) / 2  # half as wide as long
    place = (np.arange(16) + 0.5) / 16
    for axis in (0, 1):
        expected = start[axis] + place[:, None] * (end - start)[axis] + (place[None] - 0.5) * right[axis]
        assert np.abs(crop[axis] - expected).max() <= 0.51


def test_the_torso_goes_from_corner_to_corner():
    quad = np.array([[40.0, 30.0], [90.0, 36.0], [80.0, 100.0], [50.0, 88.0]])  # l and r shoulder, r and l hip
    keypoints = np.full((1, 15, 2), np.nan)
    keypoints[0, [10, 3, 2, 9]] = quad
    crop = crop_parts(make_ramp(), keypoints, PEOPLE_15, 256)[0].reshape(8, 2, 256, 256)[TORSO]
    corners = crop[:, [0, 0, -1, -1], [0, -1, -1, 0]].T
    assert np.abs(corners - quad).max() <= 1
    # Perspective keeps straight lines: the diagonals of the quad cross in the middle of the crop.
    sides = np.stack([quad[2] - quad[0], quad[1] - quad[3]], axis=1)
    share = np.linalg.solve(sides, quad[1] - quad[0])[0]
    crossing = quad[0] + share * (quad[2] - quad[0])
    assert np.abs(crop[:, 127:129, 127:129].mean(axis=(1, 2)) - crossing).max() <= 1


@pytest.mark.parametrize(("person", "skeleton"), [(PERSON_15, PEOPLE_15), (PERSON_18, OPENPOSE_18)])
@pytest.mark.parametrize("degrees", [90, 37, -120])
def test_a_turned_person_gives_the_crops_of_the_upright_one(person, skeleton, degrees):
    radians = np.radians(degrees)
    turn = np.array([[np.cos(radians), -np.sin(radians)], [np.sin(radians), np.cos(radians)]])
    y, x = np.mgrid[:128, :128] - 64.0
    back_x, back_y = np.einsum("ij,jhw->ihw", turn.T, np.stack([x, y]))
    images = np.rint(np.stack([make_waves(x, y), make_waves(back_x, back_y)])[:, None]).astype(np.uint8)
    upright, turned = crop_parts(images, np.stack([person, person @ turn.T]) + 64, skeleton, 24).astype(int)
    assert np.abs(upright - turned).max() <= 3


@pytest.mark.parametrize(("person", "skeleton"), [(PERSON_15, PEOPLE_15), (PERSON_18, OPENPOSE_18)])
def test_both_layouts_give_the_same_crops(person, skeleton):
    crops = crop_parts(make_ramp(), person[None] + 64, skeleton, 8)
    np.testing.assert_array_equal(crops, crop_parts(make_ramp(), PERSON_15[None] + 64, PEOPLE_15, 8))


def test_parts_without_their_joints_are_black_and_the_others_are_not():
    keypoints = np.stack([PERSON_15, PERSON_15]) + 64
    keypoints[1, 11] = np.nan  # the left elbow
    images = np.full((2, 3, 128, 128), 200, np.uint8)
    whole, without = crop_parts(images, keypoints, PEOPLE_15, 8).reshape(2, 8, 3, 8, 8)
    assert (whole == 200).all()
    is_black = (without == 0).all(axis=(1, 2, 3))
    assert [name for name, black in zip(list_parts(PEOPLE_15), is_black, strict=True) if black] == [
        "left upper arm",
        "left forearm",
    ]
    assert (without[~is_black] == 200).all()


def test_a_thigh_without_its_knee_goes_straight_down():
    keypoints = PERSON_15[None] + 64
    keypoints[0, 8] = np.nan
    crop = crop_parts(make_ramp(), keypoints, PEOPLE_15, 64)[0].reshape(8, 2, 64, 64)[LEFT_THIGH]
    assert np.abs(crop[0, :, 31:33].mean(axis=1) - 71).max() <= 0.5
    assert (crop[1, 0, 32], crop[1, -1, 32]) == (64, 127)


def test_a_head_without_its_nose_is_the_square_on_the_shoulders():
    keypoints = PERSON_15[None] + 64
    keypoints[0, 14] = np.nan
    crop = crop_parts(make_ramp(), keypoints, PEOPLE_15, 24)[0].reshape(8, 2, 24, 24)[HEAD]
    shoulders_y, width = 34, 24
    assert np.abs(crop[1, :, 12] - (shoulders_y - width + np.arange(24) + 0.5)).max() <= 0.51
    assert np.abs(crop[0, 12] - (64 - width / 2 + np.arange(24) + 0.5)).max() <= 0.51


def test_the_border_goes_on_outside_the_picture():
    ramp = make_ramp(32, 48)
    (crop,) = crop_parts(ramp, np.array([[[47.0, 10.0], [47.0, 60.0]]]), LIMB, 32)
    assert (crop[0, :, 16:] == 47).all()
    assert (crop[1, 16:] == 31).all()


@pytest.mark.parametrize("size_HW", [(1, 9), (9, 1), (1, 1)])
def test_pictures_of_one_row_or_column_are_cropped(size_HW):
    images = np.full((2, 3, *size_HW), 77, np.uint8)
    crops = crop_parts(images, np.array([[[4.0, 0.0], [4.0, 8.0]]] * 2), LIMB, 8)
    assert (crops == 77).all()


def test_joints_on_one_line_or_point_give_black():
    torso_on_a_line = np.full((15, 2), 20.0)
    torso_on_a_line[[10, 3, 2, 9], 0] = [10, 20, 30, 40]
    crops = crop_parts(np.full((1, 1, 64, 64), 9, np.uint8), torso_on_a_line[None], PEOPLE_15, 8)
    assert (crops[0, [0, 4, 5]] == 0).all()


def test_a_body_seen_crossed_over_gives_numbers_and_no_warning():
    keypoints = PERSON_15[None] + 64
    keypoints[0, [2, 9]] = keypoints[0, [9, 2]]
    assert crop_parts(make_ramp(), keypoints, PEOPLE_15, 16).shape == (1, 16, 16, 16)


def test_crops_do_not_depend_on_the_other_pictures():
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (90, 3, 64, 48), dtype=np.uint8)
    keypoints = PERSON_15 / 2 + generator.normal(28, 4, (90, 15, 2))
    together = crop_parts(images, keypoints, PEOPLE_15, 32)
    alone = [crop_parts(images[[row]], keypoints[[row]], PEOPLE_15, 32)[0] for row in range(0, 90, 17)]
    np.testing.assert_array_equal(together[::17], np.stack(alone))


def test_pictures_of_another_number_or_type_are_one_sentence():
    keypoints = PERSON_15[None] + 64
    with pytest.raises(SubsongError, match="N = 1 as the keypoints have"):
        crop_parts(np.zeros((2, 3, 8, 8), np.uint8), keypoints, PEOPLE_15)
    with pytest.raises(SubsongError, match="should be uint8"):
        crop_parts(np.zeros((1, 3, 8, 8)), keypoints, PEOPLE_15)
    with pytest.raises(SubsongError, match="at least one pixel a side, not 0"):
        crop_parts(np.zeros((1, 3, 8, 8), np.uint8), keypoints, PEOPLE_15, 0)
