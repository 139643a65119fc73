"""What a segmenter is trained on: chosen labels, a fraction of the sound, changed chunks, targets as asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.dataset import ChunkDataset, DrawnChunks
from subsong.datasets.types import Splits
from subsong.recipes.configuring import resolve_config
from subsong.recipes.song_segmenter import RECIPE
from subsong.synthesis.song import SongOptions, write_songs


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fewer")
    write_songs(folder / "songs", SongOptions(num_birds=1, num_days=1, num_songs=8, num_motifs=(1, 2)), seed=4)
    return build_song(folder / "songs", folder / "song").path


def build(store: Path, **settings: Any) -> tuple[Any, Splits]:
    changes = {f"data.{name}": value for name, value in settings.items()}
    _, config = resolve_config("song-segmenter", None, {"data.path": str(store), **changes})
    return config, RECIPE.build_data(config)


def measure_s(dataset: Any) -> float:
    return float((dataset.items["offset_s"] - dataset.items["onset_s"]).sum())


def test_a_network_of_some_labels_tells_these_alone(store: Path) -> None:
    config, data = build(store)
    label = RECIPE.describe_model(config, data).labels[0]
    config, data = build(store, labels=[label])
    assert RECIPE.describe_model(config, data).labels == [label]
    assert data.train.fetch(np.arange(2)).target.shape[2] == 1
    with pytest.raises(SubsongError, match="no annotations of 'nobody'"):
        build(store, labels=["nobody"])


def test_a_fraction_is_of_training_and_validation_but_never_of_the_test(store: Path) -> None:
    (_, whole), (_, part) = build(store), build(store, fraction=0.5, fraction_seed=3)
    assert measure_s(part.validation) == pytest.approx(0.5 * measure_s(whole.validation), abs=0.01)
    assert measure_s(part.test) == measure_s(whole.test)
    assert isinstance(part.train, DrawnChunks)
    places = part.train._plan.places
    assert places.num_labelled == pytest.approx(0.5 * whole.train._plan.places.num_labelled, abs=1)


def test_seconds_say_how_much_as_well(store: Path) -> None:
    _, data = build(store, fraction_s=2.0)
    assert measure_s(data.validation) == pytest.approx(2.0, abs=0.001)


def test_training_chunks_are_changed_and_others_are_not(store: Path) -> None:
    (_, plain), (_, changed) = build(store, augmentation=[]), build(store)
    assert not (plain.train.fetch(np.arange(4)).input == changed.train.fetch(np.arange(4)).input).all()
    assert isinstance(changed.validation, ChunkDataset)
    assert (plain.validation.fetch(np.arange(2)).input == changed.validation.fetch(np.arange(2)).input).all()


def test_a_misspelt_augmentation_is_told(store: Path) -> None:
    with pytest.raises(SubsongError, match=r"data\.augmentation.*time_mask"):
        build(store, augmentation=[{"kind": "time_msk"}])


def test_frames_are_changed_in_no_other_way(store: Path) -> None:
    overrides = {"data.path": str(store), "training.corruption": [{"kind": "gain", "spread": 0.1}]}
    with pytest.raises(SubsongError, match=r"see data\.augmentation"):
        resolve_config("song-segmenter", None, overrides)


def test_targets_are_as_asked_for(store: Path) -> None:
    _, data = build(store, event_width_s=0.05, gap_s=0.03)
    assert isinstance(data.train, DrawnChunks)
    assert (data.train.maker.event_width_s, data.train.maker.gap_s) == (0.05, 0.03)
