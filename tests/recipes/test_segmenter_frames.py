"""What a segmenter is shown: samples for the network of DAS, scaled by the training sound, up to its annotations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.das_tcn import DasTcn
from subsong.models.portable import write_model
from subsong.recipes.configuring import resolve_config
from subsong.recipes.song_segmenter import RECIPE
from subsong.sources.audio import read_audio
from subsong.sources.spectrograms import SampleFramesConfig
from subsong.synthesis.song import SongOptions, write_songs

DAS: dict[str, Any] = {
    "model.kind": "das-tcn",
    "model.frontend": {"kind": "stft", "hop_size": 32, "num_taps": 64},
    "model.channels": 8,
    "model.kernel_size": 5,
    "model.num_stacks": 1,
    "data.augmentation": [],
    "data.chunk_s": 0.5,
}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colony")
    options = SongOptions(num_birds=1, num_days=1, num_songs=4, num_motifs=(1, 1), reverberation_s=0.0)
    write_songs(folder, options, seed=1)
    return folder


@pytest.fixture(scope="module")
def store(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_song(songs, tmp_path_factory.mktemp("stores") / "song").path


def resolve(store: Path, **changes: Any) -> Any:
    overrides = {**DAS, "data.path": str(store), **changes}
    return resolve_config("song-segmenter", None, overrides)[1]


def test_chunks_hold_the_samples_of_their_place_in_units_of_the_level(store: Path) -> None:
    data = RECIPE.build_data(resolve(store)).validation
    frames, held = data.maker.frames, data.maker.store
    assert isinstance(frames, SampleFramesConfig)
    batch, first = data.fetch(np.arange(1)), int(data.chunks.first_sample_N[0])
    sound = batch.input[0].T.flatten().numpy()[16 : 16 + 32 * 200]
    expected = held.read(int(data.chunks.recording_N[0]), first, first + 32 * 200) / frames.level
    np.testing.assert_allclose(sound, expected, rtol=1e-6)
    assert data.value_range is None


def test_the_level_is_that_of_loud_sound(store: Path, songs: Path) -> None:
    samples_T = np.concatenate([read_audio(path).samples for path in songs.rglob("*.wav")])
    level = RECIPE.build_data(resolve(store)).train.maker.frames.level
    assert 1.0 < level / np.sqrt(np.mean(samples_T**2)) < 4.0


def test_a_model_of_samples_is_kept_whole(store: Path, songs: Path, tmp_path: Path) -> None:
    config = resolve(store)
    data = RECIPE.build_data(config)
    module = RECIPE.build_model(config, data).eval()
    write_model(tmp_path / "model", module, RECIPE.describe_model(config, data))
    model = load_model(tmp_path / "model", device="cpu")
    assert isinstance(model, TrainedSegmenter)
    assert isinstance(model.module, DasTcn)
    assert model.frames == data.train.maker.frames
    found = TrainedSegmenter(module, model.description, model.device)
    path = next(songs.rglob("*.wav"))
    assert model.annotate(path, "x").equals(found.annotate(path, "x"))


def test_a_spectrogram_that_nobody_looks_at_is_refused(store: Path) -> None:
    with pytest.raises(SubsongError, match=r"leave out data\.spectrogram"):
        RECIPE.build_data(resolve(store, **{"data.spectrogram": {"window_size": 256, "hop_size": 128}}))
