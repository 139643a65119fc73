"""Stores of posed pictures, and the splits of a run that reads one."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.datasets.poses import building
from subsong.datasets.poses.building import PoseStoreReading, build_poses
from subsong.datasets.poses.config import PoseDataConfig, build_pose_splits
from subsong.datasets.poses.counting import count_missing, count_poses
from subsong.datasets.poses.store import is_pose_store, load_poses
from subsong.datasets.store_writing import WritingOptions
from subsong.sources.keypoints.options import PoseReading
from subsong.synthesis.figures import FigureOptions

from .made_up import SKELETON, make_drawn, make_pictures, write_pictures

PICTURES = make_pictures(12, 10, 16)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of posed pictures."""
    return write_pictures(tmp_path_factory.mktemp("poses") / "made-up.npz", PICTURES)


@pytest.fixture(scope="module")
def store(file: Path) -> Path:
    """Return a store made from it."""
    return build_poses(file, file.parent / "store")


def test_a_store_gives_back_pictures_keypoints_skeleton_and_items(store):
    source = load_poses(store)
    assert np.array_equal(source.images.fetch(np.arange(120)), PICTURES.images)
    assert np.array_equal(source.keypoints_NK2, PICTURES.keypoints_NK2, equal_nan=True)
    assert source.skeleton == SKELETON
    assert source.items.select("identity", "pose").equals(PICTURES.items.select("identity", "pose"))
    assert source.style == "port"


def test_a_run_is_the_same_from_a_file_and_from_its_store(file, store):
    of_file, of_store = (build_pose_splits(PoseDataConfig(path=path), 3) for path in (file, store))
    for mine, other in zip(of_file, of_store, strict=True):
        assert mine.hash() == other.hash()
        batch, other_batch = (part.fetch(np.arange(len(part))) for part in (mine, other))
        assert torch.equal(batch.target, other_batch.target)
        for name, pictures in batch.input.items():
            assert torch.equal(pictures, other_batch.input[name])


def test_a_store_may_be_read_in_another_style_of_pose(file, store):
    config = PoseDataConfig(path=store, stickman="original")
    assert (
        build_pose_splits(config, 0).test.hash()
        == build_pose_splits(config.model_copy(update={"path": file}), 0).test.hash()
    )


def test_settings_of_reading_a_store_was_made_without_are_told_to_have_no_effect(store, caplog):
    with caplog.at_level(logging.WARNING):
        build_pose_splits(PoseDataConfig(path=store, reading=PoseReading(size=8)), 0)
    assert "data.reading has no effect" in caplog.text


def test_drawn_characters_are_divided_into_new_ones_and_new_pictures_of_known_ones(real_data):
    splits = build_pose_splits(PoseDataConfig(path=real_data / "pose_sprites_lpc" / "rendered.npz"), 0)
    train, validation, test = (part.items for part in splits)
    assert (train.height, validation.height, test.height) == (96 * 27, 96 * 3 + 12 * 33, 96 * 3 + 12 * 33)
    assert not set(test.filter(~pl.col("is_known"))["identity"]) & {*train["identity"], *validation["identity"]}
    pairs = pl.concat([train, validation, test]).select("identity", "pose")
    assert pairs.is_unique().all()


def test_partners_are_of_the_same_split_and_no_picture_is_in_two(file):
    splits = build_pose_splits(PoseDataConfig(path=file), 0)
    seen = []
    for part in splits:
        items = part.items
        assert items["identity"].to_list() == items["identity"].gather(items["appearance_row"]).to_list()
        seen += items["row"].to_list()
    assert sorted(seen) == list(range(120))


def test_without_a_path_figures_are_made_up_whose_truth_is_in_the_data():
    config = PoseDataConfig(figures=FigureOptions(num_figures=6, num_poses=8, size=(16, 16)), appearance="parts")
    splits = build_pose_splits(config, 0)
    assert [len(part) for part in splits] == [4 * 4, 8 + 4 * 2, 8 + 4 * 2]
    assert splits.train.shapes.appearance == (24, 16, 16)
    identity = splits.test.items.filter(~pl.col("is_known"))["identity"][0]
    row = splits.test.find_truth(identity, "pose-003")
    assert splits.test.items.row(row, named=True)["pose"] == "pose-003"


def test_shards_of_a_large_store_are_one_dataset(file, store, tmp_path, monkeypatch):
    monkeypatch.setattr(building, "_BYTES_PER_PART", 50 * 3 * 16 * 16)
    path = build_poses(file, tmp_path / "store")
    assert len(list(path.glob("x-*.npy"))) == 3
    config = PoseDataConfig(path=store)
    whole, sharded = (build_pose_splits(config.model_copy(update={"path": each}), 0).train for each in (store, path))
    assert whole.hash() == sharded.hash()


def test_a_store_of_poses_as_pictures_holds_them_and_no_keypoints(tmp_path, monkeypatch):
    drawn = make_drawn()
    (tmp_path / "a.npz").write_bytes(b"x")
    monkeypatch.setattr(building, "read_posed_pictures", lambda *_: drawn)
    source = load_poses(build_poses(tmp_path / "a.npz", tmp_path / "store"))
    assert source.keypoints_NK2 is None
    assert source.skeleton is None
    assert np.array_equal(source.stickmen.fetch(source.stickman_N), drawn.stickmen[drawn.stickman_N])
    assert count_poses(source) == 5
    assert count_missing(source) is None


def test_missing_joints_and_poses_are_counted(store):
    source = load_poses(store)
    assert dict(count_missing(source).rows()) == {"nose": 0, "left_hand": 0, "right_hand": 0, "tail": 12}
    assert count_poses(source) == 10


def test_a_store_is_not_replaced_unless_asked(file, store):
    with pytest.raises(SubsongError, match="already holds a dataset"):
        build_poses(file, store)
    assert build_poses(file, store, PoseStoreReading(), WritingOptions(overwrite=True)) == store


def test_a_store_is_no_source_of_another(store, tmp_path):
    with pytest.raises(SubsongError, match="name the pictures it was prepared from"):
        build_poses(store, tmp_path / "other")


def test_a_store_of_another_kind_is_an_error(store, tmp_path):
    manifest = (store / "manifest.json").read_text().replace('"kind": "poses"', '"kind": "syllables"')
    (tmp_path / "manifest.json").write_text(manifest)
    for name in [*store.glob("*.npy"), store / "items.parquet"]:
        (tmp_path / name.name).write_bytes(name.read_bytes())
    assert not is_pose_store(tmp_path)
    with pytest.raises(SubsongError, match="is a dataset of syllables, expected one of poses"):
        build_pose_splits(PoseDataConfig(path=tmp_path), 0)


def test_a_folder_that_is_no_store_says_how_to_make_one(tmp_path):
    with pytest.raises(SubsongError, match="subsong prepare poses"):
        load_poses(tmp_path)


def test_an_identity_of_one_picture_stops_a_run_with_one_sentence(tmp_path):
    few = PICTURES._replace(
        images=PICTURES.images[::10], items=PICTURES.items[::10], keypoints_NK2=PICTURES.keypoints_NK2[::10]
    )
    path = write_pictures(tmp_path / "few.npz", few)
    with pytest.raises(SubsongError, match=r"has one picture only \(as do \d+ others\) in the train part"):
        build_pose_splits(PoseDataConfig(path=path), 0)
    splits = build_pose_splits(PoseDataConfig(path=path, on_single="self"), 0)
    assert splits.train.items["appearance_row"].to_list() == list(range(len(splits.train)))
