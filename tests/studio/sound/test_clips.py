"""Small pictures of single sounds."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.studio.sound.sounds_in_memory import describe, make_tone, read_from

from subsong.studio.sound.bands import Band
from subsong.studio.sound.clips import ClipLook, draw_clip

RATE = 32_000
LOOK = ClipLook(64, Band(0, 16_000, 32), "gray", None, None)


def draw(samples_T: np.ndarray, start_s: float, stop_s: float, look: ClipLook = LOOK) -> np.ndarray:
    png = draw_clip(read_from(samples_T), describe(len(samples_T), RATE), start_s, stop_s, look)
    return np.asarray(Image.open(io.BytesIO(png)).convert("L"))


def make_syllable(amplitude: float) -> np.ndarray:
    samples_T = np.random.default_rng(0).standard_normal(RATE).astype(np.float32) * 1e-4
    samples_T[16_000:17_600] += make_tone(6000, 1600, RATE, amplitude)
    return samples_T


@pytest.mark.parametrize("amplitude", [0.5, 0.005])
def test_a_sound_is_bright_where_it_is_however_loud(amplitude: float) -> None:
    picture = draw(make_syllable(amplitude), 0.475, 0.575)
    assert picture.shape == (32, 64)
    assert set(picture[:, 20:44].argmax(axis=0)) <= {19, 20}
    assert picture[19:21, 20:44].max(axis=0).min() > 200
    assert np.median(picture[:, :10]) < 60


def test_hum_below_the_song_does_not_darken_it() -> None:
    samples_T = make_syllable(0.01) + make_tone(100, RATE, RATE, 0.9)
    assert draw(samples_T, 0.475, 0.575)[19:21, 24:40].max(axis=0).min() > 180


def test_the_contrast_asked_for_is_taken() -> None:
    look = LOOK._replace(floor_db=-400.0, ceiling_db=-200.0)
    assert (draw(make_syllable(0.5), 0.4, 0.6, look) == 255).all()


def test_silence_is_drawn_dark() -> None:
    assert draw(np.zeros(RATE, np.float32), 0.1, 0.2).max() == 255  # -120 dB is all there is: the ceiling


@pytest.mark.parametrize(("start_s", "stop_s"), [(-0.1, 0.1), (0.95, 1.2), (0.5, 0.5), (1.0, 1.0)])
def test_events_and_sounds_at_the_ends_have_a_picture_of_the_size_asked_for(start_s: float, stop_s: float) -> None:
    assert draw(make_syllable(0.5), start_s, stop_s).shape == (32, 64)


def test_one_sample_has_a_picture() -> None:
    assert draw(np.ones(1, np.float32), 0, 1).shape == (32, 64)
