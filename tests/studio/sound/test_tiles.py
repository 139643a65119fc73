"""Spectrogram tiles: what is where, how loud it is, and that nothing short or last is missed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.studio.sound.sounds_in_memory import describe, make_tone, read_from

from subsong.studio.sound.bands import Band
from subsong.studio.sound.columns import choose_window
from subsong.studio.sound.grid import NUM_COLUMNS, find_hop_s
from subsong.studio.sound.tiles import compute_tile

RATE = 32_000
BAND = Band(0.0, 16_000.0, 256)


def tile_of(samples_T: np.ndarray, level: int, index: int = 0, band: Band = BAND, rate: int = RATE) -> np.ndarray:
    return compute_tile(read_from(samples_T), describe(len(samples_T), rate), (level, index), band)


@pytest.mark.parametrize(("level", "index"), [(-2, 20), (0, 3), (3, 0), (6, 0), (8, 0)])
def test_a_sine_of_full_scale_is_0_db_at_its_row_at_every_zoom(level: int, index: int) -> None:
    tile = tile_of(make_tone(4000, 4 * RATE, RATE), level, index)
    inside = tile[:, 5:25]
    assert set(inside.argmax(axis=0)) <= {191, 192}  # 4 of 16 kHz from below, row 0 at the top
    # A frequency between two bins is at most 1.4 dB weaker by Hann's window.
    assert inside.max(axis=0).min() >= 252


def test_a_tenth_of_the_amplitude_is_20_db_less() -> None:
    loud, soft = (tile_of(make_tone(4000, RATE, RATE, amplitude), 1)[:, 100].max() for amplitude in (0.5, 0.05))
    assert (int(loud) - int(soft)) * 120 / 255 == pytest.approx(20, abs=0.5)


def test_silence_is_0_and_so_is_what_lies_beyond_the_end() -> None:
    tile = tile_of(make_tone(4000, RATE, RATE), 3)
    assert not tile[:, 250 + 1 :].any()  # a second of columns of 4 ms
    assert tile[192, 249] > 200
    assert not tile_of(np.zeros(RATE, np.float32), 0).any()


def test_a_tile_wholly_beyond_the_end_is_0_however_far() -> None:
    assert not tile_of(make_tone(4000, RATE, RATE), 24, 2**40).any()


@pytest.mark.parametrize("level", range(-3, 9))
def test_neighbouring_tiles_show_what_a_single_one_would(level: int) -> None:
    """A sound is in the column its time says, on both sides of where two tiles meet."""
    hop_s = find_hop_s(level)
    border = NUM_COLUMNS * hop_s
    rate = 2000
    click_s = border + 3.5 * hop_s
    samples_T = np.zeros(int((click_s + 1) * rate), np.float32)
    samples_T[round(click_s * rate)] = 1.0
    before, after = (tile_of(samples_T, level, i, Band(0, 1000, 16), rate).max(axis=0) for i in (0, 1))
    both = np.concatenate([before, after]).astype(float)
    found = np.flatnonzero(both == both.max())
    assert abs(found.mean() - (NUM_COLUMNS + 3)) <= max(1, 0.001 / hop_s)


@pytest.mark.parametrize("level", [7, 8, 9, 10])
def test_a_call_of_20_ms_is_seen_in_a_tile_of_minutes(level: int) -> None:
    """Columns of 64 to 512 ms, at every place in its column; only what lies in gaps of the sampling may be weaker."""
    hop_s, rate = find_hop_s(level), 8000
    seen = []
    for place in np.linspace(0, 0.9, 7):
        samples_T = np.zeros(int(20 * hop_s * rate), np.float32)
        start = int((10 + place) * hop_s * rate)
        samples_T[start : start + 160] = make_tone(2000, 160, rate)
        seen.append(tile_of(samples_T, level, band=Band(0, 4000, 32), rate=rate).max() > 180)
    assert np.mean(seen) >= (1.0 if level <= 9 else 0.5)


@pytest.mark.parametrize("level", [0, 5, 9, 12])
def test_the_last_piece_of_a_recording_is_there(level: int) -> None:
    hop_s = find_hop_s(level)
    num_samples = int((5 + 0.3) * hop_s * RATE)
    samples_T = np.zeros(num_samples, np.float32)
    last = min(num_samples, round(0.3 * hop_s * RATE))
    samples_T[-last:] = make_tone(8000, last, RATE)
    tile = tile_of(samples_T, level)
    assert tile[:, 5].max() > 180
    assert not tile[:, 6:].any()


def test_above_half_the_rate_there_is_nothing() -> None:
    tile = tile_of(np.random.default_rng(0).standard_normal(RATE).astype(np.float32), 0, band=Band(0, 32_000, 100))
    assert not tile[:50].any()
    assert tile[50:].all(axis=0).mean() > 0.9


@pytest.mark.parametrize("height", [3, 16, 1024])
def test_a_pure_tone_is_as_loud_in_few_rows_as_in_many(height: int) -> None:
    tile = tile_of(make_tone(5000, RATE, RATE), 1, band=Band(2000, 9000, height))
    assert tile[:, 300].max() >= 252
    assert abs(tile[:, 300].argmax() - 4 / 7 * height) <= max(1, 0.01 * height)


def test_one_sample_is_one_column() -> None:
    tile = tile_of(np.ones(1, np.float32), 0)
    assert tile[:, 0].any()
    assert not tile[:, 1:].any()


def test_a_tile_of_hours_reads_no_more_than_one_of_minutes() -> None:
    num_read = 0

    def read(start: int, stop: int) -> np.ndarray:
        nonlocal num_read
        num_read += stop - start
        return np.zeros(stop - start, np.float32)

    for level in (10, 16):
        num_read = 0
        compute_tile(read, describe(6 * 3600 * RATE, RATE), (level, 0), BAND)
        assert 0 < num_read < 8_000_000


@pytest.mark.parametrize(
    ("rate", "high_hz", "least_ms", "most_ms"),
    [(32_000, 10_000, 8, 16), (44_100, 22_050, 5, 16), (250_000, 125_000, 1, 2), (8000, 4000, 8, 16)],
)
def test_the_window_fits_how_quick_the_sounds_are(rate: int, high_hz: float, least_ms: float, most_ms: float) -> None:
    window_ms = choose_window(rate, high_hz, 1.0) / rate * 1000
    assert least_ms <= window_ms <= most_ms
    assert choose_window(rate, high_hz, 1e6) == pytest.approx(2 * choose_window(rate, high_hz, 1.0), abs=1)


def test_a_window_of_the_users_own_is_taken_within_reason() -> None:
    assert choose_window(32_000, 16_000, 1.0, 8.0) == 256
    assert choose_window(1000, 500, 1.0, 0.001) == 16
    assert choose_window(1000, 500, 1.0) == 64
