"""Recordings unlike those of training are told, and those like them are not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.datasets.song.songs import RATE_HZ, make_noise, write_many

from subsong.datasets.song.building import build_song
from subsong.datasets.song.store import load_song
from subsong.inference.familiarity.checking import SoundNeeds, check_recording
from subsong.inference.familiarity.training_sound import TrainingSound, fit_training_sound
from subsong.sources.audio import write_audio


@pytest.fixture(scope="module")
def needs(tmp_path_factory: pytest.TempPathFactory) -> SoundNeeds:
    folder = tmp_path_factory.mktemp("noise")
    store = load_song(build_song(write_many(folder / "songs", 9), folder / "store").path)
    sound = fit_training_sound(store)
    assert sound is not None
    # What is written into a model is what is read from it.
    again = TrainingSound.from_values(json.loads(json.dumps(sound.to_values())))
    return SoundNeeds(RATE_HZ, 3000.0, again)


def find_kinds(needs: SoundNeeds, path: Path, samples: np.ndarray, rate_hz: int = RATE_HZ) -> set[str]:
    write_audio(path, samples, rate_hz)
    return set(check_recording(path, path.name, needs)["kind"])


def test_recordings_of_the_same_kind_are_familiar(needs: SoundNeeds, tmp_path: Path) -> None:
    for seed in range(100, 110):
        assert find_kinds(needs, tmp_path / "same.wav", make_noise(4.0, seed=seed)) == set()


def test_another_spectrum_is_told(needs: SoundNeeds, tmp_path: Path) -> None:
    smooth = np.convolve(make_noise(4.0), np.ones(4) / 2, "same").clip(-1, 1)
    assert find_kinds(needs, tmp_path / "smooth.wav", smooth) == {"spectrum"}


@pytest.mark.parametrize(("gain", "kind"), [(0.1, "quiet"), (8.0, "loud")])
def test_the_wrong_level_is_told_and_is_no_wrong_spectrum(
    needs: SoundNeeds, tmp_path: Path, gain: float, kind: str
) -> None:
    assert find_kinds(needs, tmp_path / "gain.wav", gain * make_noise(4.0)) == {kind}


def test_digital_silence_is_told_whatever_its_offset(needs: SoundNeeds, tmp_path: Path) -> None:
    assert find_kinds(needs, tmp_path / "zero.wav", np.full(4 * RATE_HZ, 0.1, np.float32)) == {"silent"}
    half = np.concatenate([make_noise(4.0), np.zeros(4 * RATE_HZ, np.float32)])
    assert find_kinds(needs, tmp_path / "half.wav", half) == {"silent"}


def test_clipped_samples_are_told(needs: SoundNeeds, tmp_path: Path) -> None:
    samples = make_noise(4.0)
    samples[::50] = 1.0
    assert "clipped" in find_kinds(needs, tmp_path / "clipped.wav", samples)


def test_a_rate_too_low_for_the_model_is_told(needs: SoundNeeds, tmp_path: Path) -> None:
    path = tmp_path / "slow.wav"
    assert "rate" in find_kinds(needs, path, make_noise(4.0, 4000), 4000)
    assert "nothing above 2,000 Hz" in check_recording(path, "slow", needs)["warning"][0]


def test_channels_are_judged_by_themselves(needs: SoundNeeds, tmp_path: Path) -> None:
    samples = np.stack([make_noise(4.0), np.zeros(4 * RATE_HZ, np.float32)])
    write_audio(tmp_path / "two.wav", samples, RATE_HZ)
    table = check_recording(tmp_path / "two.wav", "two", needs)
    assert table.select("channel", "kind").rows() == [(1, "silent")]


def test_a_model_that_says_nothing_of_its_training_judges_no_spectrum(needs: SoundNeeds, tmp_path: Path) -> None:
    assert find_kinds(needs._replace(sound=None), tmp_path / "gain.wav", 0.01 * make_noise(4.0)) == set()
