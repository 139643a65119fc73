"""Acoustic features of sounds whose features are known."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.sources.acoustic_features import FEATURE_COLUMNS, AcousticFeatureConfig, compute_acoustic_features

RATE = 32000
TIME_T = np.arange(RATE // 5) / RATE
WHOLE = np.array([[0.0, 0.2]])
MOUSE = AcousticFeatureConfig(window_s=0.004, low_hz=30e3, high_hz=110e3, pitch_low_hz=30e3)


def measure(samples: np.ndarray, rate: int = RATE, segments_s=WHOLE, config=None) -> dict[str, float]:
    return compute_acoustic_features(samples.astype(np.float32), rate, segments_s, config).row(0, named=True)


def tone(frequency_hz: float, amplitude: float = 0.5) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * frequency_hz * TIME_T)


def harmonics(frequency_hz: float, number: int = 10) -> np.ndarray:
    return sum(tone(frequency_hz * k, 0.3 / k) for k in range(1, number + 1))


def noise(seed: int = 0, num_samples: int = len(TIME_T)) -> np.ndarray:
    return 0.1 * numpy_generator(seed, "white").standard_normal(num_samples)


@pytest.mark.parametrize("frequency_hz", [500.0, 1234.5, 4000.0, 7919.0, 13000.0])
def test_a_tone_has_its_frequency_as_pitch_peak_and_mean(frequency_hz: float) -> None:
    row = measure(tone(frequency_hz))
    assert row["mean_pitch_hz"] == pytest.approx(frequency_hz, rel=2e-3)
    assert row["peak_frequency_hz"] == pytest.approx(frequency_hz, abs=10)
    assert row["mean_frequency_hz"] == pytest.approx(frequency_hz, rel=0.01, abs=10)
    assert row["mean_periodicity"] > 0.98
    assert row["mean_entropy"] < -5


def test_amplitude_is_the_root_mean_square_in_db_of_full_scale() -> None:
    assert measure(tone(2000, 0.5))["amplitude_db"] == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.02)
    assert measure(tone(100, 0.5) + tone(2000, 0.05))["amplitude_db"] == pytest.approx(-29.03, abs=1.5)


@pytest.mark.parametrize("fundamental_hz", [420.0, 650.0, 1000.0])
def test_a_harmonic_stack_has_the_pitch_of_its_fundamental_and_high_goodness(fundamental_hz: float) -> None:
    row = measure(harmonics(fundamental_hz))
    assert row["mean_pitch_hz"] == pytest.approx(fundamental_hz, rel=3e-3)
    assert row["pitch_variance_hz2"] < 1.0
    assert row["mean_periodicity"] > 0.98
    assert row["mean_pitch_goodness_db"] > 2 * measure(noise())["mean_pitch_goodness_db"]


def test_a_stack_without_its_fundamental_keeps_the_pitch() -> None:
    assert measure(harmonics(800) - tone(800, 0.3))["mean_pitch_hz"] == pytest.approx(800, rel=3e-3)


def test_white_noise_has_the_entropy_that_theory_expects_of_two_tapers() -> None:
    # log of a mean of two exponential variables: E = digamma(2) - log 2
    rows = compute_acoustic_features(noise(num_samples=20 * RATE), RATE, np.array([[0.0, 20.0]]))
    assert rows["mean_entropy"][0] == pytest.approx(0.42278 - np.log(2), abs=0.015)


def test_white_noise_has_no_pitch_low_periodicity_and_the_whole_band() -> None:
    row = measure(noise())
    assert row["mean_periodicity"] < 0.45
    assert row["mean_frequency_hz"] == pytest.approx((300 + 16000) / 2, rel=0.05)
    assert row["bandwidth_hz"] == pytest.approx((16000 - 300) / np.sqrt(12), rel=0.05)
    assert row["energy_low_hz"] == pytest.approx(300 + 0.05 * 15700, abs=250)
    assert row["energy_high_hz"] == pytest.approx(300 + 0.95 * 15700, abs=250)
    assert row["spectral_slope_db_per_khz"] == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("rate_hz_per_s", [20e3, -15e3])
def test_a_chirp_has_its_slope(rate_hz_per_s: float) -> None:
    chirp = 0.5 * np.sin(2 * np.pi * (6000 * TIME_T + rate_hz_per_s / 2 * TIME_T**2))
    row = measure(chirp)
    assert row["frequency_slope_hz_per_s"] == pytest.approx(rate_hz_per_s, rel=0.02)
    assert row["mean_pitch_hz"] == pytest.approx(6000 + rate_hz_per_s * 0.1, rel=0.01)


def test_frequency_modulation_grows_from_a_tone_over_chirps_to_a_click() -> None:
    slopes = [0, 5e3, 10e3, 20e3, 40e3]
    angles = []
    for slope in slopes:
        time_T = np.arange(320) / RATE - 0.005
        sound = 0.5 * np.sin(2 * np.pi * (8000 * time_T + slope / 2 * time_T**2))
        angles.append(measure(sound, segments_s=np.array([[0.0, 0.01]]))["mean_fm_deg"])
    click = np.zeros(320)
    click[100] = 0.5
    angles.append(measure(click, segments_s=np.array([[0.0, 0.01]]))["mean_fm_deg"])
    assert angles[0] < 1
    assert all(np.diff(angles) > 0)
    assert angles[-1] > 85


def test_a_growing_tone_has_the_growth_of_its_power_as_amplitude_modulation() -> None:
    row = measure(np.exp(15 * TIME_T) * tone(4000, 0.01))
    assert row["mean_am_per_s"] == pytest.approx(30, rel=0.02)
    assert row["peak_time_s"] == pytest.approx(0.195, abs=0.002)
    assert measure(np.exp(-15 * TIME_T) * tone(4000, 0.5))["mean_am_per_s"] == pytest.approx(-30, rel=0.02)


def test_an_amplitude_modulated_tone_has_the_root_mean_square_of_its_modulation() -> None:
    depth, rate_hz = 0.2, 10.0
    phase_T = 2 * np.pi * rate_hz * TIME_T
    row = measure((1 + depth * np.sin(phase_T)) * tone(4000, 0.3))
    expected_T = 2 * depth * 2 * np.pi * rate_hz * np.cos(phase_T) / (1 + depth * np.sin(phase_T))
    assert row["rms_am_per_s"] == pytest.approx(np.sqrt(np.mean(expected_T**2)), rel=0.05)
    assert measure(tone(4000))["rms_am_per_s"] < 0.05 * row["rms_am_per_s"]


def test_the_slope_of_the_spectrum_is_found() -> None:
    num_samples = len(TIME_T)
    frequency_khz = np.fft.rfftfreq(num_samples, 1 / RATE) / 1000
    phase = numpy_generator(1, "phase").uniform(0, 2 * np.pi, len(frequency_khz))
    sound = np.fft.irfft(10 ** (-2.5 * frequency_khz / 20) * np.exp(1j * phase), num_samples)
    assert measure(sound / np.abs(sound).max())["spectral_slope_db_per_khz"] == pytest.approx(-2.5, rel=0.03)


def test_an_echo_gives_the_ripple_that_theory_expects() -> None:
    # log |1 + g exp(-i w t)|^2 has the first harmonic 2 g cos(w t): 8.69 g dB
    time_T = np.zeros(320)
    time_T[75], time_T[95] = 0.5, 0.5 * 0.3
    row = measure(time_T, segments_s=np.array([[0.0, 0.01]]))
    assert row["mean_pitch_goodness_db"] == pytest.approx(20 / np.log(10) * 0.3, rel=0.15)


def test_mouse_calls_at_250_khz_are_measured() -> None:
    rate = 250000
    time_T = np.arange(rate // 20) / rate
    call = 0.05 * np.sin(2 * np.pi * (60e3 * time_T + 200e3 * time_T**2)) + 0.5 * np.sin(2 * np.pi * 500 * time_T)
    row = measure(call, rate, np.array([[0.0, 0.05]]), MOUSE)
    assert row["mean_pitch_hz"] == pytest.approx(70e3, rel=0.01)
    assert row["frequency_slope_hz_per_s"] == pytest.approx(400e3, rel=0.02)
    assert row["energy_low_hz"] == pytest.approx(61e3, abs=600)
    assert row["energy_high_hz"] == pytest.approx(79e3, abs=600)


@pytest.mark.parametrize("num_samples", [2, 3, 10, 50, 200, 319])
def test_a_segment_shorter_than_a_frame_is_measured_as_far_as_it_goes(num_samples: int) -> None:
    row = measure(tone(4000), segments_s=np.array([[0.05, 0.05 + num_samples / RATE]]))
    assert row["duration_s"] == pytest.approx(num_samples / RATE)
    assert row["entropy_variance"] is None
    assert row["frequency_slope_hz_per_s"] is None
    assert not any(value is not None and not np.isfinite(value) for value in row.values())
    if num_samples >= 50:
        assert row["peak_frequency_hz"] == pytest.approx(4000, rel=0.05)
        assert row["mean_pitch_hz"] == pytest.approx(4000, rel=0.05)


def test_silence_one_sample_and_what_lies_outside_have_a_duration_and_nothing_else() -> None:
    samples = np.concatenate([tone(4000), np.full(RATE, 0.25)])
    segments = np.array([[0.5, 0.7], [0.05, 0.05 + 1 / RATE], [5.0, 5.1], [0.1, 0.1]])
    table = compute_acoustic_features(samples, RATE, segments)
    assert table.columns == list(FEATURE_COLUMNS)
    np.testing.assert_allclose(table["duration_s"], segments[:, 1] - segments[:, 0])
    nothing = table.drop("duration_s")
    assert all(nothing[name].null_count() == len(segments) for name in nothing.columns)


def test_samples_that_are_no_numbers_cost_only_their_own_segment(caplog: pytest.LogCaptureFixture) -> None:
    samples = tone(4000)
    samples[1000] = np.nan
    table = compute_acoustic_features(samples, RATE, np.array([[0.0, 0.05], [0.1, 0.2]]))
    assert table["mean_entropy"].is_null().to_list() == [True, False]
    assert "1 segments hold samples that are no numbers" in caplog.text


def test_any_grouping_of_the_segments_gives_the_same_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = noise(3, 4 * RATE) + np.tile(harmonics(700), 20)
    onset_N = numpy_generator(2, "onsets").uniform(0, 3, 40)
    segments = np.stack([onset_N, onset_N + numpy_generator(2, "lengths").uniform(0.001, 0.9, 40)], axis=1)
    whole = compute_acoustic_features(samples, RATE, segments)
    single = pl.concat([compute_acoustic_features(samples, RATE, segment[None]) for segment in segments])
    assert whole.equals(single)
    monkeypatch.setattr("subsong.sources.acoustic_features.table._GROUP", 7)
    assert whole.equals(compute_acoustic_features(samples, RATE, segments))


def test_no_segments_give_an_empty_table_with_all_columns() -> None:
    table = compute_acoustic_features(noise(), RATE, np.empty((0, 2)))
    assert table.shape == (0, len(FEATURE_COLUMNS))
    assert set(table.dtypes) == {pl.Float64}


@pytest.mark.parametrize(
    ("samples", "segments", "message"),
    [
        (np.zeros((2, 100)), WHOLE, "one channel"),
        (np.zeros(100), np.array([[0.0, 0.1], [0.3, 0.2]]), "row 1 of the segments has onset 0.3 s"),
        (np.zeros(100), np.array([0.0, 0.1, 0.2]), r"shape \(N, 2\)"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(samples: np.ndarray, segments: np.ndarray, message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        compute_acoustic_features(samples, RATE, segments)


def test_a_band_above_half_the_sample_rate_is_refused() -> None:
    with pytest.raises(SubsongError, match="below half the sample rate of the recording, 16000 Hz"):
        compute_acoustic_features(noise(), RATE, WHOLE, MOUSE)


@pytest.mark.parametrize(
    "settings",
    [{"low_hz": 9000, "high_hz": 8000}, {"pitch_low_hz": 900, "pitch_high_hz": 800}, {"pitch_low_hz": 100}],
)
def test_settings_that_contradict_each_other_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"should be below|raise one of them"):
        AcousticFeatureConfig(**settings)
