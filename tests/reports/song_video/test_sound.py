"""What is heard: pitches, durations, loudness, and the place of a click."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.reports.song_video.parts import Song
from subsong.reports.song_video.sound import PLAYED_RATE_HZ, stream_sound
from subsong.reports.song_video.timing import Timing
from subsong.reports.song_video.vocoder import choose_window_size, shorten_stream

RATE_HZ = 250_000
FPS = 30


def build_song(samples: np.ndarray, rate_hz: int = RATE_HZ) -> Song:
    return Song(lambda start, stop: samples[start:stop], len(samples), rate_hz, lambda times: times, np.arange(2))


def build_tone(frequency_hz: float, duration_s: float = 0.5, rate_hz: int = RATE_HZ) -> np.ndarray:
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(duration_s * rate_hz)) / rate_hz).astype(np.float32)


def hear(song: Song, slow_down: float = 1.0, shift: float | None = None, start_s: float = 0.0) -> np.ndarray:
    timing = Timing(start_s, song.duration_s, slow_down, FPS)
    return np.concatenate(list(stream_sound(song, timing, shift)))


def find_pitch_hz(samples: np.ndarray) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 20)) ** 2
    return float(power.argmax() * PLAYED_RATE_HZ / (1 << 20))


def find_middle_s(samples: np.ndarray) -> float:
    energy = samples.astype(np.float64) ** 2
    return float((energy * np.arange(len(samples))).sum() / energy.sum() / PLAYED_RATE_HZ)


@pytest.mark.parametrize(("slow_down", "rate_hz"), [(1.0, 32_000), (10.0, RATE_HZ), (10.0, 195_313), (3.3, 44_100)])
def test_a_slowed_tone_is_as_many_times_lower_and_longer(slow_down, rate_hz) -> None:
    heard = hear(build_song(build_tone(8000.0, 0.3, rate_hz), rate_hz), slow_down)
    assert len(heard) == pytest.approx(0.3 * slow_down * PLAYED_RATE_HZ, abs=2)
    assert find_pitch_hz(heard) == pytest.approx(8000 / slow_down, abs=0.5)


@pytest.mark.parametrize("shift", [2.0, 3.7, 8.0, 20.0])
@pytest.mark.parametrize("frequency_hz", [40_000.0, 55_321.0])
def test_a_shifted_tone_is_as_many_times_lower_and_as_long(shift, frequency_hz) -> None:
    heard = hear(build_song(build_tone(frequency_hz)), shift=shift)
    assert len(heard) == PLAYED_RATE_HZ // 2
    if frequency_hz / shift < 0.5 * PLAYED_RATE_HZ:
        assert find_pitch_hz(heard) == pytest.approx(frequency_hz / shift, abs=0.5)
        steady = heard[5000:-5000].reshape(-1, 500)
        loudness = np.sqrt((steady**2).mean(axis=1))
        assert loudness == pytest.approx(np.full(len(loudness), loudness.mean()), rel=0.02)


def test_a_shifted_sweep_keeps_its_strength() -> None:
    times = np.arange(RATE_HZ) / RATE_HZ
    sweep = np.sin(2 * np.pi * (40_000 * times + 20_000 * times**2)).astype(np.float32)
    loudness = np.sqrt((hear(build_song(sweep), shift=8.0)[2400:-2400].reshape(-1, 2400) ** 2).mean(axis=1))
    assert loudness.min() > 0.9 * loudness.max()


@pytest.mark.parametrize(("slow_down", "shift"), [(1.0, None), (10.0, None), (1.0, 2.0), (1.0, 8.0)])
def test_a_click_is_heard_when_it_sounded(slow_down, shift) -> None:
    clicks = np.zeros(RATE_HZ, np.float32)
    clicks[150_000] = 1.0
    heard = hear(build_song(clicks), slow_down, shift, start_s=0.2)
    assert find_middle_s(heard) == pytest.approx(0.4 * slow_down, abs=0.5 / FPS)


def test_a_shifted_sound_begins_after_silence_as_it_would_without() -> None:
    samples = np.concatenate([np.zeros(RATE_HZ // 2, np.float32), build_tone(40_000.0)])
    heard = hear(build_song(samples), shift=8.0)
    assert np.abs(heard[: PLAYED_RATE_HZ // 2 - 2000]).max() < 1e-6
    assert find_pitch_hz(heard) == pytest.approx(5000.0, abs=0.5)


def test_loudness_is_one_at_any_level_and_ends_are_faded() -> None:
    tone = build_tone(3000.0, 0.5, 32_000)
    loud, soft = hear(build_song(tone, 32_000)), hear(build_song(0.001 * tone, 32_000))
    assert np.abs(loud).max() == pytest.approx(0.9, abs=1e-6)
    assert soft == pytest.approx(loud, abs=1e-4)
    assert abs(loud[0]) < 1e-3
    assert abs(loud[-1]) < 1e-3


def test_silence_and_samples_that_are_no_numbers_are_no_obstacle() -> None:
    assert not hear(build_song(np.zeros(8000, np.float32), 8000)).any()
    tone = build_tone(1000.0, 1.0, 8000)
    tone[100:110] = np.nan
    assert np.isfinite(hear(build_song(tone, 8000))).all()


def test_sound_is_read_and_given_in_blocks_however_long_it_is() -> None:
    asked: list[int] = []

    def read(start: int, stop: int) -> np.ndarray:
        asked.append(stop - start)
        return np.ones(stop - start, np.float32)

    song = Song(read, 50_000_000, RATE_HZ, lambda times: times, np.arange(2))
    first = next(iter(stream_sound(song, Timing(0.0, 20.0, 10.0, FPS), None)))
    assert max(asked) <= 1 << 18
    assert len(first) < 1 << 18
    shortened = shorten_stream(read, 0, 50_000_000, 8.0, choose_window_size(RATE_HZ, 8.0))
    assert len(next(shortened)) < 1 << 14
    assert asked[-1] < 1 << 18
