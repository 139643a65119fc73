"""Other pictures for a trained VUNet: read as its own were, or refused in one sentence."""

from __future__ import annotations

import numpy as np
import pytest
from tests.posed_pictures import describe_tiny

from subsong.core.errors import SubsongError
from subsong.datasets.poses.building import PoseStoreReading, build_poses
from subsong.datasets.poses.config import PoseDataConfig, divide_source
from subsong.datasets.poses.drawing import hold_pictures
from subsong.datasets.poses.pairing import PairingRule
from subsong.inference.pose_description import describe_poses
from subsong.inference.pose_reading import read_poses
from subsong.models.portable import ModelDescription
from subsong.sources.keypoints.arrays import write_posed_pictures
from subsong.sources.keypoints.options import PoseReading
from subsong.synthesis.figures import FigureOptions, make_figures

OPTIONS = FigureOptions(num_figures=5, num_poses=4, size=(16, 16))


@pytest.fixture(scope="module")
def pictures():
    return make_figures(OPTIONS, seed=1)


@pytest.fixture(scope="module")
def path(pictures, tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "figures.npz"
    write_posed_pictures(path, pictures)
    return path


def describe(pictures, **settings):
    """Return what a model trained on the pictures says of them."""
    settings = {"split_by": "picture", "validation": 0.5, "test": 0, "on_single": "self", **settings}
    config = PoseDataConfig(**settings)
    preprocessing = describe_poses(config, divide_source(hold_pictures(pictures), config, seed=0).train)
    return ModelDescription("pose-vunet", {}, preprocessing)


def rows_of(data):
    return data.fetch(np.arange(len(data)))


@pytest.mark.parametrize("style", ["port", "original"])
def test_pictures_come_back_in_order_with_the_stickmen_of_training(pictures, path, style):
    description = describe(pictures, stickman=style)
    data = read_poses(path, description)
    config = PoseDataConfig(split_by="picture", validation=0.5, test=0, on_single="self", stickman=style)
    train = divide_source(hold_pictures(pictures), config, seed=0).train
    assert np.array_equal(data.images_NCHW, pictures.images)
    places = [data.find_truth(*row) for row in train.items.select("identity", "pose").iter_rows()]
    assert np.array_equal(rows_of(data).input["stickman"][places], rows_of(train).input["stickman"])


def test_parts_are_cut_as_in_training(pictures, path):
    data = read_poses(path, describe(pictures, appearance="parts", part_size=4))
    assert data.shapes.appearance[1:] == (4, 4)
    assert data.shapes.appearance[0] > 3


def test_the_appearance_comes_from_another_picture_of_the_identity_unless_said_otherwise(pictures, path):
    data = read_poses(path, describe(pictures))
    partners = data.items[data.items["appearance_row"].to_numpy()]
    assert (data.items["appearance_row"].to_numpy() != np.arange(len(data))).all()
    assert partners["identity"].equals(data.items["identity"])
    own = read_poses(path, describe(pictures), PairingRule("same"))
    assert own.items["appearance_row"].to_list() == list(range(len(own)))


def test_pictures_of_another_size_are_brought_to_the_models(tmp_path, pictures):
    large = make_figures(OPTIONS.model_copy(update={"size": (32, 32)}), seed=1)
    write_posed_pictures(tmp_path / "large.npz", large)
    assert read_poses(tmp_path / "large.npz", describe(pictures)).item_shape == (3, 16, 16)


def test_a_store_is_opened_and_what_it_was_read_with_is_told(tmp_path, pictures, path):
    build_poses(path, tmp_path / "store", PoseStoreReading(stickman="original", min_confidence=0.25))
    data = read_poses(tmp_path / "store", describe(pictures))
    assert np.array_equal(
        rows_of(data).input["stickman"], rows_of(read_poses(path, describe(pictures))).input["stickman"]
    )
    said = describe_poses(PoseDataConfig(path=tmp_path / "store"), data)
    assert PoseReading.model_validate(said["reading"]).min_confidence == 0.25


def test_a_store_of_another_size_is_refused(tmp_path, pictures, path):
    build_poses(path, tmp_path / "store", PoseStoreReading(size=24))
    with pytest.raises(
        SubsongError, match=r"store: stickman has the shape \(3, 24, 24\) .*\(3, 16, 16\): give the pictures it was"
    ):
        read_poses(tmp_path / "store", describe(pictures))


def test_other_joints_are_refused(tmp_path, pictures):
    skeleton = pictures.skeleton
    names = (*skeleton.names[:-1], "beak")
    other = pictures._replace(skeleton=skeleton._replace(names=names, layout="own"))
    write_posed_pictures(tmp_path / "other.npz", other)
    with pytest.raises(SubsongError, match=r"other.npz lacks joints .* \(\w+\): it has .* and 10 more$"):
        read_poses(tmp_path / "other.npz", describe(pictures))


def test_the_order_of_joints_is_no_matter(tmp_path, pictures, path):
    skeleton, last = pictures.skeleton, len(pictures.skeleton.names) - 1
    turned = skeleton._replace(
        names=skeleton.names[::-1],
        sides=skeleton.sides[::-1],
        edges=tuple((last - first, last - second) for first, second in skeleton.edges),
        body=tuple(last - joint for joint in skeleton.body),
        layout="own",
    )
    other = pictures._replace(skeleton=turned, keypoints_NK2=pictures.keypoints_NK2[:, ::-1])
    write_posed_pictures(tmp_path / "turned.npz", other)
    first, second = (read_poses(name, describe(pictures)) for name in (tmp_path / "turned.npz", path))
    assert np.array_equal(rows_of(first).input["stickman"], rows_of(second).input["stickman"])


def test_joints_are_joined_as_the_model_says(tmp_path, pictures):
    fewer = pictures._replace(skeleton=pictures.skeleton._replace(edges=pictures.skeleton.edges[:2]))
    write_posed_pictures(tmp_path / "fewer.npz", fewer)
    write_posed_pictures(tmp_path / "all.npz", pictures)
    first, second = (read_poses(tmp_path / name, describe(pictures)) for name in ("fewer.npz", "all.npz"))
    assert np.array_equal(rows_of(first).input["stickman"], rows_of(second).input["stickman"])


def test_keypoints_are_no_poses_for_a_model_of_poses_given_as_pictures(path):
    with pytest.raises(SubsongError, match=r"figures.npz has keypoints, but the model was trained on poses given as"):
        read_poses(path, describe_tiny())


def test_a_model_of_another_version_is_refused(pictures, path):
    description = describe(pictures)
    description.preprocessing["reading"]["frobnicate"] = 3
    with pytest.raises(SubsongError, match=r"this version of subsong does not know \(frobnicate\)"):
        read_poses(path, description)


def test_the_drawn_characters_are_read_at_the_models_size(real_data):
    path = real_data / "pose_sprites_lpc" / "rendered.npz"
    shapes = {"stickman": [3, 64, 64], "appearance": [3, 64, 64]}
    with pytest.raises(SubsongError, match=r"stickman has the shape \(1, 64, 64\) .*: give pictures as the model"):
        read_poses(path, describe_tiny(item_shape=[3, 64, 64], input_shapes=shapes))
    shapes = {"stickman": [1, 64, 64], "appearance": [3, 64, 64]}
    data = read_poses(path, describe_tiny(item_shape=[3, 64, 64], input_shapes=shapes))
    assert (len(data), data.item_shape) == (120 * 33, (3, 64, 64))
