"""A store of syllables as a dataset, and how it is divided."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.dataset import build_syllable_splits, is_syllable_store, load_syllables, read_reading
from subsong.datasets.syllables.reading import SyllableReading


@pytest.fixture(scope="module")
def store(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    reading = SyllableReading.model_validate({"spectrogram": {"num_freq_bins": 16, "num_time_bins": 12}})
    return build_syllables(songs, tmp_path_factory.mktemp("store") / "syllables", reading).path


def test_a_batch_holds_the_rows_asked_for_in_their_order(store: Path) -> None:
    dataset = load_syllables(store)
    batch, alone = dataset.fetch(np.array([4, 1])), dataset.fetch(np.array([1]))
    assert batch.rows.tolist() == [4, 1]
    assert batch.input.shape == (2, 16, 12)
    assert (batch.input[1] == alone.input[0]).all()
    assert 0 <= batch.input.min() < batch.input.max() <= 1


def test_bytes_and_halves_hold_the_same_images(songs: Path, store: Path, tmp_path: Path) -> None:
    reading = read_reading(store).model_copy(update={"stored_as": "uint8"})
    build_syllables(songs, tmp_path / "bytes", reading)
    index = np.arange(5)
    exact, coarse = (load_syllables(path).fetch(index).input for path in (store, tmp_path / "bytes"))
    assert (exact - coarse).abs().max() < 0.5 / 255 + 1e-3


def test_no_recording_lies_in_two_splits(store: Path) -> None:
    dataset = load_syllables(store)
    splits = build_syllable_splits(dataset, seed=1)
    assert splits.test is not None
    sources = [set(part.items["source"]) for part in splits]  # type: ignore[union-attr]
    assert sum(map(len, sources)) == dataset.items["source"].n_unique()
    assert sum(map(len, splits)) == len(dataset)


def test_an_unknown_column_to_split_by_names_those_there_are(store: Path) -> None:
    with pytest.raises(SubsongError, match=r"split_by is 'indivdual'.*did you mean 'individual'"):
        build_syllable_splits(load_syllables(store), "indivdual")


def test_a_store_tells_what_it_is_and_how_it_was_read(store: Path, tmp_path: Path) -> None:
    assert is_syllable_store(store)
    assert not is_syllable_store(tmp_path)
    assert read_reading(store).spectrogram.log_low is not None


def test_a_folder_of_recordings_is_not_taken_for_a_store(songs: Path) -> None:
    with pytest.raises(SubsongError, match="subsong prepare syllables"):
        load_syllables(songs)
