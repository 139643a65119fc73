from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import chirp, stft
from tests.sources.segmentation.sounds import RATE_HZ

from subsong.core.errors import SubsongError
from subsong.sources.segmentation.reading import ArrayReader
from subsong.sources.segmentation.template import (
    TemplateSegmentation,
    compute_correlation,
    fit_template,
    segment_template,
)

CONFIG = TemplateSegmentation(hop_size=128)


def make_sweep(gain: float = 1.0) -> np.ndarray:
    time_s = np.arange(3200) / RATE_HZ
    return (gain * 0.05 * chirp(time_s, 2000, 0.1, 6000) * np.hanning(3200)).astype(np.float32)


def place(sounds: dict[float, np.ndarray], total_s: float = 3.0, noise: float = 2e-4) -> np.ndarray:
    samples = np.random.default_rng(1).normal(0, noise, round(total_s * RATE_HZ)).astype(np.float32)
    for onset_s, sound in sounds.items():
        start = round(onset_s * RATE_HZ)
        samples[start : start + len(sound)] += sound
    return samples


def test_correlation_is_the_cosine_of_mean_free_windows() -> None:
    samples = place({0.2: make_sweep()}, 0.5, noise=5e-3)
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    spec = compute_spec(samples)
    num = len(template.spec_WF)
    starts = range(20, len(spec) - num - 20)
    expected = [np.corrcoef(spec[start : start + num].ravel(), template.spec_WF.ravel())[0, 1] for start in starts]
    found = compute_correlation(ArrayReader(samples, RATE_HZ), template, CONFIG)
    np.testing.assert_allclose(found[starts], expected, atol=1e-5)


def compute_spec(samples: np.ndarray) -> np.ndarray:
    """Return the spectrogram of the frames inside, as `CONFIG` describes it, by SciPy."""
    overlap = CONFIG.window_size - CONFIG.hop_size
    settings = {"nperseg": CONFIG.window_size, "noverlap": overlap, "boundary": None, "padded": False}
    frequency, _, spectrum = stft(samples * np.float32(CONFIG.amplitude_scale), RATE_HZ, **settings)
    spec = np.log(np.abs(spectrum.T) + 1e-9)[:, (frequency >= CONFIG.low_hz) & (frequency < CONFIG.high_hz)]
    return np.clip((spec - CONFIG.log_low) / (CONFIG.log_high - CONFIG.log_low), 0, 1)


def test_blocks_leave_no_seams() -> None:
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    onsets = np.arange(0.15, 19.5, 0.2371)
    found = segment_template(place(dict.fromkeys(onsets, make_sweep()), 20.0), RATE_HZ, template, CONFIG)
    assert len(found.trace) > 2 * 2048
    np.testing.assert_allclose(found.segments[:, 0], onsets, atol=0.004)


def test_quiet_copies_are_found_like_loud_ones() -> None:
    template = fit_template([make_sweep(), make_sweep(0.8)], RATE_HZ, CONFIG)
    found = segment_template(place({0.3: make_sweep(4), 1.0: make_sweep(0.5)}), RATE_HZ, template, CONFIG)
    np.testing.assert_allclose(found.segments[:, 0], [0.3, 1.0], atol=0.006)
    np.testing.assert_allclose(np.diff(found.segments, axis=1), 0.1, atol=0.005)
    assert (found.scores <= 1).all()


def test_of_close_detections_the_best_is_kept() -> None:
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    noisy = make_sweep() + np.random.default_rng(0).normal(0, 0.01, 3200).astype(np.float32)
    samples = place({0.5: noisy, 0.7: make_sweep()})
    config = CONFIG.model_copy(update={"min_distance_s": 0.3, "min_correlation": 0.4})
    both = segment_template(samples, RATE_HZ, template, config.model_copy(update={"min_distance_s": 0.05}))
    one = segment_template(samples, RATE_HZ, template, config)
    assert len(both.segments) == 2
    np.testing.assert_allclose(one.segments[:, 0], [0.7], atol=0.006)


def test_copies_at_both_ends_are_found() -> None:
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    found = segment_template(place({0.0: make_sweep(), 2.9: make_sweep()}), RATE_HZ, template, CONFIG)
    np.testing.assert_allclose(found.segments[:, 0], [0, 2.9], atol=0.004)


def test_silence_and_what_is_too_short_hold_nothing() -> None:
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    for num_samples in (0, 100, 3000, 40_000):
        assert segment_template(np.zeros(num_samples, np.float32), RATE_HZ, template, CONFIG).segments.shape == (0, 2)


def test_another_rate_is_refused() -> None:
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    with pytest.raises(SubsongError, match="44100 Hz and the template 32000 Hz"):
        segment_template(place({}), 44_100, template, CONFIG)


def test_another_band_is_refused() -> None:
    template = fit_template([make_sweep()], RATE_HZ, CONFIG)
    with pytest.raises(SubsongError, match="same window_size, low_hz and high_hz"):
        segment_template(place({}), RATE_HZ, template, CONFIG.model_copy(update={"high_hz": 8000.0}))


@pytest.mark.parametrize(
    ("exemplars", "message"),
    [([], "one exemplar at least"), ([np.zeros(9)], "exemplar 0 has 9"), ([np.zeros(2000)], "no contrast")],
)
def test_exemplars_that_make_no_template_are_refused(exemplars: list[np.ndarray], message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        fit_template(exemplars, RATE_HZ, CONFIG)
