"""The shape of a segment's mean power spectrum.

Legend: N = segments, K = frequency bins inside the band.
"""

from __future__ import annotations

import numpy as np

_SHARES = (0.05, 0.95)


def compute_spectral_shape(power_NK: np.ndarray, frequency_hz_K: np.ndarray) -> dict[str, np.ndarray]:
    """Return centre, peak, spread, the band of the middle 90 % of energy and the slope of spectra, by column name.

    Parameters
    ----------
    power_NK
        Power in each bin; a row of zeros, silence, has NaN everywhere.
    frequency_hz_K
        Of the bins, evenly spaced.
    """
    step_hz = frequency_hz_K[1] - frequency_hz_K[0]
    with np.errstate(divide="ignore", invalid="ignore"):
        share_NK = power_NK / power_NK.sum(axis=1, keepdims=True)
        mean_hz_N = (share_NK * frequency_hz_K).sum(axis=1)
        spread_hz_N = np.sqrt((share_NK * (frequency_hz_K - mean_hz_N[:, None]) ** 2).sum(axis=1))
        level_NK = 10 * np.log10(share_NK)
    low_hz_N, high_hz_N = (_find_quantile(share_NK, frequency_hz_K[0], step_hz, share) for share in _SHARES)
    return {
        "mean_frequency_hz": mean_hz_N,
        "peak_frequency_hz": _find_peak(share_NK, frequency_hz_K),
        "bandwidth_hz": spread_hz_N,
        "energy_low_hz": low_hz_N,
        "energy_high_hz": high_hz_N,
        "spectral_slope_db_per_khz": _compute_slope(level_NK, frequency_hz_K / 1000),
    }


def _find_quantile(share_NK: np.ndarray, first_hz: float, step_hz: float, share: float) -> np.ndarray:
    """Return the frequency below which `share` of the energy lies, each bin's spread evenly over its width."""
    total_NK = np.cumsum(share_NK, axis=1)
    bin_N = np.minimum((total_NK < share).sum(axis=1), share_NK.shape[1] - 1)
    row_N = np.arange(len(share_NK))
    with np.errstate(divide="ignore", invalid="ignore"):
        part_N = (share - (total_NK - share_NK)[row_N, bin_N]) / share_NK[row_N, bin_N]
    quantile: np.ndarray = first_hz + step_hz * (bin_N - 0.5 + np.minimum(part_N, 1.0))
    return quantile


def _find_peak(share_NK: np.ndarray, frequency_hz_K: np.ndarray) -> np.ndarray:
    """Return the mean frequency of the highest peak down to a tenth of it: tapers make its top flat."""
    highest_N1 = np.argmax(share_NK, axis=1)[:, None]
    is_high_NK = share_NK >= 0.1 * np.take_along_axis(share_NK, highest_N1, axis=1)
    # Bins of one run of high bins share the number of low bins before them.
    low_before_NK = np.cumsum(~is_high_NK, axis=1)
    is_peak_NK = is_high_NK & (low_before_NK == np.take_along_axis(low_before_NK, highest_N1, axis=1))
    weight_NK = np.where(is_peak_NK, share_NK, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        peak_hz: np.ndarray = (weight_NK * frequency_hz_K).sum(axis=1) / weight_NK.sum(axis=1)
    return peak_hz


def _compute_slope(level_NK: np.ndarray, frequency_khz_K: np.ndarray) -> np.ndarray:
    """Return the slope of the line of least squares through the levels."""
    centred_K = frequency_khz_K - frequency_khz_K.mean()
    slope: np.ndarray = (level_NK * centred_K).sum(axis=1) / (centred_K**2).sum()
    return slope
