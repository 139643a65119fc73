"""What one hears: as recorded, slowed down, shifted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.studio.sound.sounds_in_memory import describe, make_tone, read_from

from subsong.core.errors import SubsongError
from subsong.studio.sound.playback import Manner, PlayedSound


def play(samples_T: np.ndarray, rate: int, manner: Manner, start_s: float = 0.0, stop_s: float = 1e6) -> PlayedSound:
    return PlayedSound(read_from(samples_T), describe(len(samples_T), rate), start_s, stop_s, manner)


def measure(played: PlayedSound) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequencies in Hz, and the level at each in dB re a sine of full scale, away from the ends."""
    samples_T = played.compute(0, played.num_samples).astype(np.float64)
    middle_T = samples_T[len(samples_T) // 8 : -len(samples_T) // 8]
    window_T = np.blackman(len(middle_T))
    power = np.abs(np.fft.rfft(middle_T * window_T) * 2 / window_T.sum()) ** 2
    return np.fft.rfftfreq(len(middle_T), 1 / played.sample_rate_hz), 10 * np.log10(power + 1e-20)


def find_loudest(played: PlayedSound) -> tuple[float, float]:
    frequencies_hz, levels_db = measure(played)
    return float(frequencies_hz[levels_db.argmax()]), float(levels_db.max())


def test_sound_at_a_common_rate_is_played_as_it_is() -> None:
    tone_T = make_tone(1000, 32_000, 32_000, 0.5)
    played = play(tone_T, 32_000, Manner(), 0.25, 0.5)
    assert (played.sample_rate_hz, played.num_samples) == (32_000, 8000)
    assert np.array_equal(played.compute(0, 8000), tone_T[8000:16_000])


def test_a_tenth_of_the_speed_is_ten_times_longer_and_lower() -> None:
    played = play(make_tone(60_000, 250_000, 250_000), 250_000, Manner(speed=0.1))
    assert played.num_samples / played.sample_rate_hz == pytest.approx(10)
    assert find_loudest(played)[0] == pytest.approx(6000, abs=2)


@pytest.mark.parametrize(
    ("rate", "speed", "tone_hz"), [(32_000, 0.1, 5000), (4000, 1.0, 1000), (250_000, 1.0, 9000), (195_313, 1.0, 9000)]
)
def test_rates_that_browsers_refuse_are_computed_anew(rate: int, speed: float, tone_hz: float) -> None:
    played = play(make_tone(tone_hz, rate, rate, 0.5), rate, Manner(speed=speed))
    assert 8000 <= played.sample_rate_hz <= 192_000
    assert played.num_samples / played.sample_rate_hz == pytest.approx(1 / speed, rel=1e-4)
    frequency_hz, level_db = find_loudest(played)
    assert frequency_hz == pytest.approx(tone_hz * speed, rel=1e-3)
    assert level_db == pytest.approx(-6, abs=0.3)


def test_60_khz_moved_by_55_is_5_khz_without_an_image() -> None:
    played = play(make_tone(60_000, 250_000, 250_000, 0.5), 250_000, Manner(shift_hz=55_000))
    assert played.sample_rate_hz == 48_000
    frequencies_hz, levels_db = measure(played)
    assert find_loudest(played) == (pytest.approx(5000, abs=3), pytest.approx(-6, abs=0.1))
    assert levels_db[np.abs(frequencies_hz - 5000) > 50].max() < -6 - 60


def test_what_lies_below_the_shift_is_not_folded_over() -> None:
    """50 kHz is 5 kHz below 55 kHz: a plain multiplication would let it be heard at 5 kHz too."""
    played = play(make_tone(50_000, 250_000, 250_000), 250_000, Manner(shift_hz=55_000))
    assert measure(played)[1].max() < -60


def test_what_lies_far_above_the_shift_is_not_heard() -> None:
    played = play(make_tone(90_000, 250_000, 250_000), 250_000, Manner(shift_hz=55_000))
    assert measure(played)[1].max() < -60


@pytest.mark.parametrize("manner", [Manner(shift_hz=55_000), Manner(speed=1.0), Manner(speed=0.02)])
def test_blocks_join_without_a_seam(manner: Manner) -> None:
    noise_T = np.random.default_rng(0).standard_normal(60_000).astype(np.float32) / 8
    played = play(noise_T, 250_000, manner)
    whole_T = played.compute(0, played.num_samples)
    borders = [0, 1, 777, 5000, played.num_samples // 2, played.num_samples]
    parts = [played.compute(start, stop) for start, stop in itertools.pairwise(borders)]
    assert np.concatenate(parts) == pytest.approx(whole_T, abs=1e-6)


def test_what_cannot_be_played_is_one_sentence() -> None:
    tone_T = make_tone(1000, 32_000, 32_000)
    with pytest.raises(SubsongError, match="no sound from 2 to 3 s: it is 1 s long"):
        play(tone_T, 32_000, Manner(), 2, 3)
    with pytest.raises(SubsongError, match="at most 120 s"):
        PlayedSound(read_from(tone_T), describe(10**9, 32_000), 0, 121, Manner())
    with pytest.raises(SubsongError, match="only frequencies up to 16000 Hz"):
        play(tone_T, 32_000, Manner(shift_hz=16_000))
    with pytest.raises(SubsongError, match="no sound"):
        play(np.zeros(0, np.float32), 32_000, Manner())
