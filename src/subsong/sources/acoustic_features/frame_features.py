"""What is measured in each frame of a segment.

Time and frequency derivatives come from the even and the odd taper, as in Sound Analysis Pro (Tchernichovski,
Nottebohm, Ho, Pesaran & Mitra 2000): with spectra A and B, the real part of ``conj(A) B`` follows the change of power
in time, the imaginary part that in frequency.

Legend: F = frames, K = frequency bins inside the band, M = bins of the cepstrum.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.sources.acoustic_features.config import MIN_PERIODS, AcousticFeatureConfig
from subsong.sources.acoustic_features.frames import Frames, FrameSizes, FrameSpectra, build_tapers
from subsong.sources.acoustic_features.pitch import compute_pitch

_SILENCE = 1e-18
"""Mean square below which a frame is silent: -180 dB, far below the step of 24-bit files."""
_RANGE = 1e-6
"""Power below the frame's highest that still counts in the cepstrum: 60 dB."""


class FrameFeatures(NamedTuple):
    """Measures of frames, shape (F,) each; NaN where there is no such thing, in silence for example.

    Attributes
    ----------
    power
        Mean square of the sound inside the band, in units of full scale squared.
    centroid_hz
        Mean frequency, weighted by power.
    entropy
        Wiener entropy: logarithm of the geometric over the arithmetic mean of power; 0 is white, -inf a pure tone.
        White noise measured with two tapers has -0.270.
    fm_deg
        Frequency modulation: arctan of the largest squared time derivative over the largest squared frequency
        derivative, 0 for a steady tone, 90 for a click.
    am_per_s
        Amplitude modulation: time derivative over power, both summed over the band; the growth of the logarithm of
        power, a second.
    pitch_hz, periodicity
        See pitch.py; no pitch where periodicity is too low.
    pitch_goodness_db
        Highest ripple of the spectrum in dB at a spacing where pitch may lie (peak of the cepstrum).
    """

    power: np.ndarray
    centroid_hz: np.ndarray
    entropy: np.ndarray
    fm_deg: np.ndarray
    am_per_s: np.ndarray
    pitch_hz: np.ndarray
    periodicity: np.ndarray
    pitch_goodness_db: np.ndarray


def compute_frame_features(
    spectra: FrameSpectra, frames: Frames, sizes: FrameSizes, config: AcousticFeatureConfig
) -> FrameFeatures:
    """Return the features of a block of frames."""
    power_FK = spectra.power_FK
    power_F = power_FK.sum(axis=1)
    mean_square_F = 2.0 * power_F / sizes.num_fft
    audible_F = mean_square_F > _SILENCE
    cross_FK = np.conj(spectra.even_FK) * spectra.odd_FK
    pitch_hz_F, periodicity_F = compute_pitch(spectra.even_power_FK, frames.length_F, sizes, config)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_FK = np.log(power_FK)
        measured = {
            "centroid_hz": (power_FK * sizes.frequency_hz_K).sum(axis=1) / power_F,
            "entropy": log_FK.mean(axis=1) - np.log(power_FK.mean(axis=1)),
            "fm_deg": _compute_fm(cross_FK),
            "am_per_s": cross_FK.real.sum(axis=1) / power_F / _compute_lever(frames.length_F, sizes),
            "pitch_hz": np.where(periodicity_F >= config.min_periodicity, pitch_hz_F, np.nan),
            # Where nothing repeats, no lag has a peak: this is what noise is.
            "periodicity": np.nan_to_num(periodicity_F),
            "pitch_goodness_db": _compute_goodness(log_FK, frames.length_F, sizes, config),
        }
    heard = {name: np.where(audible_F & np.isfinite(value), value, np.nan) for name, value in measured.items()}
    return FrameFeatures(power=mean_square_F, **heard)


def _compute_fm(cross_FK: np.ndarray) -> np.ndarray:
    angle = np.arctan2((cross_FK.real**2).max(axis=1), (cross_FK.imag**2).max(axis=1))
    degrees: np.ndarray = np.rad2deg(angle)
    return degrees


def _compute_lever(length_F: np.ndarray, sizes: FrameSizes) -> np.ndarray:
    """Return what turns the time derivative into a growth a second: the sum of time times both tapers, in seconds.

    For a sound whose power grows by g a second, ``sum_t even odd x^2 = g sum_t t even odd`` to first order.
    """
    lengths, kind_F = np.unique(length_F, return_inverse=True)
    time_W = np.arange(sizes.window) / sizes.sample_rate_hz
    levers = [np.sum(time_W * np.prod(build_tapers(int(length), sizes.window), axis=0)) for length in lengths]
    return np.array(levers)[kind_F]


def _compute_goodness(
    log_FK: np.ndarray, length_F: np.ndarray, sizes: FrameSizes, config: AcousticFeatureConfig
) -> np.ndarray:
    """Return the height of the peak of the cepstrum in dB from natural logarithms of power, shape (F,)."""
    from scipy.fft import next_fast_len, rfft

    num_bins = log_FK.shape[1]
    level_FK = np.maximum(log_FK, np.log(_RANGE) + log_FK.max(axis=1, keepdims=True))
    level_FK *= 10 / np.log(10)
    num_fft = next_fast_len(2 * num_bins, real=True)
    period_s_M = np.arange(num_fft // 2 + 1) * (sizes.num_fft / sizes.sample_rate_hz / num_fft)
    band_hz = sizes.frequency_hz_K[-1] - sizes.frequency_hz_K[0]
    # Of harmonics fewer than three fit in the band below this spacing: it would be the shape of the spectrum.
    shortest_s = max(MIN_PERIODS / band_hz, 1 / (config.pitch_high_hz or np.inf))
    longest_s_F = np.minimum(1 / config.pitch_low_hz, length_F / MIN_PERIODS / sizes.sample_rate_hz)
    wanted = slice(*np.searchsorted(period_s_M, [shortest_s, np.nextafter(longest_s_F.max(), np.inf)]))
    ripple_FM = 2 * np.abs(rfft(_remove_line(level_FK), num_fft)[:, wanted]) / num_bins
    allowed_FM = period_s_M[wanted] <= longest_s_F[:, None]
    goodness: np.ndarray = np.where(allowed_FM, ripple_FM, -np.inf).max(axis=1, initial=-np.inf)
    return goodness


def _remove_line(level_FK: np.ndarray) -> np.ndarray:
    """Return each row without its line of least squares, which would leak into the cepstrum."""
    place_K = np.linspace(-1, 1, level_FK.shape[1])
    slope_F1 = (level_FK * place_K).sum(axis=1, keepdims=True) / (place_K**2).sum()
    rest: np.ndarray = level_FK - level_FK.mean(axis=1, keepdims=True) - slope_F1 * place_K
    return rest
