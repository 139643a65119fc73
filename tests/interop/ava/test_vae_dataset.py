"""Partition and loaders."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.interop.ava.models.vae_dataset import (
    SyllableDataset,
    get_syllable_data_loaders,
    get_syllable_partition,
)

from .files import COUNTS, make_specs


def test_the_partition_has_avas_order_and_cut(spec_dirs: list[str]) -> None:
    partition = get_syllable_partition(spec_dirs, 0.7)
    expected = sorted(str(path) for folder in spec_dirs for path in Path(folder).iterdir())
    np.random.RandomState(42).shuffle(expected)
    assert partition == {"train": expected[:3], "test": expected[3:]}
    assert partition == get_syllable_partition(spec_dirs, 0.7)


def test_all_files_may_be_trained_on_and_their_number_limited(spec_dirs: list[str]) -> None:
    partition = get_syllable_partition(spec_dirs, 1.0, shuffle=False, max_num_files=3)
    assert [len(partition[name]) for name in ("train", "test")] == [3, 0]
    assert get_syllable_data_loaders(partition)["test"] is None


def test_every_spectrogram_of_unequal_files_is_there_once(spec_dirs: list[str]) -> None:
    dataset = SyllableDataset(get_syllable_partition(spec_dirs, 1, shuffle=False)["train"])
    expected = np.concatenate([make_specs(number, count) for number, count in enumerate(COUNTS)]).astype(np.float32)
    assert len(dataset) == sum(COUNTS)
    np.testing.assert_array_equal(dataset.fetch(np.arange(len(dataset))).input, expected)
    assert dataset[20].dtype == torch.float32
    np.testing.assert_array_equal(torch.stack(dataset[[0, 20, 28]]), expected[[0, 20, 28]])
    np.testing.assert_array_equal(dataset[-1], expected[-1])
    assert dataset.items["row"].to_list() == [row for count in COUNTS for row in range(count)]
    with pytest.raises(IndexError):
        dataset[29]


def test_a_loader_can_be_iterated_as_avas(spec_dirs: list[str]) -> None:
    loaders = get_syllable_data_loaders(get_syllable_partition(spec_dirs, 0.5), batch_size=4, num_workers=0)
    batches = list(loaders["train"])
    assert batches[0].shape == (4, 128, 128)
    assert sum(map(len, batches)) == len(loaders["train"].dataset)


def test_a_transform_is_applied(spec_dirs: list[str]) -> None:
    files = get_syllable_partition(spec_dirs, 1, shuffle=False)["train"]
    halved = SyllableDataset(files, transform=lambda spec: torch.from_numpy(spec[::2].astype("f4")))
    assert halved.fetch(np.array([3, 9])).input.shape == (2, 64, 128)


@pytest.mark.parametrize(("split", "message"), [(0.0, "above 0"), (1.5, "at most 1")])
def test_a_split_that_is_none_is_refused(spec_dirs: list[str], split: float, message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        get_syllable_partition(spec_dirs, split)


def test_no_files_and_nothing_to_train_on_are_refused(tmp_path: Path, spec_dirs: list[str]) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(SubsongError, match=r"no \.hdf5 files"):
        get_syllable_partition([tmp_path / "empty"], 0.8)
    with pytest.raises(SubsongError, match="expected a list of folders"):
        get_syllable_partition(spec_dirs[0], 0.8)
    with pytest.raises(SubsongError, match="no files to train on"):
        get_syllable_data_loaders(get_syllable_partition(spec_dirs, 0.01))
