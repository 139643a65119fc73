"""DeepPoseKit's annotation sets and SLEAP's analysis files."""

from __future__ import annotations

import csv

import h5py
import numpy as np
import pytest
from tests.sources.keypoints.made_files import save_picture

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures


def write(path, **arrays):
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values
    return path


def annotation_set(path, **change):
    arrays = {
        "images": np.random.default_rng(0).integers(0, 256, (2, 6, 8, 1), dtype=np.uint8),
        "annotations": np.arange(12, dtype=float).reshape(2, 3, 2),
        "skeleton": np.array([[-1, -1], [0, 2], [0, 1]]),
    }
    return write(path, **(arrays | change))


def analysis(path, **change):
    tracks = np.full((2, 2, 3, 4), np.nan)
    tracks[0, :, :, 1] = [[1, 2, 3], [4, 5, 6]]
    tracks[1, :, :, 1] = [[7, 8, 9], [1, 1, 1]]
    tracks[1, :, 0, 3] = [2, 3]
    arrays = {
        "tracks": tracks,
        "node_names": np.array([b"nose", b"ear_l", b"tail"]),
        "track_names": np.array([b"ann", b"ben"]),
        "edge_inds": np.array([[0, 1], [0, 2]]),
        "point_scores": np.where(np.isnan(tracks[:, 0]), np.nan, 0.5) + np.array([0, 0.2, 0])[:, None],
    }
    return write(path, **(arrays | change))


def save_frames(folder, names):
    return np.stack([save_picture(folder / name, colour=False)[..., 0] for name in names])


def test_a_real_fly_has_the_names_and_edges_of_its_skeleton(real_data):
    folder = real_data / "pose_fly_deepposekit"
    pictures = read_posed_pictures(folder)
    with open(folder / "skeleton.csv", newline="") as file:
        parents = {row["name"]: row["parent"] for row in csv.DictReader(file)}
    assert pictures.images.shape == (100, 1, 192, 192)
    names = pictures.skeleton.names
    assert {(names[a], names[b]) for a, b in pictures.skeleton.edges} == {(p, n) for n, p in parents.items() if p}
    # Head, thorax and abdomen lie on the animal, which is dark on a bright ground or the other way round.
    assert np.isfinite(pictures.keypoints_NK2).all()
    assert (pictures.keypoints_NK2 > 0).all()
    assert (pictures.keypoints_NK2 < 192).all()


def test_without_skeleton_csv_joints_are_numbered_and_joined_to_their_parents(tmp_path):
    skeleton = read_posed_pictures(annotation_set(tmp_path / "a.h5")).skeleton
    assert skeleton.names == ("joint-00", "joint-01", "joint-02")
    assert skeleton.edges == ((0, 1), (0, 2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"annotations": np.zeros((3, 3, 2))}, r"annotations have shape \(3, 3, 2\) for 2 pictures"),
        ({"images": np.zeros((2, 6, 8, 1))}, "pictures of type float64"),
    ],
)
def test_an_annotation_set_that_does_not_fit_is_one_sentence(tmp_path, change, message):
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(annotation_set(tmp_path / "a.h5", **change))


def test_names_of_another_skeleton_are_refused(tmp_path):
    (tmp_path / "skeleton.csv").write_text("name,parent\na,\nb,a\n")
    with pytest.raises(SubsongError, match=r"names 2 joints and .* has 3: they do not belong together"):
        read_posed_pictures(annotation_set(tmp_path / "a.h5"))


def test_each_track_is_an_identity_in_the_frames_that_show_it(tmp_path):
    frames = save_frames(tmp_path, ["f0.png", "f1.png", "f2.png", "f3.png"])
    pictures = read_posed_pictures(analysis(tmp_path / "a.h5"))
    assert pictures.items["source", "row", "identity"].rows() == [
        ("f1.png", 0, "ann"),
        ("f1.png", 1, "ben"),
        ("f3.png", 0, "ben"),
    ]
    np.testing.assert_array_equal(pictures.images[:, 0], frames[[1, 1, 3]])
    np.testing.assert_array_equal(pictures.keypoints_NK2[0], [[1, 4], [2, 5], [3, 6]])
    assert np.isnan(pictures.keypoints_NK2[2, 1:]).all()
    assert pictures.skeleton.edges == ((0, 1), (0, 2))


def test_frames_may_be_few_and_named_by_their_numbers(tmp_path):
    frames = save_frames(tmp_path / "labelled", ["vid2_0003.png", "vid2_0001.png"])
    pictures = read_posed_pictures(analysis(tmp_path / "a.h5"), PoseReading(pictures=tmp_path / "labelled"))
    np.testing.assert_array_equal(pictures.images[:, 0], frames[[1, 1, 0]])


def test_frames_may_be_an_array(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (4, 6, 8), dtype=np.uint8)
    np.save(tmp_path / "frames.npy", frames)
    pictures = read_posed_pictures(analysis(tmp_path / "a.h5"), PoseReading(pictures=tmp_path / "frames.npy"))
    np.testing.assert_array_equal(pictures.images[:, 0], frames[[1, 1, 3]])


def test_scores_of_joints_are_their_confidence(tmp_path):
    save_frames(tmp_path, ["f0.png", "f1.png", "f2.png", "f3.png"])
    pictures = read_posed_pictures(
        analysis(tmp_path / "a.h5"), PoseReading(min_confidence=0.6, on_error="skip", identity=None)
    )
    assert np.isnan(pictures.keypoints_NK2).any(axis=2).tolist() == [[True, False, True]] * 2


@pytest.mark.parametrize(
    ("names", "change", "message"),
    [
        ([], {}, "holds no pictures, and none lie in"),
        (["f0.png"], {}, "no name ends in the number of frame 1"),
        (["f1.png", "f3.png"], {"node_names": np.array([b"nose"])}, r"expected \(tracks, 2, 1, frames\)"),
        (["f1.png", "f3.png"], {"edge_inds": np.array([[0, 3]])}, "pairs of joints, 0 to 2"),
    ],
)
def test_an_analysis_file_that_does_not_fit_is_one_sentence(tmp_path, names, change, message):
    for name in names:
        save_picture(tmp_path / name)
    with pytest.raises(SubsongError, match=message):
        read_posed_pictures(analysis(tmp_path / "a.h5", **change))


def test_deeplabcuts_hdf5_is_told_to_give_the_csv(tmp_path):
    with pytest.raises(SubsongError, match=r"DeepLabCut's table: give the \.csv beside it"):
        read_posed_pictures(write(tmp_path / "a.h5", df_with_missing=np.zeros(2)))


def test_a_file_that_is_cut_short_is_one_sentence(tmp_path):
    path = annotation_set(tmp_path / "a.h5")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(SubsongError, match="cannot be read as HDF5"):
        read_posed_pictures(path)
