"""Our own file of pictures with keypoints, and others' arrays."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.arrays import write_posed_pictures
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.keypoints.types import PosedPictures, Skeleton

RNG = np.random.default_rng(0)
SKELETON = Skeleton(("hip", "kneeL", "kneeR"), ((0, 1), (0, 2)), ("centre", "left", "right"), (0, 1, 2), "own")


def make_pictures(num_channels: int = 3) -> PosedPictures:
    images = np.random.default_rng(1).integers(0, 256, (4, num_channels, 6, 8), dtype=np.uint8)
    keypoints = np.random.default_rng(2).uniform(-2, 8, (4, 3, 2)).astype(np.float32)
    keypoints[1, 2] = np.nan
    items = pl.DataFrame(
        {
            "source": ["a.npz"] * 4,
            "row": range(4),
            "identity": ["ann", "ann", "ben", "ben"],
            "pose": ["sits", None, "sits", "runs"],
        }
    )
    return PosedPictures(images, items, keypoints, SKELETON)


@pytest.mark.parametrize("num_channels", [1, 3])
def test_what_is_written_comes_back_exactly(tmp_path, num_channels):
    pictures = make_pictures(num_channels)
    write_posed_pictures(tmp_path / "a.npz", pictures)
    again = read_posed_pictures(tmp_path / "a.npz")
    np.testing.assert_array_equal(again.images, pictures.images)
    np.testing.assert_array_equal(again.keypoints_NK2, pictures.keypoints_NK2)
    assert again.items.equals(pictures.items)
    assert again.skeleton == SKELETON


def test_the_same_pictures_give_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        write_posed_pictures(tmp_path / name, make_pictures())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_real_crops_of_a_mouse_are_read_with_their_names(real_data):
    pictures = read_posed_pictures(real_data / "pose_mouse_dlc_openfield" / "crops224.npz")
    assert pictures.images.shape == (86, 1, 224, 224)
    assert pictures.skeleton is not None
    assert pictures.skeleton.names == ("snout", "leftear", "rightear", "tailbase")
    np.testing.assert_allclose(pictures.keypoints_NK2[0, 0], [21.521, 143.428], atol=1e-4)


def test_a_column_of_the_file_can_be_the_identity(tmp_path):
    np.savez(
        tmp_path / "a.npz",
        images=np.zeros((2, 4, 4), np.uint8),
        keypoints=np.ones((2, 2, 2)),
        frame=np.array(["img1", "img2"]),
    )
    pictures = read_posed_pictures(tmp_path / "a.npz", PoseReading(identity="frame"))
    assert pictures.items["identity"].to_list() == ["img1", "img2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keypoints": np.ones((3, 2, 2))}, "keypoints have shape .3, 2, 2. for 2 pictures"),
        ({"images": np.zeros((2, 4, 4))}, "pictures of type float64"),
        ({"joints": np.array(["a"])}, "joints has shape .1,. for keypoints of 2 joints"),
        ({"edges": np.array([[0, 2]])}, "must be numbers of joints, 0 to 1"),
        ({"identity": np.array(["a"])}, "identity has shape .1,., expected .2,."),
        ({"edges": np.array([[0, 1]]), "sides": np.array(["left", "up"])}, "left, right, centre for each joint"),
        ({"images": np.array([None])}, "pickled objects, which are not loaded"),
    ],
)
def test_arrays_that_do_not_fit_are_one_sentence(tmp_path, change, message):
    arrays = {"images": np.zeros((2, 4, 4), np.uint8), "keypoints": np.ones((2, 2, 2))} | change
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(tmp_path / "a.npz")


def test_a_file_without_keypoints_says_what_it_holds(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((2, 4, 4), np.uint8))
    with pytest.raises(SubsongError, match="holds the arrays images: expected images and keypoints"):
        read_posed_pictures(tmp_path / "a.npz")


def test_pictures_with_stickmen_are_not_written_as_keypoints(tmp_path):
    pictures = make_pictures()._replace(keypoints_NK2=None, skeleton=None)
    with pytest.raises(SubsongError, match="expected keypoints and a skeleton"):
        write_posed_pictures(tmp_path / "a.npz", pictures)
    with pytest.raises(SubsongError, match=r"ends in \.npz"):
        write_posed_pictures(tmp_path / "a.csv", make_pictures())
