"""Stickmen: areas in closed form, colours of both styles, missing joints, and pictures that depend on nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15
from subsong.sources.keypoints.types import Skeleton
from subsong.sources.stickmen import draw_stickmen

RIGHT, CENTRE, LEFT = (255, 0, 0), (0, 255, 0), (0, 0, 255)
PERSON_15 = np.array(
    [
        *([-12.0, 45.0], [-10.0, 25.0], [-7.0, 0.0], [-12.0, -30.0], [-22.0, -15.0], [-30.0, -2.0], [-3.0, -42.0]),
        *([12.0, 45.0], [10.0, 25.0], [7.0, 0.0], [12.0, -30.0], [22.0, -15.0], [30.0, -2.0], [3.0, -42.0]),
        [0.0, -38.0],
    ]
)
"""A person facing us, upright and symmetric, 100 pixels tall; the middle of the hips is (0, 0)."""
PERSON_18 = np.insert(PERSON_15[[14, 3, 4, 5, 10, 11, 12, 2, 1, 0, 9, 8, 7, 6, 13, 6, 13]], 1, [0.0, -30.0], axis=0)
PERSON_18[16:] += [[-4.0, 2.0], [4.0, 2.0]]
PEOPLE = [(PERSON_15, PEOPLE_15), (PERSON_18, OPENPOSE_18)]
STYLES = ["port", "original"]


def line_skeleton(*sides: str) -> Skeleton:
    return Skeleton(("a", "b"), ((0, 1),), sides)


def draw_line(start, end, size_HW=(256, 256), sides=("centre", "centre"), style="original"):
    return draw_stickmen(np.array([[start, end]], float), line_skeleton(*sides), size_HW, style)[0]


@pytest.mark.parametrize("end", [(200.3, 60.7), (60.4, 210.0), (60.4, 40.2), (10.2, 77.7), (150.0, 150.0)])
def test_a_line_covers_the_area_of_a_capsule(end):
    length, width = np.hypot(end[0] - 60.4, end[1] - 60.7), 3 * 256 // 128
    area = draw_line((60.4, 60.7), end, sides=("left", "left"))[1].sum() / 255
    assert area == pytest.approx(width * length + np.pi * width**2 / 4, rel=0.01)


def test_a_line_along_a_row_is_exact():
    picture = draw_line((10, 20.25), (30, 20.25), sides=("right", "right"))
    np.testing.assert_array_equal(picture[0, 16:26, 20], [0, 64, 255, 255, 255, 255, 255, 191, 0, 0])
    assert picture[1:].max() == 0


@pytest.mark.parametrize("size", [128, 256])
def test_a_disc_covers_the_area_of_a_circle(size):
    area = draw_line((0.4 * size + 0.3, 0.5 * size + 0.1), (np.nan, np.nan), (size, size), style="port")[1].sum() / 255
    # A soft edge one pixel wide adds pi / 12 to a circle.
    assert area == pytest.approx(np.pi * ((3 * size / 256) ** 2 + 1 / 12), rel=0.02)


@pytest.mark.parametrize("corners", [[(20.3, 30.1), (90, 25), (70, 99.5), (31, 80)], [(9, 9), (50, 10), (20, 60)]])
def test_a_body_covers_the_area_of_its_polygon(corners):
    x, y = np.array(corners).T
    area = abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2
    body = tuple(range(len(corners)))
    skeleton = Skeleton(tuple("abcd"[: len(corners)]), (), ("centre",) * len(corners), body)
    picture = draw_stickmen(np.array([corners]), skeleton, (128, 128), "original")[0]
    assert picture[2].sum() / 255 == pytest.approx(area, rel=0.002)
    assert picture[:2].max() == 0


def test_a_body_that_crosses_itself_is_filled_on_both_sides_of_the_crossing():
    skeleton = Skeleton(tuple("abcd"), (), ("centre",) * 4, (0, 1, 2, 3))
    bow_tie = np.array([[[10.0, 10.0], [90.0, 50.0], [90.0, 10.0], [10.0, 50.0]]])
    picture = draw_stickmen(bow_tie, skeleton, (64, 100), "original")[0, 2]
    assert (picture[30, 15], picture[30, 85], picture[15, 50], picture[45, 50]) == (255, 255, 0, 0)
    assert picture.sum() / 255 == pytest.approx(80 * 40 / 2, rel=0.002)


@pytest.mark.parametrize(
    ("sides", "colour"),
    [
        (("right", "right"), RIGHT),
        (("left", "left"), LEFT),
        (("centre", "centre"), CENTRE),
        (("left", "centre"), LEFT),
        (("centre", "right"), RIGHT),
        (("left", "right"), CENTRE),
    ],
)
def test_a_line_has_the_colour_of_its_side(sides, colour):
    assert tuple(draw_line((50, 100), (200, 100), sides=sides, style="port")[:, 100, 125]) == colour


@pytest.mark.parametrize(
    ("sides", "values"),
    [(("right", "right"), (255, 0, 0)), (("left", "left"), (0, 255, 0)), (("left", "right"), (127, 127, 0))],
)
def test_the_original_style_has_a_channel_a_side(sides, values):
    assert tuple(draw_line((50, 100), (200, 100), sides=sides)[:, 100, 125]) == values


def test_port_draws_the_openpose_layout_in_the_colours_of_the_reference():
    # The reference's lists of lines, as the joints they have.
    (picture,) = draw_stickmen(2 * PERSON_18[None] + 128, OPENPOSE_18, (256, 256), "port")
    for joints, colour in (
        ((2, 3, 4, 8, 9, 10), RIGHT),
        ((0, 1, 14, 15, 16, 17), CENTRE),
        ((5, 6, 7, 11, 12, 13), LEFT),
    ):
        for x, y in (2 * PERSON_18[list(joints)] + 128).astype(int):
            assert tuple(picture[:, y, x]) == colour
    assert tuple(picture[:, 100, 128]) == CENTRE  # the body


def test_original_draws_the_face_of_fifteen_joints_as_the_reference():
    (picture,) = draw_stickmen(2 * PERSON_15[None] + 128, PEOPLE_15, (256, 256), "original")
    neck_to_nose, nose_to_right_eye, nose_to_left_eye = (58, 128), (48, 125), (48, 131)
    assert tuple(picture[:, *neck_to_nose]) == (127, 127, 0)
    assert picture[0, *nose_to_right_eye] == 255
    assert picture[1, *nose_to_left_eye] == 255
    assert tuple(picture[:, 100, 128]) == (0, 0, 255)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("person", "skeleton"), PEOPLE)
def test_a_symmetric_person_mirrors_with_sides_exchanged(person, skeleton, style):
    (picture,) = draw_stickmen(person[None] + (63.5, 60.0), skeleton, (128, 128), style)
    exchanged = picture[[2, 1, 0]] if style == "port" else picture[[1, 0, 2]]
    assert np.abs(picture.astype(int) - exchanged[:, :, ::-1]).max() <= 1


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("person", "skeleton"), PEOPLE)
def test_moving_by_whole_pixels_moves_the_picture(person, skeleton, style):
    keypoints = person + np.array([[[50.25, 60.75]], [[53.25, 55.75]]])
    here, there = draw_stickmen(keypoints, skeleton, (120, 101), style)
    np.testing.assert_array_equal(there[:, :-5, 3:], here[:, 5:, :-3])


@pytest.mark.parametrize("style", STYLES)
def test_a_picture_does_not_depend_on_the_others(style):
    keypoints = PERSON_15 + np.random.default_rng(0).normal(32, 5, (200, 15, 2))
    keypoints[::3, 5] = np.nan
    together = draw_stickmen(keypoints, PEOPLE_15, (96, 64), style)
    assert together.shape == (200, 3, 96, 64)
    alone = [draw_stickmen(keypoints[row : row + 1], PEOPLE_15, (96, 64), style)[0] for row in range(0, 200, 23)]
    np.testing.assert_array_equal(together[::23], np.stack(alone))


@pytest.mark.parametrize("style", STYLES)
def test_a_missing_joint_leaves_out_what_hangs_on_it(style):
    whole, without = np.stack([PERSON_15, PERSON_15]) + 64
    without[3] = np.nan  # the right shoulder
    drawn, left_out = draw_stickmen(np.stack([whole, without]), PEOPLE_15, (128, 128), style).astype(int)
    lines = Skeleton(PEOPLE_15.names, ((0, 1), (1, 2), (4, 5), *PEOPLE_15.edges[5:]), PEOPLE_15.sides)
    (expected,) = draw_stickmen(without[None], lines, (128, 128), style).astype(int)
    side = slice(0, 1)  # what is right does not touch the head in either style
    assert np.abs(left_out[side, 30:] - expected[side, 30:]).max() == 0
    assert left_out[1 if style == "port" else 2, 50, 64] == 0
    assert drawn[1 if style == "port" else 2, 50, 64] == 255


def test_nothing_is_drawn_where_all_joints_are_missing_or_far_away():
    keypoints = np.full((3, 15, 2), np.nan)
    keypoints[1] = PERSON_15 + 1e9
    keypoints[2] = np.inf
    assert draw_stickmen(keypoints, PEOPLE_15, (32, 48), "port").max() == 0


def test_no_pictures_are_drawn_from_no_keypoints():
    assert draw_stickmen(np.empty((0, 15, 2)), PEOPLE_15, (8, 9), "port").shape == (0, 3, 8, 9)


def test_the_same_stickman_is_drawn_at_any_size():
    small, large = (
        draw_stickmen((PERSON_18[None] + 64) * size / 128 - 0.5, OPENPOSE_18, (size, size), "port")[0]
        for size in (128, 256)
    )
    halved = large.reshape(3, 128, 2, 128, 2).mean(axis=(2, 4))
    assert np.abs(halved - small).mean() < 0.5


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((PERSON_15[None], PEOPLE_15, (8, 8), "orginal"), "did you mean 'original'?"),
        ((PERSON_15[None, :4], PEOPLE_15, (8, 8), "port"), r"should have the shape \(N, 15, 2\).* not \(1, 4, 2\)"),
        ((PERSON_15[None], PEOPLE_15, (0, 8), "port"), "at least one pixel"),
    ],
)
def test_what_does_not_fit_is_one_sentence(arguments, sentence):
    with pytest.raises(SubsongError, match=sentence):
        draw_stickmen(*arguments)
