"""Joints of people under other names and in other orders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.people import convert_people, find_layout
from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15

SIDED = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
COCO_17 = ("nose", *(f"{side}_{name}" for name in SIDED for side in ("left", "right")))
KEYPOINTS = np.random.default_rng(0).uniform(0, 50, (3, 17, 2))
PATH = Path("people.json")


def test_cocos_joints_become_openposes_by_name():
    converted = convert_people(PATH, COCO_17, KEYPOINTS, OPENPOSE_18)
    for name, number in [("nose", 0), ("right_shoulder", 2), ("left_ankle", 13), ("left_ear", 17)]:
        np.testing.assert_array_equal(converted[:, number], KEYPOINTS[:, COCO_17.index(name)])


def test_the_neck_that_coco_lacks_is_the_middle_of_the_shoulders():
    converted = convert_people(PATH, COCO_17, KEYPOINTS, OPENPOSE_18)
    np.testing.assert_allclose(converted[:, 1], (converted[:, 2] + converted[:, 5]) / 2)


def test_the_neck_is_missing_where_a_shoulder_is():
    keypoints = KEYPOINTS.copy()
    keypoints[1, COCO_17.index("left_shoulder")] = np.nan
    assert np.isnan(convert_people(PATH, COCO_17, keypoints, OPENPOSE_18)[:, 1]).all(axis=1).tolist() == [0, 1, 0]


def test_openposes_joints_become_the_15():
    keypoints = np.random.default_rng(1).uniform(0, 50, (2, 18, 2))
    converted = convert_people(PATH, OPENPOSE_18.names, keypoints, PEOPLE_15)
    np.testing.assert_array_equal(converted[:, 14], keypoints[:, 0])
    np.testing.assert_array_equal(converted[:, 0], keypoints[:, 10])


def test_layouts_are_recognised_whatever_the_order_and_spelling():
    names = [name.replace("r", "Right_", 1) if name.startswith("r") else name for name in reversed(PEOPLE_15.names)]
    assert find_layout(names) == PEOPLE_15
    assert find_layout(OPENPOSE_18.names) == OPENPOSE_18
    assert find_layout(COCO_17) is None


def test_an_animal_has_no_layout_of_people():
    with pytest.raises(SubsongError, match="needs both shoulders and hips, and lshoulder, rshoulder, lhip, rhip"):
        convert_people(PATH, ("snout", "tail"), np.zeros((1, 2, 2)), OPENPOSE_18)
