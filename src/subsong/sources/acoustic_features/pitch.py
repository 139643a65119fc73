"""Pitch of a frame: the lag at which it repeats itself best.

The autocorrelation of the tapered frame is divided by that of the taper (Boersma 1993), so that a strictly periodic
sound has the value 1 at its period; it is sampled four times as finely as the sound, for pitches near half the sample
rate. Among its peaks the highest counts, shorter lags being preferred a little.

Legend: F = frames, K = frequency bins inside the band, Q = lags, in quarters of a sample, P = peaks of all frames.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.acoustic_features.config import MIN_PERIODS, AcousticFeatureConfig
from subsong.sources.acoustic_features.frames import FrameSizes, build_tapers

_FINER = 4
_OCTAVE_COST = 0.01
"""What a lag twice as long must have more (Boersma 1993): all multiples of a period repeat equally well."""


def compute_pitch(
    power_FK: np.ndarray, length_F: np.ndarray, sizes: FrameSizes, config: AcousticFeatureConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Return pitch in Hz and periodicity (0: noise, 1: strictly periodic) of frames, NaN where there is no peak.

    Parameters
    ----------
    power_FK
        Squared magnitudes under the even taper, inside the band.
    length_F
        Samples of each frame. Periods longer than a third of the frame are not looked for.
    sizes, config
        How the frames were made, and where pitch may lie.
    """
    fine_rate_hz = sizes.sample_rate_hz * _FINER
    num_lags = int(fine_rate_hz / config.pitch_low_hz) + 2
    correlation_FQ = _correlate(power_FK, sizes, num_lags)
    lengths, kind_F = np.unique(length_F, return_inverse=True)
    taper_AQ = np.stack([_correlate_taper(int(length), sizes, num_lags) for length in lengths])
    lag_Q = np.arange(num_lags)
    shortest = fine_rate_hz / (config.pitch_high_hz or sizes.frequency_hz_K[-1])
    allowed_AQ = (lag_Q >= shortest - 0.5) & (lag_Q * MIN_PERIODS <= lengths[:, None] * _FINER)
    divisor_AQ = np.where(allowed_AQ, np.maximum(taper_AQ, 1e-3), np.nan)
    correlation_FQ /= divisor_AQ if len(lengths) == 1 else divisor_AQ[kind_F]
    return _find_peak(correlation_FQ, fine_rate_hz)


def _correlate(power_FK: np.ndarray, sizes: FrameSizes, num_lags: int) -> np.ndarray:
    """Return the autocorrelation over its value at lag 0, shape (F, Q); 0 for silence."""
    from scipy.fft import irfft

    num_bins = sizes.num_fft // 2 + 1
    whole_FK = np.zeros((len(power_FK), num_bins))
    whole_FK[:, sizes.band] = power_FK
    correlation_FQ = irfft(whole_FK, sizes.num_fft * _FINER)[:, :num_lags]
    correlation: np.ndarray = correlation_FQ / np.maximum(correlation_FQ[:, :1], np.finfo(float).tiny)
    return correlation


def _correlate_taper(length: int, sizes: FrameSizes, num_lags: int) -> np.ndarray:
    from scipy.fft import rfft

    whole = sizes._replace(band=slice(0, sizes.num_fft // 2 + 1))
    taper_1W = build_tapers(length, sizes.window)[:1]
    correlation: np.ndarray = _correlate(np.abs(rfft(taper_1W, sizes.num_fft)) ** 2, whole, num_lags)[0]
    return correlation


def _find_peak(correlation_FQ: np.ndarray, fine_rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the frequency and the height of each row's best local maximum, between the lags by a parabola."""
    here_FQ = correlation_FQ[:, 1:-1]
    # NaN, where no pitch may lie, is no neighbour of a peak: comparisons with it are false.
    is_peak_FQ = (here_FQ >= correlation_FQ[:, :-2]) & (here_FQ > correlation_FQ[:, 2:]) & (here_FQ > 0)
    row_P, lag_P = np.nonzero(is_peak_FQ)
    lag_P += 1
    before_P, here_P, after_P = (correlation_FQ[row_P, lag_P + step] for step in (-1, 0, 1))
    shift_P = 0.5 * (before_P - after_P) / (before_P - 2 * here_P + after_P)
    height_P = here_P - 0.25 * (before_P - after_P) * shift_P
    # By row, the best first, of equals the shortest lag.
    order_P = np.lexsort((lag_P, _OCTAVE_COST * np.log2(lag_P) - height_P, row_P))
    row, first = np.unique(row_P[order_P], return_index=True)
    best = order_P[first]
    pitch_hz_F, height_F = np.full((2, len(correlation_FQ)), np.nan)
    pitch_hz_F[row] = fine_rate_hz / (lag_P[best] + shift_P[best])
    height_F[row] = np.minimum(height_P[best], 1.0)
    return pitch_hz_F, height_F
