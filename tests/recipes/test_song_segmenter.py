"""The segmenter's family, from annotated recordings to annotations of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import soundfile

from subsong.core.errors import SubsongError
from subsong.datasets.song.building import build_song
from subsong.datasets.song.dataset import ChunkDataset, DrawnChunks
from subsong.datasets.song.store import load_song
from subsong.inference.load import load_model, load_vae
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes import run as recipes
from subsong.recipes import use
from subsong.recipes.base import PredictOptions
from subsong.recipes.configuring import resolve_config
from subsong.recipes.segmenter_frames import choose_frames
from subsong.recipes.song_segmenter import RECIPE
from subsong.sources.annotations.table import ANNOTATION_SCHEMA
from subsong.sources.audio import read_audio, write_audio
from subsong.synthesis.song import SongOptions, write_songs

TINY: dict[str, Any] = {
    "data.chunk_s": 0.8,
    "data.num_chunks": 96,
    "model.frontend": {"kind": "frequency", "channels": [8, 16], "strides": [4, 2], "feature_dim": 24},
    "model.tcn": {"channels": 24, "dilations": [1, 2, 4, 8], "num_stacks": 1},
    "optimizer.learning_rate": 0.01,
    "training.num_epochs": 8,
    "training.batch_size": 8,
    "training.figure_epochs": None,
    "training.device": "cpu",
    "results_at_end": False,
}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colony")
    options = SongOptions(num_birds=1, num_days=1, num_songs=10, num_motifs=(2, 2), num_types=4, motif_length=3)
    write_songs(folder, options, seed=2)
    return folder


@pytest.fixture(scope="module")
def store(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_song(songs, tmp_path_factory.mktemp("stores") / "song").path


@pytest.fixture(scope="module")
def run_path(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = {**TINY, "data.path": str(store)}
    return recipes.train("song-segmenter", overrides=overrides, root=tmp_path_factory.mktemp("runs")).path


def load(path: Path) -> TrainedSegmenter:
    model = load_model(path)
    assert isinstance(model, TrainedSegmenter)
    return model


def build(store: Path, **settings: Any) -> Any:
    _, config = resolve_config("song-segmenter", None, {**TINY, **settings, "data.path": str(store)})
    return RECIPE.build_data(config)


def test_it_finds_the_syllables_of_songs_it_was_not_trained_on(songs: Path, store: Path, run_path: Path) -> None:
    parts = load_song(store).parts
    held_out = parts.filter(pl.col("split") == "test")["source"].to_list()
    assert held_out
    truth = pl.read_csv(songs / "segments.csv", schema_overrides={"label": pl.String})
    num_hits, num_true, num_found = 0, 0, 0
    for name in held_out:
        found = load(run_path).annotate(songs / name, name)
        true = truth.filter(pl.col("audio_file") == name)
        near = np.abs(found["onset_s"].to_numpy()[:, None] - true["onset_s"].to_numpy()) < 0.01
        same = found["label"].to_numpy()[:, None] == true["label"].to_numpy()
        num_hits += int((near & same).any(axis=0).sum())
        num_true, num_found = num_true + true.height, num_found + found.height
    assert 2 * num_hits / (num_true + num_found) > 0.9


def test_predictions_are_a_table_of_annotations(songs: Path, run_path: Path) -> None:
    table = use.predict_data(run_path, songs / "bird1", PredictOptions())
    assert dict(table.schema) == dict(ANNOTATION_SCHEMA)
    assert table["recording"].n_unique() == 10
    assert table["score"].is_between(0, 1).all()
    assert (table["offset_s"] > table["onset_s"]).all()


def test_a_broken_recording_of_a_folder_is_named_and_the_others_are_annotated(
    songs: Path, run_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "good.wav").write_bytes(next(songs.rglob("*.wav")).read_bytes())
    (tmp_path / "bad.wav").write_bytes(b"junk")
    table = use.predict_data(run_path, tmp_path, PredictOptions())
    assert set(table["recording"]) == {"good.wav"}
    assert "left out" in caplog.text
    assert "bad.wav" in caplog.text
    (tmp_path / "good.wav").unlink()
    with pytest.raises(SubsongError, match=r"bad\.wav"):
        use.predict_data(run_path, tmp_path, PredictOptions())


def test_options_of_lists_are_refused(songs: Path, run_path: Path) -> None:
    with pytest.raises(SubsongError, match="are for lists: leave them out"):
        use.predict_data(run_path, songs, PredictOptions(covariates={"x": 1.0}))


@pytest.mark.parametrize("name", ["song.flac", "song.npz", "float.wav"])
def test_the_format_of_a_recording_changes_nothing(songs: Path, run_path: Path, tmp_path: Path, name: str) -> None:
    source = next(songs.rglob("*.wav"))
    audio, copy = read_audio(source), tmp_path / name
    if name.endswith(".npz"):
        np.savez(copy, data=(audio.samples * 32768).astype(np.int16), samplerate=audio.sample_rate_hz)
    elif name.endswith(".flac"):
        write_audio(copy, audio.samples, audio.sample_rate_hz)
    else:
        import soundfile

        soundfile.write(copy, audio.samples, audio.sample_rate_hz, "FLOAT")
    model = load(run_path)
    assert model.annotate(copy, "x").equals(model.annotate(source, "x"))


def test_another_sample_rate_moves_nothing(songs: Path, run_path: Path, tmp_path: Path) -> None:
    from scipy.signal import resample_poly

    source, model = next(songs.rglob("*.wav")), load(run_path)
    faster = resample_poly(read_audio(source).samples.astype(np.float64), 441, 320).astype(np.float32)
    write_audio(tmp_path / "fast.wav", faster.clip(-1, 1), 44_100)
    first, second = model.annotate(source, "x"), model.annotate(tmp_path / "fast.wav", "x")
    assert first["label"].to_list() == second["label"].to_list()
    assert second["onset_s"].to_numpy() == pytest.approx(first["onset_s"].to_numpy(), abs=0.002)


def test_channels_are_annotated_by_themselves(songs: Path, run_path: Path, tmp_path: Path) -> None:
    source, model = next(songs.rglob("*.wav")), load(run_path)
    audio = read_audio(source)
    both = np.stack([audio.samples, np.zeros_like(audio.samples)], axis=1)
    soundfile.write(tmp_path / "two.wav", both, audio.sample_rate_hz, "FLOAT")
    table = model.annotate(tmp_path / "two.wav", "x")
    alone = model.annotate(source, "x")
    assert table.filter(pl.col("channel") == 0).drop("channel").equals(alone.drop("channel"))
    assert table.filter(pl.col("channel") == 1).height < alone.height


def test_the_mean_of_channels_is_annotated_as_one_channel(songs: Path, run_path: Path, tmp_path: Path) -> None:
    source, model = next(songs.rglob("*.wav")), load(run_path)
    audio = read_audio(source)
    both = np.stack([2 * audio.samples, np.zeros_like(audio.samples)], axis=1)
    soundfile.write(tmp_path / "two.wav", both, audio.sample_rate_hz, "FLOAT")
    assert model.annotate(tmp_path / "two.wav", "x", channel="mean").equals(model.annotate(source, "x"))


def test_chunks_hold_the_frames_and_the_truth_of_their_place(store: Path) -> None:
    data = build(store)
    assert isinstance(data.train, DrawnChunks)
    assert isinstance(data.validation, ChunkDataset)
    batch, items = data.validation.fetch(np.arange(len(data.validation))), data.validation.items
    hop_s = data.train.maker.frames.hop_size / data.train.maker.store.sample_rate_hz
    covered_s = float((batch.target.sum(dim=2) * batch.mask).sum()) * hop_s
    truth = data.train.maker.store.annotations
    held_out = truth.filter(pl.col("source").is_in(items["source"].unique().to_list()))
    assert covered_s == pytest.approx(float((held_out["offset_s"] - held_out["onset_s"]).sum()), rel=0.02)


def test_chunks_are_new_each_epoch_and_the_same_for_the_same_seed(store: Path) -> None:
    first, second = build(store).train, build(store).train
    first.start_epoch(5)
    first.start_epoch(1)
    second.start_epoch(1)
    assert (first.fetch(np.arange(20)).input == second.fetch(np.arange(20)).input).all()
    before = second.items
    second.start_epoch(2)
    assert not before.equals(second.items)


@pytest.mark.parametrize(("rate", "hop_ms"), [(32_000, 6.0), (44_100, 6.0), (250_000, 2.0), (2_500, 6.0)])
def test_frames_go_with_the_sample_rate(rate: int, hop_ms: float) -> None:
    frames = choose_frames(rate)
    assert 1000 * frames.hop_size / rate == pytest.approx(hop_ms, abs=0.1)
    assert frames.low_hz < frames.high_hz < rate / 2


def test_a_segmenter_has_no_codes_to_embed(songs: Path, run_path: Path) -> None:
    with pytest.raises(SubsongError, match="has no latent code: expected a VAE"):
        load_vae(run_path)
