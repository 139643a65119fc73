"""Pictures as a dataset."""

from __future__ import annotations

import time
import warnings

import numpy as np
import polars as pl
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.datasets.pictures import PictureDataset, build_picture_splits
from subsong.datasets.types import describe_row
from subsong.sources.pictures import Pictures, read_pictures
from subsong.sources.types import picture_items

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 3, 4, 5), dtype=np.uint8)


def pictures(num_train: int = 0, num_test: int = 0, num_other: int = 0) -> Pictures:
    num_all = num_train + num_test + num_other
    splits = ["train"] * num_train + ["test"] * num_test + [None] * num_other
    items = picture_items(["a.npy"] * num_all, range(num_all), range(num_all), splits)
    return Pictures(IMAGES[:num_all], items)


@pytest.fixture
def dataset():
    return PictureDataset(*pictures(num_other=30))


def test_a_picture_is_its_own_label(dataset):
    batch = dataset.fetch(np.array([4, 0, 4]))
    assert batch.input is batch.target
    assert batch.input.dtype == torch.float32
    assert batch.rows.tolist() == [4, 0, 4]
    assert torch.equal(batch.input, torch.from_numpy(IMAGES[[4, 0, 4]]).float() / 255)
    assert batch.mask is None


def test_fetched_pictures_are_copies(dataset):
    index = np.arange(30)
    batch = dataset.fetch(index)
    batch.input.zero_()
    batch.rows.zero_()
    assert dataset.fetch(index).input.max() == 1
    assert index[-1] == 29


def test_attributes_describe_the_pictures(dataset):
    assert len(dataset) == 30
    assert dataset.item_shape == (3, 4, 5)
    assert dataset.value_range == (0.0, 1.0)
    assert dataset.labels == [str(label) for label in range(30)]
    assert describe_row(dataset, 3) == "source a.npy, row 3, label 3"


def test_labels_are_none_where_none_is_known():
    items = pl.DataFrame({"source": ["a"] * 30, "row": range(30)})
    assert PictureDataset(IMAGES, items).labels is None


@pytest.mark.parametrize("index", [-1, 30])
def test_an_index_outside_is_an_error(dataset, index):
    with pytest.raises((IndexError, RuntimeError)):
        dataset.fetch(np.array([index]))


def test_the_hash_is_of_content_and_shape():
    items = pictures(num_other=30).items
    first = PictureDataset(IMAGES, items).hash()
    assert first == PictureDataset(IMAGES.copy(), items).hash()
    assert first != PictureDataset(IMAGES.reshape(30, 3, 5, 4), items).hash()
    changed = IMAGES.copy()
    changed[-1, -1, -1, -1] ^= 1
    assert first != PictureDataset(changed, items).hash()


def test_a_read_only_memory_map_serves_as_well(tmp_path):
    np.save(tmp_path / "a.npy", IMAGES)
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    dataset = PictureDataset(mapped, pictures(num_other=30).items)
    assert torch.equal(dataset.fetch(np.array([7])).input, torch.from_numpy(IMAGES[7:8]).float() / 255)


def test_an_index_that_cannot_be_written_to_raises_no_warning(dataset):
    index = np.arange(3)
    index.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset.fetch(index)


def rows_of(dataset: PictureDataset) -> list[int]:
    return dataset.items["row"].to_list()


def test_the_test_part_validates_unless_a_fraction_is_given():
    splits = build_picture_splits(pictures(num_train=20, num_test=10))
    assert rows_of(splits.train) == list(range(20))
    assert rows_of(splits.validation) == list(range(20, 30))
    assert splits.test is None


def test_a_fraction_is_set_aside_of_the_training_part():
    splits = build_picture_splits(pictures(num_train=20, num_test=10), validation=0.25)
    assert len(splits.validation) == 5
    assert sorted(rows_of(splits.train) + rows_of(splits.validation)) == list(range(20))
    assert rows_of(splits.test) == list(range(20, 30))


@pytest.mark.parametrize(("validation", "sizes"), [("test", (24, 3, 3)), (0.2, (18, 6, 6))])
def test_pictures_without_a_test_part_are_divided_at_random(validation, sizes):
    splits = build_picture_splits(pictures(num_other=30), validation)
    assert tuple(len(part) for part in splits) == sizes
    assert sorted(row for part in splits for row in rows_of(part)) == list(range(30))
    assert all(rows_of(part) == sorted(rows_of(part)) for part in splits)
    again = build_picture_splits(pictures(num_other=30), validation)
    assert rows_of(again.validation) == rows_of(splits.validation)
    other = build_picture_splits(pictures(num_other=30), validation, seed=1)
    assert rows_of(other.validation) != rows_of(splits.validation)


def test_every_part_holds_its_own_pictures():
    for part in build_picture_splits(pictures(num_other=30)):
        expected = torch.from_numpy(IMAGES[rows_of(part)]).float() / 255
        assert torch.equal(part.fetch(np.arange(len(part))).input, expected)


@pytest.mark.parametrize(
    ("given", "validation", "sentence"),
    [
        (pictures(num_other=2), "test", "2 items cannot be divided into 3 splits"),
        (pictures(num_other=30), 0.5, "0.5, expected more than 0 and less than 0.5"),
        (pictures(num_train=20, num_test=10), 1.0, "less than 1"),
        (pictures(num_train=20, num_test=10), 0.0, "more than 0"),
        (pictures(num_train=1, num_test=1), 0.1, "1 items cannot be divided into 2 splits"),
    ],
)
def test_what_cannot_be_divided_is_said(given, validation, sentence):
    with pytest.raises(SubsongError, match=sentence):
        build_picture_splits(given, validation)


def test_fetching_a_batch_of_mnist_takes_no_time(real_data):
    """The bound is loose for a busy machine; alone it takes about 40 microseconds."""
    splits = build_picture_splits(read_pictures(real_data / "mnist"))
    assert [len(part) for part in splits[:2]] == [60_000, 10_000]
    order = np.random.default_rng(0).permutation(60_000)
    seconds = []
    for first in range(0, 128 * 400, 128):
        start = time.perf_counter()
        splits.train.fetch(order[first : first + 128])
        seconds.append(time.perf_counter() - start)
    assert np.median(seconds) < 500e-6
