"""Made-up figures: the truth is exact, figures and poses are the same however many are made."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from subsong.sources.keypoints.reading import read_posed_pictures
from subsong.synthesis.figures import FigureOptions, make_figures, write_figures
from subsong.synthesis.figures.person import PERSON

BODIES = ["person", "bird"]
SMALL = FigureOptions(num_figures=3, num_poses=4, size=(32, 24))


def test_every_figure_is_shown_in_every_pose_one_figure_after_the_other():
    images, items, keypoints_NK2, skeleton, *_ = make_figures(SMALL, seed=1)
    assert (images.shape, images.dtype) == ((12, 3, 32, 24), np.uint8)
    assert (keypoints_NK2.shape, keypoints_NK2.dtype) == ((12, 15, 2), np.float32)
    assert skeleton.layout == "people15"
    assert items["identity"].to_list() == [f"figure-{figure:03d}" for figure in range(3) for _ in range(4)]
    assert items["pose"].to_list() == [f"pose-{pose:03d}" for pose in range(4)] * 3
    assert items["row"].to_list() == list(range(12))


@pytest.mark.parametrize("body", BODIES)
def test_equal_seeds_make_equal_figures(body):
    options = SMALL.model_copy(update={"body": body})
    first, same, other = (make_figures(options, seed) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.images, same.images)
    np.testing.assert_array_equal(first.keypoints_NK2, same.keypoints_NK2)
    assert not np.array_equal(first.images, other.images)
    assert not np.array_equal(first.keypoints_NK2, other.keypoints_NK2)


@pytest.mark.parametrize("body", BODIES)
def test_a_figure_and_a_pose_are_the_same_however_many_there_are(body):
    few = make_figures(FigureOptions(body=body, num_figures=2, num_poses=3, size=(24, 24)), seed=2)
    many = make_figures(FigureOptions(body=body, num_figures=3, num_poses=30, size=(24, 24)), seed=2)
    rows = [0, 1, 2, 30, 31, 32]
    np.testing.assert_array_equal(few.images, many.images[rows])
    np.testing.assert_array_equal(few.keypoints_NK2, many.keypoints_NK2[rows])


def test_keypoints_are_those_of_the_pose_whoever_is_seen():
    keypoints = make_figures(SMALL, seed=3).keypoints_NK2.reshape(3, 4, 15, 2)
    np.testing.assert_array_equal(keypoints[0], keypoints[2])
    assert (np.abs(keypoints[0, 0] - keypoints[0, 1]).max(axis=1) > 0).all()


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("size", [(8, 8), (8, 12)])
def test_every_joint_lies_within_the_picture(body, size):
    options = FigureOptions(body=body, num_figures=1, num_poses=200, size=size)
    keypoints = make_figures(options, seed=4).keypoints_NK2
    assert keypoints.min() > -0.5
    assert (keypoints.max(axis=(0, 1)) < np.array(size)[::-1] - 0.5).all()


@pytest.mark.parametrize("body", BODIES)
def test_joints_lie_on_the_figure(body):
    images, _, keypoints_NK2, *_ = make_figures(
        FigureOptions(body=body, num_figures=4, num_poses=6, size=(96, 96)), seed=5
    )
    x, y = np.rint(keypoints_NK2).astype(int).transpose(2, 0, 1)
    rows = np.arange(len(images))[:, None]
    # The background is the same all along a row, and the figure does not reach the border.
    difference = images[rows, :, y, x].astype(int) - images[rows, :, y, 0]
    assert (np.abs(difference).max(axis=2) > 12).mean() > 0.97


@pytest.mark.parametrize("body", BODIES)
def test_a_figure_is_the_same_at_any_size(body):
    small, large = (
        make_figures(FigureOptions(body=body, num_figures=2, num_poses=2, size=(size, size)), seed=6)
        for size in (48, 96)
    )
    np.testing.assert_allclose(large.keypoints_NK2, 2 * small.keypoints_NK2 + 0.5, atol=1e-4)
    halved = large.images.reshape(4, 3, 48, 2, 48, 2).mean(axis=(3, 5))
    assert np.abs(halved - small.images).mean() < 1.5


def test_bones_keep_their_length_but_for_what_comes_towards_us():
    keypoints = make_figures(FigureOptions(num_figures=1, num_poses=100, size=(8, 8)), seed=7).keypoints_NK2
    for start, end, length in [(0, 1, 0.21), (1, 2, 0.215), (3, 4, 0.155), (4, 5, 0.135), (10, 11, 0.155)]:
        lengths = np.linalg.norm(keypoints[:, start] - keypoints[:, end], axis=1) / (8 * PERSON.unit_share)
        assert lengths.max() <= length + 1e-4
        assert lengths.min() >= 0.82 * length - 1e-4


def test_figures_can_be_told_apart_in_every_pose():
    images = make_figures(FigureOptions(num_figures=6, num_poses=3, size=(32, 32)), seed=8).images
    pictures = images.reshape(6, 3, -1).astype(float)
    apart = np.abs(pictures[:, None] - pictures[None]).mean(axis=3)
    assert apart[~np.eye(6, dtype=bool)].min() > 5


def test_no_spread_is_one_pose():
    keypoints = make_figures(SMALL.model_copy(update={"spread": 0.0})).keypoints_NK2
    assert np.ptp(keypoints, axis=0).max() == 0


def test_grey_figures_have_the_luminance_of_coloured_ones():
    grey, coloured = (
        make_figures(SMALL.model_copy(update={"num_channels": channels})).images.astype(float) for channels in (1, 3)
    )
    assert grey.shape == (12, 1, 32, 24)
    assert np.abs(grey[:, 0] - coloured.transpose(0, 2, 3, 1) @ [0.299, 0.587, 0.114]).max() <= 0.5


@pytest.mark.parametrize("body", BODIES)
def test_written_figures_are_read_as_they_were_made(tmp_path, body):
    options = SMALL.model_copy(update={"body": body})
    write_figures(tmp_path / "figures.npz", options, seed=9)
    made, found = make_figures(options, seed=9), read_posed_pictures(tmp_path / "figures.npz")
    np.testing.assert_array_equal(found.images, made.images)
    np.testing.assert_array_equal(found.keypoints_NK2, made.keypoints_NK2)
    assert found.skeleton == made.skeleton
    assert found.items["identity"].to_list() == made.items["identity"].to_list()
    assert found.items["pose"].to_list() == made.items["pose"].to_list()


def test_the_same_figures_are_written_as_the_same_bytes(tmp_path):
    for name in ("one.npz", "two.npz"):
        write_figures(tmp_path / name, SMALL, seed=9)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


def test_a_picture_below_eight_pixels_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 8"):
        FigureOptions(size=(4, 64))
