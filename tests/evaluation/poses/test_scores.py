"""Distances of pictures in [-1, 1], compared in [0, 1]."""

from __future__ import annotations

import math

import numpy as np
import pytest

from subsong.evaluation.pictures import compute_ssim
from subsong.evaluation.poses.scores import PICTURE_METRICS, score_pictures

RNG = np.random.default_rng(0)


def test_scores_are_those_of_the_field_on_values_in_0_to_1():
    target = RNG.uniform(-0.8, 0.8, (2, 3, 16, 16))
    scores = score_pictures(target, target + 0.2)
    assert scores["l1"] == pytest.approx([0.1] * 2)
    assert scores["psnr"] == pytest.approx([20] * 2)
    assert scores["ssim"] == pytest.approx(compute_ssim((target + 1) / 2, (target + 1.2) / 2))


def test_equal_pictures_score_best():
    target = RNG.uniform(-1, 1, (1, 1, 32, 32)).astype(np.float32)
    scores = {name: float(values[0]) for name, values in score_pictures(target, target).items()}
    assert scores == {"l1": 0, "psnr": math.inf, "ssim": pytest.approx(1), "ms_ssim": pytest.approx(1)}


def test_a_picture_that_was_not_made_has_no_score():
    target = RNG.uniform(-1, 1, (3, 1, 16, 16))
    made = target.copy()
    made[1] = np.nan
    for name in PICTURE_METRICS:
        assert np.isnan(score_pictures(target, made)[name]).tolist() == [False, True, False]


def test_many_pictures_score_as_each_alone():
    target = RNG.uniform(-1, 1, (70, 1, 12, 12))
    made = np.clip(target + RNG.normal(size=target.shape), -1, 1)
    alone = [score_pictures(target[[row]], made[[row]])["ssim"][0] for row in (0, 63, 64, 69)]
    assert score_pictures(target, made)["ssim"][[0, 63, 64, 69]].tolist() == alone
