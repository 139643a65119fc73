"""Sound at another rate: the whole, its parts and its stream are one; nothing shifts and nothing drifts."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from scipy.signal import resample_poly

from subsong.sources.audio.resampling import Resampler, resample_stream

RATIOS = [Fraction(48, 25), Fraction(10_000, 11_025), Fraction(32_000, 250_000), Fraction(3, 1), Fraction(1, 7)]


def read(samples: np.ndarray, reach: range) -> np.ndarray:
    """Return samples of a sound that is silent beyond its ends."""
    before, after = max(0, -reach.start), max(0, reach.stop - len(samples))
    return np.pad(samples, (before, after))[reach.start + before : reach.stop + before]


def compute(samples: np.ndarray, ratio: Fraction, new: range) -> np.ndarray:
    resampler = Resampler(ratio)
    return resampler.compute(read(samples, resampler.find_reach(new)), new)


@pytest.mark.parametrize("ratio", RATIOS)
def test_any_stretch_equals_that_of_the_whole(ratio) -> None:
    samples = np.random.default_rng(0).normal(size=20_003).astype(np.float32)
    whole = resample_poly(samples, ratio.numerator, ratio.denominator)
    num_new = Resampler(ratio).count(len(samples))
    for new in (range(num_new), range(1), range(17, 1500), range(num_new - 100, num_new)):
        expected = np.pad(whole, (0, 1))[new.start : new.stop]
        assert np.array_equal(
            compute(samples, ratio, new)[: len(whole) - new.start], expected[: len(whole) - new.start]
        )


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_stream_is_resampled_as_the_whole_is(ratio, monkeypatch) -> None:
    monkeypatch.setattr("subsong.sources.audio.resampling._BLOCK_SAMPLES", 1000)
    samples = np.random.default_rng(0).normal(size=60_003).astype(np.float32)
    whole = resample_poly(samples, ratio.numerator, ratio.denominator)
    for cuts in ([], [5, 20_000, 20_001, 45_000], list(range(997, 60_000, 997))):
        streamed = np.concatenate(list(resample_stream(iter(np.split(samples, cuts)), ratio)))
        assert len(streamed) == Resampler(ratio).count(len(samples))
        num = min(len(streamed), len(whole))
        assert np.array_equal(streamed[:num], whole[:num])


@pytest.mark.parametrize(
    ("num", "ratio", "expected"), [(3, Fraction(1, 2), 2), (5, Fraction(2, 5), 2), (4, Fraction(1, 3), 1)]
)
def test_the_length_is_rounded_to_the_nearest_sample(num, ratio, expected) -> None:
    assert Resampler(ratio).count(num) == expected
    assert len(np.concatenate(list(resample_stream(iter([np.ones(num, np.float32)]), ratio)))) == expected


def test_after_an_hour_a_click_is_where_it_was_to_a_hundredth_of_a_sample() -> None:
    ratio, click = Fraction(10_000, 11_025), 3600 * 11_025 - 5000
    resampler = Resampler(ratio)
    new = range(round(click * ratio) - 40, round(click * ratio) + 41)
    reach = resampler.find_reach(new)
    held = np.zeros(len(reach), np.float32)
    held[click - reach.start] = 1.0
    heard = resampler.compute(held, new).astype(np.float64)
    middle = (heard * np.arange(new.start, new.stop)).sum() / heard.sum()
    assert middle / 10_000 == pytest.approx(click / 11_025, abs=1e-2 / 10_000)


def test_no_sound_stays_no_sound() -> None:
    assert list(resample_stream(iter([]), Fraction(2, 3))) == []
