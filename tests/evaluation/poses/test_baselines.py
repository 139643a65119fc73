"""What a network of poses has to beat: copied appearances, and means of training pictures of a pose."""

from __future__ import annotations

import numpy as np
import pytest
from tests.posed_pictures import NUM_IDENTITIES, NUM_POSES, build_poses

from subsong.evaluation.poses.baselines import CopiedAppearances, PoseMeans

ROWS = np.arange(NUM_IDENTITIES * NUM_POSES)
TRAIN = ROWS[ROWS // NUM_POSES < 4]
"""The first four identities in all poses."""


def scaled(images):
    return images / 127.5 - 1


def test_the_mean_of_a_pose_is_that_of_the_training_pictures_of_its_name():
    train, data = build_poses(TRAIN), build_poses([22, 28])
    expected = [scaled(train.images_NCHW[pose::NUM_POSES]).mean(axis=0) for pose in (2, 3)]
    assert PoseMeans(train).predict(data, np.arange(2)) == pytest.approx(np.stack(expected), abs=1e-6)


def test_a_pose_without_a_name_takes_the_pictures_of_the_nearest_drawn_poses():
    train, data = build_poses(TRAIN, names=False), build_poses([22, 28], names=False)
    expected = [scaled(train.images_NCHW[pose::NUM_POSES]).mean(axis=0) for pose in (2, 3)]
    made = PoseMeans(train, num_nearest=4).predict(data, np.arange(2))
    assert made == pytest.approx(np.stack(expected), abs=1e-6)


def test_a_name_that_one_picture_bears_is_no_repeated_pose():
    train = build_poses([0, 5, 1])
    made = PoseMeans(train, num_nearest=1).predict(build_poses([2, 6, 7]), np.arange(3))
    assert made[1] == pytest.approx(scaled(train.images_NCHW[2]), abs=1e-6)


def test_fewer_training_pictures_than_neighbours_are_all_averaged():
    train = build_poses([0, 6], names=False)
    made = PoseMeans(train).predict(build_poses([12], names=False), np.arange(1))
    assert made[0] == pytest.approx(scaled(train.images_NCHW).mean(axis=0), abs=1e-6)


def test_which_rows_are_asked_for_together_makes_no_difference():
    means = PoseMeans(build_poses(TRAIN))
    data = build_poses(ROWS[20:])
    together = means.predict(data, np.arange(10))
    assert np.array_equal(means.predict(data, np.array([7])), together[[7]])


def test_the_copied_appearance_is_the_partners_picture_and_none_where_a_row_is_its_own():
    pictures = np.arange(3.0).reshape(3, 1, 1, 1) * np.ones((1, 1, 2, 2))
    copied = CopiedAppearances(pictures, np.array([1, 1, 0]))[np.arange(3)]
    assert copied[:, 0, 0, 0] == pytest.approx([1, np.nan, 0], nan_ok=True)
    assert pictures[1, 0, 0, 0] == 1
