"""Peaks: that nothing beneath a column is missed, at any zoom, wherever it lies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.studio.sound.sounds_in_memory import describe, make_tone, read_from

from subsong.sources.audio import AudioInfo
from subsong.studio.sound.bands import Band
from subsong.studio.sound.grid import NUM_COLUMNS, find_hop_s
from subsong.studio.sound.peak_columns import compute_peaks
from subsong.studio.sound.peak_tiles import Stretch, draw_extremes, draw_peaks
from subsong.studio.sound.peaks import PeakPlan, plan_peaks

RATE = 2000
HOUR = 3600 * RATE
CALL_T = 0.5 * make_tone(300, 100, RATE)
BAND = Band(0, 1000, 20)


class PeaksInMemory:
    """All columns of a recording, read as those on the disk are."""

    def __init__(self, read: Callable[[int, int], np.ndarray], info: AudioInfo, plan: PeakPlan) -> None:
        self.plan, self.columns, self.num_ready = plan, np.zeros(plan.num_columns, plan.dtype), 0
        while self.num_ready < plan.num_columns:
            block = compute_peaks(read, info, plan, self.read, self.num_ready)
            self.columns[self.num_ready : self.num_ready + len(block)] = block
            self.num_ready += len(block)

    def read(self, first: int, stop: int) -> np.ndarray:
        return self.columns[first:stop]


def make_peaks(samples_T: np.ndarray, rate: int = RATE) -> tuple[PeaksInMemory, AudioInfo]:
    info = describe(len(samples_T), rate)
    return PeaksInMemory(lambda start, stop: cut(samples_T, start, stop), info, plan_peaks(info)), info


def cut(samples_T: np.ndarray, start: int, stop: int) -> np.ndarray:
    """As `read_from`, without a number for each sample."""
    padded_T = np.zeros(stop - start, np.float32)
    first, last = max(start, 0), min(stop, len(samples_T))
    padded_T[first - start : last - start] = samples_T[first:last]
    return padded_T


def tile_levels(plan: PeakPlan, num_samples: int) -> range:
    """Return every zoom from the finest of the peaks to one at which a single column is longer than the recording."""
    return range(plan.levels[0].level, plan.levels[0].level + int(np.log2(num_samples)))


@settings(max_examples=60, deadline=None)
@given(start=st.integers(0, HOUR - len(CALL_T)))
def test_a_call_of_50_ms_in_an_hour_of_silence_is_in_its_column_of_the_finest_level(start: int) -> None:
    info = describe(HOUR, RATE)
    plan = plan_peaks(info)
    column = int(start / RATE / find_hop_s(plan.levels[0].level))

    def read(first: int, stop: int) -> np.ndarray:
        part_T = np.zeros(stop - first, np.float32)
        own_T = cut(CALL_T, first - start, stop - start)
        return part_T + own_T

    block = compute_peaks(read, info, plan, lambda *_: None, column)
    # Across a border, the half of it that is in one of the two.
    loudest = block["grey"][:2].max(axis=1)
    assert loudest.max() > 200
    assert block["greatest"][:2].max() > 0.45
    assert block["least"][:2].min() < -0.45
    assert set(block["grey"][:2].argmax(axis=1)[loudest > 200]) <= {9, 10}  # 300 Hz, bins of 31.25 Hz


@settings(max_examples=20, deadline=None)
@given(data=st.data(), num_columns=st.integers(513, 30_000))
def test_every_zoom_shows_the_greatest_of_the_finest_level(data: st.DataObject, num_columns: int) -> None:
    plan = plan_peaks(describe(round(num_columns * 4.096 * RATE), RATE))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    peaks = PeaksInMemory.__new__(PeaksInMemory)
    peaks.plan, peaks.columns, peaks.num_ready = plan, np.zeros(plan.num_columns, plan.dtype), num_columns
    peaks.columns["grey"][:num_columns, 5] = rng.integers(0, 255, num_columns)
    while peaks.num_ready < plan.num_columns:
        block = compute_peaks(lambda *_: None, describe(1, RATE), plan, peaks.read, peaks.num_ready)
        peaks.columns[peaks.num_ready : peaks.num_ready + len(block)] = block
        peaks.num_ready += len(block)
    finer = data.draw(st.integers(0, 9))
    step = 2**finer
    index = data.draw(st.integers(0, (num_columns - 1) // (step * NUM_COLUMNS)))
    joined = Stretch(peaks, (plan.levels[0].level + finer, index)).join()["grey"][:, 5]  # type: ignore[arg-type]
    first = index * NUM_COLUMNS * step
    beneath = peaks.columns["grey"][first : min(first + NUM_COLUMNS * step, num_columns), 5]
    assert joined.tolist() == np.maximum.reduceat(beneath, np.arange(0, len(beneath), step)).tolist()


def test_a_call_of_50_ms_in_an_hour_of_silence_is_seen_at_every_zoom() -> None:
    start = 1_234_567
    samples_T = np.zeros(HOUR, np.float32)
    samples_T[start : start + len(CALL_T)] = CALL_T
    peaks, info = make_peaks(samples_T)
    for level in tile_levels(peaks.plan, HOUR):
        tile_s = NUM_COLUMNS * find_hop_s(level)
        stretch = Stretch(peaks, (level, int(start / RATE / tile_s)))  # type: ignore[arg-type]
        tile_HC = draw_peaks(stretch, info, BAND, peaks.plan.window)
        column = int((start / RATE % tile_s) / find_hop_s(level))
        assert tile_HC[:, column].argmax() == 13  # 300 of 1000 Hz from below
        assert tile_HC[13, column] > 200
        assert np.delete(tile_HC, column, axis=1).max(initial=0) == 0
        assert draw_extremes(stretch)[column] == pytest.approx((-0.5, 0.5), abs=0.03)


def test_peaks_say_what_the_samples_say_where_both_can_be_asked() -> None:
    from subsong.studio.sound.columns import choose_window
    from subsong.studio.sound.frames import plan_frames, read_frames
    from subsong.studio.sound.grid import lay_tile

    samples_T = 0.1 * np.random.default_rng(0).standard_normal(50 * 8192).astype(np.float32)
    peaks, info = make_peaks(samples_T)
    level = peaks.plan.levels[0].level
    grid = lay_tile(info, level, 0)
    window = choose_window(RATE, RATE / 2, grid.hop)
    starts_CK = plan_frames(grid, window, is_exact=True)
    frames_NW = read_frames(read_from(samples_T), starts_CK.ravel(), window)
    power = np.abs(np.fft.rfft(frames_NW * np.hanning(window + 1)[:-1] / (window / 4))) ** 2
    expected_CB = 10 * np.log10(power.reshape(*starts_CK.shape, -1).max(axis=1))
    found_CB = peaks.columns["grey"][: len(expected_CB)] * (120 / 255) - 120
    assert np.abs(found_CB - expected_CB).max() < 0.3
    by_column = samples_T.reshape(50, 8192)
    assert peaks.columns["greatest"][:50].tolist() == by_column.max(axis=1).tolist()


@pytest.mark.parametrize("rate", [2000, 8000, 44_100, 250_000])
@pytest.mark.parametrize("num_samples", [3_145_729, 10_000_001])
def test_peaks_are_small_and_cover_the_recording(rate: int, num_samples: int) -> None:
    plan = plan_peaks(describe(num_samples, rate))
    assert plan.num_bytes < 0.022 * 2 * num_samples
    assert plan.levels[-1].num_columns <= NUM_COLUMNS
    for level in plan.levels:
        last_s = (level.num_columns - 1) * find_hop_s(level.level)
        assert round(last_s * rate) < num_samples <= round((last_s + find_hop_s(level.level)) * rate)
