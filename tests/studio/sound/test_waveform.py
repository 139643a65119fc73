"""Waveform tiles: exact where one looks closely, of bounded cost where not."""

from __future__ import annotations

import numpy as np
import pytest
from tests.studio.sound.sounds_in_memory import describe, read_from

from subsong.studio.sound.grid import NUM_COLUMNS, find_hop_s
from subsong.studio.sound.waveform import compute_waveform

RATE = 1000
NOISE_T = np.random.default_rng(3).standard_normal(40_000).astype(np.float32)


@pytest.mark.parametrize("level", [1, 3, 6])
def test_a_column_is_the_least_and_the_greatest_of_its_samples(level: int) -> None:
    found = compute_waveform(read_from(NOISE_T), describe(len(NOISE_T), RATE), (level, 0))
    hop = round(find_hop_s(level) * RATE)
    for column in range(min(NUM_COLUMNS, len(NOISE_T) // hop)):
        part = NOISE_T[column * hop : (column + 1) * hop]
        assert found[column].tolist() == [part.min(), part.max()]


def test_columns_shorter_than_a_sample_show_the_sample() -> None:
    found = compute_waveform(read_from(NOISE_T), describe(len(NOISE_T), RATE), (-2, 0))
    assert found[:8, 0].tolist() == found[:8, 1].tolist()
    assert set(found[:, 0].tolist()) == set(NOISE_T[: NUM_COLUMNS // 8].tolist()) | {NOISE_T[64]}


def test_beyond_the_end_there_is_nothing_and_before_it_everything() -> None:
    samples_T = np.ones(1001, np.float32)
    found = compute_waveform(read_from(samples_T), describe(1001, RATE), (2, 0))
    assert found[500].tolist() == [1, 1]  # the last sample, alone in its column
    assert not found[501:].any()


def test_a_tile_of_hours_is_sampled_and_still_knows_how_loud_it_is() -> None:
    num_read = 0

    def read(start: int, stop: int) -> np.ndarray:
        nonlocal num_read
        num_read += stop - start
        assert stop <= 6 * 3600 * 32_000
        return np.sin(np.arange(start, stop)).astype(np.float32)

    found = compute_waveform(read, describe(6 * 3600 * 32_000, 32_000), (16, 0))
    assert num_read < 8_000_000
    assert found[:659] == pytest.approx(np.tile([-1, 1], (512, 1)), abs=0.01)
