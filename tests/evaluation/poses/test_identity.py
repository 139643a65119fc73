"""Whether a made picture shows whom it should."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from tests.posed_pictures import NUM_IDENTITIES, NUM_POSES, build_poses

from subsong.evaluation.poses.identity import TruePictures, score_identity, take_true_pictures


@pytest.fixture(scope="module")
def data():
    return build_poses()


@pytest.fixture(scope="module")
def true_pictures(data):
    return data.images_NCHW / 127.5 - 1


def score(data, made, rows=None, truths=None):
    rows = np.arange(len(data)) if rows is None else np.asarray(rows)
    return score_identity({"model": made}, data.items, rows, truths or [take_true_pictures(data)])


def test_true_pictures_are_all_recognised(data, true_pictures):
    scores = score(data, true_pictures)
    assert (scores.is_right["model"] == 1).all()
    assert scores.chance_N == pytest.approx([1 / NUM_IDENTITIES] * len(data))


def test_pictures_of_the_next_identity_are_all_mistaken(data, true_pictures):
    assert (score(data, np.roll(true_pictures, NUM_POSES, axis=0)).is_right["model"] == 0).all()


def test_noise_is_recognised_by_chance(data):
    noise = np.random.default_rng(0).uniform(-1, 1, (len(data), 3, 16, 16))
    means = [score(data, np.roll(noise, shift, axis=0)).is_right["model"].mean() for shift in range(10)]
    assert 0.05 < np.mean(means) < 0.35


def test_only_true_pictures_in_the_same_pose_are_looked_at(data, true_pictures):
    """The true picture of pose 1 of the next identity would be nearest, but pose 0 is asked about."""
    made = np.roll(true_pictures, -NUM_POSES - 1, axis=0)
    assert score(data, made, rows=[0]).chance_N.tolist() == [1 / NUM_IDENTITIES]
    only_pose_1 = [TruePictures(data.images_NCHW[1::NUM_POSES], data.items[1::NUM_POSES])]
    assert np.isnan(score(data, made, rows=[0], truths=only_pose_1).is_right["model"]).all()


def test_rows_that_are_not_asked_about_and_pictures_not_made_count_for_nothing(data, true_pictures):
    made = true_pictures.copy()
    made[3] = np.nan
    scores = score(data, made, rows=[2, 3])
    assert scores.is_right["model"] == pytest.approx([1, np.nan], nan_ok=True)


def test_true_pictures_may_come_from_several_sets(data, true_pictures):
    few = build_poses([0, 6, 12])
    made = few.images_NCHW / 127.5 - 1
    alone = score_identity({"model": made}, few.items, np.arange(3), [take_true_pictures(few)])
    assert np.isnan(alone.chance_N).all()
    both = score_identity({"model": made}, few.items, np.arange(3), [take_true_pictures(few), take_true_pictures(data)])
    assert both.chance_N == pytest.approx([1 / NUM_IDENTITIES] * 3)
    assert both.is_right["model"].tolist() == [1, 1, 1]


def test_a_pose_without_a_name_and_an_unknown_identity_are_not_asked(true_pictures):
    unnamed = build_poses(names=False)
    assert np.isnan(score(unnamed, true_pictures).is_right["model"]).all()
    items = pl.DataFrame({"identity": [None, "a", "b"], "pose": ["p", "p", "p"]})
    truth = TruePictures(np.zeros((3, 1, 2, 2), np.uint8), items)
    made = np.full((3, 1, 2, 2), -1.0)
    chance_N = score_identity({"model": made}, items, np.arange(3), [truth]).chance_N
    assert chance_N == pytest.approx([np.nan, 0.5, 0.5], nan_ok=True)
