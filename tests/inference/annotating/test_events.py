"""Peaks of a probability: threshold, spacing, ends, and parts of a frame."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from subsong.inference.annotating.events import find_peaks


def find(values, threshold: float = 0.5, spacing: float = 0.0) -> list[float]:
    return [round(float(place), 6) for place in find_peaks(np.array(values, dtype=float), threshold, spacing).place_N]


@pytest.mark.parametrize("centre", [3.0, 3.2, 3.5, 2.6])
def test_the_top_of_a_parabola_is_found_exactly(centre: float) -> None:
    values = 0.9 - 0.05 * (np.arange(7) - centre) ** 2
    assert find(values) == pytest.approx([centre])


def test_peaks_below_the_threshold_are_none() -> None:
    assert find([0.0, 0.4, 0.0, 0.6, 0.0]) == [3.0]


def test_the_first_and_the_last_frame_may_be_peaks() -> None:
    assert find([0.9, 0.1, 0.1, 0.8]) == [0.0, 3.0]
    assert find([0.9]) == [0.0]
    assert find([]) == []


def test_of_equal_frames_the_middle_is_the_peak_and_a_shoulder_is_none() -> None:
    assert find([0.0, 0.8, 0.8, 0.8, 0.0]) == [2.0]
    assert find([0.0, 0.8, 0.8, 0.9, 0.0]) == pytest.approx([3.0 - 0.4])


def test_of_close_peaks_the_highest_stays() -> None:
    values = [0, 0.7, 0, 0.9, 0, 0.8, 0, 0, 0.6, 0]
    assert find(values, spacing=2.5) == [3.0, 8.0]
    assert find(values, spacing=2.0) == [1.0, 3.0, 5.0, 8.0]


@pytest.mark.parametrize("seed", range(20))
def test_a_higher_threshold_only_takes_peaks_away(seed: int) -> None:
    values = np.round(np.random.default_rng(seed).random(60), 2)
    low, high = (find(values, threshold, spacing=4.0) for threshold in (0.3, 0.8))
    assert set(high) <= set(low)
    assert all(after - before >= 4.0 for before, after in itertools.pairwise(low))
