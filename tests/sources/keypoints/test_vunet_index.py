"""VUNet's original index."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.keypoints.skeletons import PEOPLE_15


def save(folder, **change):
    joints = np.random.default_rng(0).uniform(0, 1, (2, 15, 2))
    joints[0, 3] = [-0.1, 0.5]
    joints[1, 0] = [0.5, 1.25]
    index = {
        "joint_order": list(PEOPLE_15.names),
        "imgs": ["a/1.jpg", "b/2.jpg"],
        "train": [True, False],
        "joints": joints,
    } | change
    (folder / "index.p").write_bytes(pickle.dumps(index, 2))
    for name in ("a/1.jpg", "b/2.jpg"):
        save_picture(folder / name, (10, 20))
    return joints


def test_shares_of_the_picture_become_pixels(tmp_path):
    joints = save(tmp_path)
    pictures = read_posed_pictures(tmp_path / "index.p")
    assert pictures.skeleton == PEOPLE_15
    # The left edge, 0, lies half a pixel left of the centre of the first pixel.
    np.testing.assert_allclose(pictures.keypoints_NK2[1, 5], joints[1, 5] * [20, 10] - 0.5, rtol=1e-6)


def test_negative_is_missing_and_beyond_the_picture_is_not(tmp_path):
    save(tmp_path)
    keypoints = read_posed_pictures(tmp_path).keypoints_NK2
    assert np.isnan(keypoints[0, 3]).all()
    assert np.isfinite(keypoints[1]).all()


def test_flags_of_training_become_the_split(tmp_path):
    save(tmp_path)
    pictures = read_posed_pictures(tmp_path, PoseReading(identity="folder", size=8))
    assert pictures.items["split"].to_list() == ["train", "test"]
    assert pictures.items["identity"].to_list() == ["a", "b"]
    assert pictures.images.shape == (2, 3, 8, 8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joints": np.zeros((2, 14, 2))}, r"joints have shape \(2, 14, 2\), expected \(2, 15, 2\)"),
        ({"joints": "none"}, r"expected numbers of shape \(2, 15, 2\)"),
        ({"train": [True]}, "train has 1 flags for 2 imgs"),
        ({"imgs": ["a/1.jpg", "c.jpg"]}, r"row 1: the picture .*c\.jpg does not exist"),
    ],
)
def test_an_index_that_does_not_fit_is_one_sentence(tmp_path, change, message):
    save(tmp_path, **change)
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(tmp_path)


def test_a_pickle_of_something_else_says_what_it_lacks(tmp_path):
    (tmp_path / "index.p").write_bytes(pickle.dumps({"imgs": []}))
    with pytest.raises(SubsongError, match="no index of VUNet: it lacks joint_order, joints"):
        read_posed_pictures(tmp_path)
