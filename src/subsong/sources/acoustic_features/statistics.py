"""From the frames of a segment to one number: means, variances and trends.

Legend: N = segments, F = frames.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.acoustic_features.frame_features import FrameFeatures
from subsong.sources.acoustic_features.frames import Frames, FrameSizes


def compute_statistics(
    features: FrameFeatures, frames: Frames, bounds_N2: np.ndarray, sizes: FrameSizes
) -> dict[str, np.ndarray]:
    """Return columns of means, variances, root mean squares and trends; NaN where there is none.

    Parameters
    ----------
    features, frames
        Of all frames.
    bounds_N2
        First sample of each segment and the one after its last.
    sizes
        How the frames were made.
    """
    segment_F, num_segments = frames.segment_F, len(bounds_N2)
    time_s_F = (frames.start_F + 0.5 * frames.length_F - bounds_N2[segment_F, 0]) / sizes.sample_rate_hz

    def compute_moments(values_F: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _compute_moments(values_F, segment_F, num_segments)

    power_N, _ = compute_moments(features.power)
    periodicity_N, _ = compute_moments(features.periodicity)
    _, frequency_variance_N = compute_moments(features.centroid_hz)
    am_N, _ = compute_moments(features.am_per_s)
    am_square_N, _ = compute_moments(features.am_per_s**2)
    with np.errstate(divide="ignore"):
        level_N = 10 * np.log10(power_N)
    silent_N = np.isnan(am_N)
    columns = {
        "amplitude_db": np.where(silent_N, np.nan, level_N),
        "peak_time_s": np.where(silent_N, np.nan, _find_peak_time(features.power, time_s_F, segment_F, num_segments)),
        "mean_frequency_variance_hz2": frequency_variance_N,
        "mean_periodicity": periodicity_N,
        "frequency_slope_hz_per_s": _compute_trend(features, time_s_F, segment_F, num_segments),
        "mean_am_per_s": am_N,
        "rms_am_per_s": np.sqrt(am_square_N),
    }
    for name, unit in (("entropy", ""), ("pitch", "_hz"), ("pitch_goodness", "_db"), ("fm", "_deg")):
        mean_N, variance_N = compute_moments(getattr(features, name + unit))
        columns[f"mean_{name}{unit}"] = mean_N
        columns[f"{name}_variance{unit}{'2' if unit else ''}"] = variance_N
    return columns


def _compute_moments(values_F: np.ndarray, segment_F: np.ndarray, num_segments: int) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance of each segment's finite values; NaN where there is none, or one, of them."""
    known_F = np.isfinite(values_F)
    segment_F, values_F = segment_F[known_F], values_F[known_F]
    count_N = np.bincount(segment_F, minlength=num_segments)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean_N = np.bincount(segment_F, values_F, num_segments) / count_N
        square_N = np.bincount(segment_F, (values_F - mean_N[segment_F]) ** 2, num_segments)
        variance_N = np.where(count_N > 1, square_N / (count_N - 1), np.nan)
    return mean_N, variance_N


def _find_peak_time(power_F: np.ndarray, time_s_F: np.ndarray, segment_F: np.ndarray, num_segments: int) -> np.ndarray:
    """Return the time of each segment's loudest frame, the first of equals."""
    loudest_F = np.lexsort((time_s_F, -power_F, segment_F))
    segment, first = np.unique(segment_F[loudest_F], return_index=True)
    time_s_N = np.full(num_segments, np.nan)
    time_s_N[segment] = time_s_F[loudest_F[first]]
    return time_s_N


def _compute_trend(
    features: FrameFeatures, time_s_F: np.ndarray, segment_F: np.ndarray, num_segments: int
) -> np.ndarray:
    """Return the slope of the mean frequency over time, by least squares weighted by power."""
    known_F = np.isfinite(features.centroid_hz)
    segment_F, time_s_F = segment_F[known_F], time_s_F[known_F]
    weight_F, frequency_hz_F = features.power[known_F], features.centroid_hz[known_F]

    def add(values_F: np.ndarray) -> np.ndarray:
        return np.bincount(segment_F, weight_F * values_F, num_segments)

    with np.errstate(invalid="ignore", divide="ignore"):
        total_N = add(np.ones_like(time_s_F))
        time_s_F = time_s_F - (add(time_s_F) / total_N)[segment_F]
        slope: np.ndarray = add(time_s_F * frequency_hz_F) / add(time_s_F**2)
    return np.where(np.bincount(segment_F, minlength=num_segments) > 1, slope, np.nan)
