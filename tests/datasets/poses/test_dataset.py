"""Posed pictures as batches."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from subsong.datasets.poses.batch import PoseShapes
from subsong.datasets.poses.dataset import DrawnPoseDataset, PoseDataset
from subsong.datasets.poses.drawing import build_arrays, hold_pictures
from subsong.datasets.poses.pairing import PairingRule
from subsong.datasets.store import StoredArray
from subsong.datasets.types import DrawnDataset

from .made_up import make_drawn

PICTURES = make_drawn(6, 4)
ROWS = np.arange(4, 20)


def make(kind: type[PoseDataset] = PoseDataset, seed: int = 0, rows: np.ndarray = ROWS) -> PoseDataset:
    arrays = build_arrays(hold_pictures(PICTURES))
    return kind(arrays, PICTURES.items[rows], rows, PairingRule(), seed)


def scale(images: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(images).float() / 127.5 - 1


def test_a_batch_holds_pose_appearance_and_target_of_its_rows():
    dataset, index = make(), np.array([3, 0, 3])
    batch = dataset.fetch(index)
    partner = dataset.items["appearance_row"].to_numpy()[index]
    assert batch.rows.tolist() == [3, 0, 3]
    assert torch.equal(batch.target, scale(PICTURES.images[ROWS[index]]))
    assert torch.equal(batch.input["stickman"], scale(PICTURES.stickmen[ROWS[index] % 4]))
    assert torch.equal(batch.input["appearance"], scale(PICTURES.images[ROWS[partner]]))
    assert batch.mask is None


def test_values_reach_from_minus_one_to_one():
    images = np.zeros((2, 1, 2, 2), np.uint8)
    images[1] = 255
    arrays = build_arrays(hold_pictures(PICTURES))._replace(images=StoredArray([images]))
    dataset = PoseDataset(arrays, PICTURES.items[:2], np.arange(2), PairingRule(), 0)
    assert dataset.fetch(np.arange(2)).target.flatten(1).unique(dim=1).tolist() == [[-1.0], [1.0]]
    assert dataset.value_range == (-1.0, 1.0)


@pytest.mark.parametrize("kind", [PoseDataset, DrawnPoseDataset])
def test_rows_are_the_same_bit_for_bit_in_any_batch(kind):
    dataset = make(kind)
    whole = dataset.fetch(np.arange(16))
    for size in (1, 3, 16):
        for start in range(0, 16, size):
            part = dataset.fetch(np.arange(start, min(start + size, 16)))
            assert torch.equal(part.target, whole.target[start : start + size])
            assert torch.equal(part.input["appearance"], whole.input["appearance"][start : start + size])


def test_each_epoch_of_training_draws_its_own_partners():
    dataset, again = make(DrawnPoseDataset), make(DrawnPoseDataset)
    assert isinstance(dataset, DrawnDataset)
    partners = []
    for epoch in range(3):
        dataset.start_epoch(epoch)
        partners.append(dataset.items["appearance_row"].to_list())
    assert len({tuple(partner) for partner in partners}) == 3
    again.start_epoch(2)
    assert again.items["appearance_row"].to_list() == partners[2]


def test_partners_in_evaluation_are_fixed():
    assert not isinstance(make(), DrawnDataset)
    assert make().items.equals(make().items)


def test_fetched_pictures_are_copies():
    dataset, index = make(), np.arange(16)
    dataset.fetch(index).target.zero_()
    assert torch.equal(dataset.fetch(index).target, scale(PICTURES.images[ROWS]))


@pytest.mark.parametrize("index", [[-1], [16]])
def test_rows_outside_are_an_error(index):
    with pytest.raises(IndexError):
        make().fetch(np.array(index))


def test_shapes_and_bytes_describe_the_pictures():
    dataset = make()
    assert dataset.shapes == PoseShapes((1, 8, 8), (3, 8, 8), (3, 8, 8))
    assert dataset.item_shape == (3, 8, 8)
    assert len(dataset) == 16
    assert np.array_equal(dataset.images_NCHW, PICTURES.images[ROWS])


def test_truth_is_found_by_identity_and_pose():
    dataset = make()
    assert dataset.find_truth("animal-2", "pose-1") == 5
    assert dataset.find_truth("animal-0", "pose-1") is None
    assert dataset.find_truth("animal-2", None) is None


def test_the_hash_tells_pictures_partners_and_rows_apart_and_no_epoch():
    dataset = make(DrawnPoseDataset)
    before = dataset.hash()
    dataset.start_epoch(5)
    assert dataset.hash() == before == make(DrawnPoseDataset).hash()
    assert make(DrawnPoseDataset, seed=1).hash() != before
    assert make(DrawnPoseDataset, rows=ROWS + 1).hash() != before
    dataset._arrays.images._shards[0] = dataset._arrays.images._shards[0] ^ 1
    assert dataset.hash() != before
