"""Black and white chosen from the data."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import stft
from tests.sources.spectrograms.sounds import RATE_HZ, make_noise

from subsong.core.errors import SubsongError
from subsong.sources.spectrograms import SpectrogramConfig, SpectrogramMaker, fit_range

CONFIG = SpectrogramConfig(low_percentile=30.0, high_percentile=98.0)
SEGMENTS_S = np.array([[0.2, 0.4], [1.0, 1.3], [1.5, 1.6]])


def fit(*recordings: tuple[np.ndarray, np.ndarray], config: SpectrogramConfig = CONFIG, **options: int):
    return fit_range(recordings, config, RATE_HZ, **options)


def test_the_range_is_the_percentiles_of_the_log_magnitudes() -> None:
    samples, hop_size = make_noise(), 256
    whole_band = {"low_hz": 0.0, "high_hz": 16_000.0, "num_freq_bins": 257}  # each row is one bin of the STFT
    fitted = fit((samples, SEGMENTS_S[:1] + 0.016), config=CONFIG.model_copy(update=whole_band))
    _, _, spectrum = stft((samples - samples.mean()) * 32768.0, nperseg=512, noverlap=512 - hop_size)
    frames = range(round(0.216 * RATE_HZ / hop_size), round(0.416 * RATE_HZ / hop_size))
    # The mean of the segment differs from that of the recording: the first two bins are left out of account by this.
    expected = np.percentile(np.log(np.abs(spectrum[:, frames])), [30.0, 98.0])
    assert (fitted.log_low, fitted.log_high) == pytest.approx(tuple(expected), abs=0.03)


def test_what_is_set_stays() -> None:
    assert fit((make_noise(), SEGMENTS_S), config=CONFIG.model_copy(update={"log_low": 1.0})).log_low == 1.0
    both = CONFIG.model_copy(update={"log_low": 1.0, "log_high": 2.0})
    assert fit(config=both) == both


def test_the_order_of_recordings_does_not_matter_where_all_segments_count() -> None:
    recordings = [(make_noise(seed=seed, level=level), SEGMENTS_S) for seed, level in enumerate((0.01, 0.02, 0.1))]
    assert fit(*recordings) == fit(*recordings[::-1])


def test_the_same_seed_draws_the_same_segments() -> None:
    onset_s = np.arange(0.0, 1.9, 0.01)
    recording = (
        make_noise() * np.linspace(0.01, 1.0, 2 * RATE_HZ, dtype=np.float32),
        np.stack([onset_s, onset_s + 0.03], 1),
    )
    first, again, other = (fit(recording, max_segments=5, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_segments_outside_silent_or_not_finite_do_not_count() -> None:
    samples = make_noise()
    expected = fit((samples, SEGMENTS_S))
    broken, silent = samples.copy(), np.zeros(RATE_HZ, np.float32)
    broken[:] = np.nan
    more = np.concatenate([SEGMENTS_S, [[5.0, 6.0], [0.3, 0.3], [np.nan, 1.0]]])
    assert fit((samples, more), (broken, SEGMENTS_S), (silent, SEGMENTS_S), (samples, np.zeros((0, 2)))) == expected


@pytest.mark.parametrize("samples", [np.zeros(2 * RATE_HZ, np.float32), np.full(2 * RATE_HZ, np.nan, np.float32)])
def test_nothing_to_choose_from_is_said(samples: np.ndarray) -> None:
    with pytest.raises(SubsongError, match="none of the recordings has a segment with sound"):
        fit((samples, SEGMENTS_S))


def test_images_of_a_fitted_range_use_it() -> None:
    samples = make_noise()
    fitted = fit((samples, SEGMENTS_S))
    images = SpectrogramMaker(fitted.model_copy(update={"stretch": "none"}), RATE_HZ).compute(samples, SEGMENTS_S)
    assert images.images_NFT.eq(0.0).float().mean().item() == pytest.approx(0.3, abs=0.05)
    assert images.images_NFT.eq(1.0).float().mean().item() == pytest.approx(0.02, abs=0.02)
