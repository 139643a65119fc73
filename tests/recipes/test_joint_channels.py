"""A network that looks at all channels of a recording together, from annotated recordings to annotations of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.core.files import read_json
from subsong.datasets.song.building import build_song
from subsong.datasets.song.reading import SongReading
from subsong.inference.load import load_model
from subsong.inference.segmenter import TrainedSegmenter
from subsong.recipes import run as recipes
from subsong.recipes.configuring import resolve_config
from subsong.recipes.exporting import export_model
from subsong.recipes.song_segmenter import RECIPE
from subsong.recipes.tuning import tune_model
from subsong.sources.audio import write_audio
from subsong.sources.spectrograms import SampleFrames, SampleFramesConfig

# What its tests share is made once, by one worker.
pytestmark = pytest.mark.xdist_group("joint channels")

RATE_HZ, DURATION_S = 4000, 6.0
TINY: dict[str, Any] = {
    "data.channels": "joint",
    "data.chunk_s": 0.5,
    "data.augmentation": [],
    "data.num_chunks": 48,
    "model.kind": "das-tcn",
    "model.frontend": {"kind": "none", "hop_size": 8},
    "model.channels": 16,
    "model.kernel_size": 4,
    "model.num_stacks": 1,
    "model.dilations": [1, 2],
    "optimizer.learning_rate": 0.02,
    "training.num_epochs": 12,
    "training.batch_size": 4,
    "training.figure_epochs": 12,
    "training.device": "cpu",
}


def make_sound(pulses_s: np.ndarray, others_s: np.ndarray, seed: int) -> np.ndarray:
    """Return three channels of noise: clicks in the second one are pulses, the same clicks in the first one nothing."""
    sound_CT = 0.005 * np.random.default_rng(seed).standard_normal((3, round(DURATION_S * RATE_HZ)))
    time_s = np.arange(60) / RATE_HZ
    click = 0.3 * np.sin(2 * np.pi * 500 * time_s) * np.hanning(len(time_s))
    for channel, times_s in ((1, pulses_s), (0, others_s)):
        for centre in np.rint(times_s * RATE_HZ).astype(int):
            sound_CT[channel, centre - 30 : centre + 30] += click
    return np.asarray(np.rint(sound_CT * 2**15) / 2**15, np.float32)


def draw_times(seed: int) -> tuple[np.ndarray, np.ndarray]:
    times_s = np.arange(0.15, DURATION_S - 0.1, 0.15) + np.random.default_rng(seed).uniform(-0.03, 0.03, 39)
    return times_s[::2], times_s[1::2]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arena")
    (folder / "songs").mkdir()
    for seed in range(4):
        pulses_s, others_s = draw_times(seed)
        write_audio(folder / "songs" / f"{seed}.wav", make_sound(pulses_s, others_s, seed), RATE_HZ)
        rows = [f"pulse,{time_s},{time_s},{number % 3}" for number, time_s in enumerate(pulses_s)]
        table = "\n".join(["name,start_seconds,stop_seconds,channel", *rows])
        (folder / "songs" / f"{seed}_annotations.csv").write_text(table)
    reading = SongReading(split_by="recording", event_width_s=0.004)
    return build_song(folder / "songs", folder / "store", reading).path


@pytest.fixture(scope="module")
def run_path(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = {**TINY, "data.path": str(store)}
    return recipes.train("song-segmenter", overrides=overrides, root=tmp_path_factory.mktemp("runs")).path


@pytest.fixture(scope="module")
def model(run_path: Path) -> TrainedSegmenter:
    loaded = load_model(run_path, "cpu")
    assert isinstance(loaded, TrainedSegmenter)
    return loaded


def resolve(store: Path, **changes: Any) -> Any:
    return resolve_config("song-segmenter", None, {**TINY, "data.path": str(store), **changes})[1]


def test_pulses_of_one_channel_are_found_and_the_same_sound_in_another_is_not(
    model: TrainedSegmenter, run_path: Path, tmp_path: Path
) -> None:
    pulses_s, others_s = draw_times(9)
    write_audio(tmp_path / "new.wav", make_sound(pulses_s, others_s, 9), RATE_HZ)
    found = model.annotate(tmp_path / "new.wav")
    assert found["channel"].null_count() == found.height
    near = np.abs(found["onset_s"].to_numpy()[:, None] - pulses_s) < 0.01
    assert near.any(axis=0).mean() > 0.9
    assert near.any(axis=1).mean() > 0.9
    assert read_json(run_path / "evaluation" / "final" / "results.json")["num_items"] == 1


@pytest.mark.parametrize("rate_hz", [RATE_HZ, 5000])
def test_the_format_of_a_recording_changes_no_bit(model: TrainedSegmenter, tmp_path: Path, rate_hz: int) -> None:
    sound_CT = make_sound(*draw_times(8), seed=8)
    write_audio(tmp_path / "x.wav", sound_CT, rate_hz)
    np.savez(tmp_path / "x.npz", data=sound_CT.T, samplerate=rate_hz)
    found = model.annotate(tmp_path / "x.wav", "x")
    assert found.height > 5
    assert model.annotate(tmp_path / "x.npz", "x").equals(found)


def test_how_frames_are_read_changes_no_bit_and_channels_lie_one_after_the_other() -> None:
    sound_RS = np.random.default_rng(0).standard_normal((3, 100)).astype(np.float32)
    config = SampleFramesConfig(hop_size=8, num_channels=3, level=0.5)
    frames = SampleFrames(config, RATE_HZ, 100, lambda first, stop: sound_RS[:, first:stop])
    whole_KF = frames.read(0, frames.grid.num_frames)
    pieces = [frames.read(first, first + 1) for first in range(frames.grid.num_frames)]
    assert torch.equal(torch.cat(pieces), whole_KF)
    np.testing.assert_array_equal(whole_KF[2].view(3, 8).numpy(), 2.0 * sound_RS[:, 12:20])
    alone = SampleFrames(config, RATE_HZ, 100, lambda first, stop: sound_RS[0, first:stop])
    with pytest.raises(ValueError, match="show 3 channels together, but 1 were read"):
        alone.read(0, 2)


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "gain"},
        {"kind": "response"},
        {"kind": "polarity", "probability": 1.0},
        {"kind": "background"},
        {"kind": "time_mask"},
    ],
)
def test_channels_are_changed_alike(store: Path, kind: dict[str, Any]) -> None:
    train = RECIPE.build_data(resolve(store, **{"data.augmentation": [kind]})).train
    sound_RS = np.random.default_rng(1).standard_normal((3, 400)).astype(np.float32)
    changed_RS = train._draw_change(3).change_sound(sound_RS.copy())
    assert changed_RS.shape == (3, 400)
    if kind["kind"] in ("gain", "response", "polarity"):
        np.testing.assert_allclose(changed_RS[1], train._draw_change(3).change_sound(sound_RS[1].copy()), atol=1e-5)
    assert torch.isfinite(train.fetch(np.arange(2)).input).all()


def test_each_channel_has_noise_of_its_own(store: Path) -> None:
    noise = {"kind": "noise", "low_db": 0.0, "high_db": 0.0}
    train = RECIPE.build_data(resolve(store, **{"data.augmentation": [noise]})).train
    sound_RS = np.ones((3, 4000), np.float32)
    added_RS = train._draw_change(0).change_sound(sound_RS) - sound_RS
    assert np.sqrt(np.mean(added_RS**2)) == pytest.approx(1.0, rel=0.01)
    assert np.abs(np.corrcoef(added_RS) - np.eye(3)).max() < 0.1


def test_a_network_of_grey_frames_does_not_look_at_several_channels(store: Path) -> None:
    with pytest.raises(SubsongError, match=r"data\.channels is joint.*set model\.kind to das-tcn"):
        resolve_config("song-segmenter", None, {"data.path": str(store), "data.channels": "joint"})


def test_recordings_of_other_channels_and_a_choice_of_one_are_refused(model: TrainedSegmenter, tmp_path: Path) -> None:
    sound_CT = make_sound(*draw_times(7), seed=7)
    write_audio(tmp_path / "two.wav", sound_CT[:2], RATE_HZ)
    write_audio(tmp_path / "three.wav", sound_CT, RATE_HZ)
    with pytest.raises(SubsongError, match=r"two\.wav has 2 channels, but the model looks at 3 together"):
        model.annotate(tmp_path / "two.wav")
    with pytest.raises(SubsongError, match="looks at 3 channels together: leave out the choice of channel 1"):
        model.annotate(tmp_path / "three.wav", channel=1)


def test_it_is_tuned_on_a_store_as_on_that_of_its_run(store: Path, run_path: Path) -> None:
    own = tune_model(run_path, device="cpu").searched
    assert tune_model(run_path, store, device="cpu").searched.after == own.after


def test_a_file_for_one_channel_is_refused(run_path: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="an ONNX file takes one channel, but this model looks at 3 together"):
        export_model(run_path, tmp_path / "model.onnx")


def test_fine_tuning_looks_at_the_channels_of_the_first_model(store: Path, model: TrainedSegmenter) -> None:
    adopted = RECIPE.adopt_preprocessing(resolve(store, **{"data.channels": "each"}), model.description)
    assert adopted.data.channels == "joint"
    assert RECIPE.describe_model(adopted, RECIPE.build_data(adopted)).preprocessing["item_shape"] == [24]
