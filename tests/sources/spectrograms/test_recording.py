"""Spectrograms of whole recordings, against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import stft as scipy_stft
from tests.sources.spectrograms.sounds import RATE_HZ, make_noise

from subsong.sources.spectrograms import SpectrogramConfig, compute_log_spectrogram, stft


@pytest.mark.parametrize(("window_size", "hop_size"), [(512, 256), (300, 70)])
def test_the_spectrogram_of_a_recording_is_scipys(
    window_size: int, hop_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stft, "_SAMPLES_A_BLOCK", 7 * window_size)
    config = SpectrogramConfig(window_size=window_size, hop_size=hop_size, low_hz=0.0, high_hz=16_000.0)
    samples = make_noise(1.2345)
    centred = (samples - samples.mean(dtype=np.float64)) * 32768.0
    f, t, spectrum = scipy_stft(centred, RATE_HZ, nperseg=window_size, noverlap=window_size - hop_size)
    found = compute_log_spectrogram(samples, RATE_HZ, config)
    np.testing.assert_allclose(found.frequencies_hz_B, f)
    np.testing.assert_allclose(found.times_s_K, t)
    assert found.values_BK.dtype == np.float32
    np.testing.assert_allclose(found.values_BK, np.log(np.abs(spectrum) + 1e-12), atol=2e-4)


def test_only_the_band_is_kept() -> None:
    found = compute_log_spectrogram(make_noise(), RATE_HZ, SpectrogramConfig(low_hz=1000.0, high_hz=2000.0))
    assert 937.5 <= found.frequencies_hz_B[0] <= 1000.0
    assert 2000.0 <= found.frequencies_hz_B[-1] <= 2062.5
    assert found.values_BK.shape == (len(found.frequencies_hz_B), len(found.times_s_K))


def test_an_empty_recording_has_no_frames() -> None:
    found = compute_log_spectrogram(np.zeros(0, np.float32), RATE_HZ, SpectrogramConfig())
    assert found.values_BK.shape == (len(found.frequencies_hz_B), 0)
