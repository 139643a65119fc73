"""Frequencies and times of an image, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.sources.spectrograms import (
    SpectrogramConfig,
    compute_image_frequencies,
    compute_image_times,
    hz_to_mel,
    mel_to_hz,
)


def test_mel_is_the_usual_formula_and_has_an_inverse() -> None:
    assert hz_to_mel(700.0) == pytest.approx(1127.0 * np.log(2.0))
    frequencies_hz = np.array([0.0, 440.0, 1000.0, 120_000.0])
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(frequencies_hz)), frequencies_hz, atol=1e-9)


@pytest.mark.parametrize("axis", ["linear", "mel"])
def test_rows_go_from_the_lowest_to_the_highest_frequency_in_equal_steps(axis: str) -> None:
    frequencies_hz = compute_image_frequencies(SpectrogramConfig(frequency_axis=axis, low_hz=300.0, high_hz=8000.0))
    assert (frequencies_hz[0], frequencies_hz[-1]) == pytest.approx((300.0, 8000.0))
    assert frequencies_hz.max() <= 8000.0
    steps = np.diff(hz_to_mel(frequencies_hz) if axis == "mel" else frequencies_hz)
    np.testing.assert_allclose(steps, steps[0])


@pytest.mark.parametrize("ratio", [0.01, 0.05, 0.25, 0.5, 1.0])
@pytest.mark.parametrize("stretch", ["none", "sqrt", "ava"])
def test_the_segment_is_centred_and_fills_its_share(stretch: str, ratio: float) -> None:
    share = {"none": ratio, "sqrt": np.sqrt(ratio), "ava": ratio / (1 + ratio - np.sqrt(ratio))}[stretch]
    config = SpectrogramConfig(stretch=stretch, max_duration_s=0.2)
    onset_s, offset_s = 3.0, 3.0 + 0.2 * ratio
    times_s = compute_image_times(np.array([[onset_s, offset_s]]), config)[0]
    assert (offset_s - onset_s) / (times_s[-1] - times_s[0]) == pytest.approx(share)
    assert times_s.mean() == pytest.approx((onset_s + offset_s) / 2)


def test_a_segment_longer_than_the_image_shows_its_middle() -> None:
    times_s = compute_image_times(np.array([[1.0, 1.4]]), SpectrogramConfig(stretch="none", max_duration_s=0.2))[0]
    assert (times_s[0], times_s[-1]) == pytest.approx((1.1, 1.3))
