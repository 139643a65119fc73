"""One row of acoustic features a segment.

Legend: T = samples, N = segments, K = frequency bins inside the band.
"""

from __future__ import annotations

import logging

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.acoustic_features.config import AcousticFeatureConfig
from subsong.sources.acoustic_features.frame_features import FrameFeatures, compute_frame_features
from subsong.sources.acoustic_features.frames import (
    FrameSizes,
    compute_spectra,
    find_sizes,
    iterate_blocks,
    plan_frames,
)
from subsong.sources.acoustic_features.spectral_shape import compute_spectral_shape
from subsong.sources.acoustic_features.statistics import compute_statistics

log = logging.getLogger(__name__)

FEATURE_COLUMNS = (
    *("duration_s", "amplitude_db", "peak_time_s"),
    *("mean_frequency_hz", "mean_frequency_variance_hz2", "peak_frequency_hz", "bandwidth_hz"),
    *("energy_low_hz", "energy_high_hz", "spectral_slope_db_per_khz", "mean_entropy", "entropy_variance"),
    *("mean_pitch_hz", "pitch_variance_hz2", "mean_periodicity", "mean_pitch_goodness_db"),
    *("pitch_goodness_variance_db2", "mean_fm_deg", "fm_variance_deg2", "frequency_slope_hz_per_s"),
    *("mean_am_per_s", "rms_am_per_s"),
)
_GROUP = 256
"""Segments worked on at a time: bounds memory, changes no number."""


def compute_acoustic_features(
    samples: np.ndarray,
    sample_rate_hz: int,
    segments_s: np.ndarray,
    config: AcousticFeatureConfig | None = None,
) -> pl.DataFrame:
    """Measure segments of a recording, as Sound Analysis Pro and its kin do.

    Parameters
    ----------
    samples
        The recording in units of full scale, shape (T,).
    sample_rate_hz
        Its sample rate.
    segments_s
        Onset and offset of each segment in seconds, shape (N, 2). What lies outside the recording is not measured.
    config
        Frames, band and pitch range; None is `AcousticFeatureConfig()`.

    Returns
    -------
    One row a segment with the columns ``FEATURE_COLUMNS``, all Float64; null where a feature is not defined: all but
    the duration in silence, variances and slopes in time of a single frame, the pitch of noise. A row depends on its
    own segment alone.

    ``amplitude_db`` is the root mean square relative to full scale inside the band, ``peak_time_s`` the middle of the
    loudest frame from the onset, ``mean_frequency_hz``, ``bandwidth_hz`` (standard deviation), ``energy_low_hz`` and
    ``energy_high_hz`` (5 and 95 % of energy), ``peak_frequency_hz`` and the slope are of the mean power spectrum, and
    ``frequency_slope_hz_per_s`` is the trend of the mean frequency of frames, weighted by power. The others are means,
    root mean squares and variances over frames, and are explained at `FrameFeatures`.

    Raises
    ------
    SubsongError
        When there are several channels, a segment ends before it begins, or the band lies above half the sample rate.

    Notes
    -----
    Amplitudes of different recordings compare only when gain and distance were equal. The pitch of a sound without
    harmonics is its frequency. Pitch goodness, the ripple of the spectrum, tells harmonic from noisy sounds; that of a
    whistle depends on the noise around it, and its periodicity is the better measure.
    """
    config = AcousticFeatureConfig() if config is None else config
    segments_N2 = _check_input(samples, segments_s)
    sizes = find_sizes(config, sample_rate_hz)
    bounds_N2 = np.clip(np.rint(segments_N2 * sample_rate_hz), 0, len(samples)).astype(np.int64)
    bounds_N2[~_find_finite(samples, bounds_N2)] = 0
    groups = [_measure(samples, bounds_N2[i : i + _GROUP], sizes, config) for i in range(0, len(bounds_N2), _GROUP)]
    columns = {name: np.concatenate([group[name] for group in groups]) for name in groups[0]} if groups else {}
    columns["duration_s"] = segments_N2[:, 1] - segments_N2[:, 0]
    table = pl.DataFrame({name: columns.get(name, np.empty(0)) for name in FEATURE_COLUMNS})
    return table.fill_nan(None)


def _check_input(samples: np.ndarray, segments_s: np.ndarray) -> np.ndarray:
    if samples.ndim != 1:
        raise SubsongError(
            f"features are computed on one channel, shape (T,), not on shape {samples.shape}: choose one"
        )
    segments_N2 = np.asarray(segments_s, np.float64)
    if segments_N2.size == 0:
        return segments_N2.reshape(0, 2)
    if segments_N2.ndim != 2 or segments_N2.shape[1] != 2:
        raise SubsongError(f"segments should have shape (N, 2), onset and offset, not {segments_N2.shape}")
    is_bad_N = ~(segments_N2[:, 1] >= segments_N2[:, 0]) | ~np.isfinite(segments_N2).all(axis=1)
    if is_bad_N.any():
        row = int(np.argmax(is_bad_N))
        onset_s, offset_s = segments_N2[row]
        raise SubsongError(
            f"row {row} of the segments has onset {onset_s:g} s and offset {offset_s:g} s: an offset should follow its "
            "onset; correct or remove the row"
        )
    return segments_N2


def _find_finite(samples: np.ndarray, bounds_N2: np.ndarray) -> np.ndarray:
    """Return which segments hold numbers only, and tell of the others."""
    bad_T = np.flatnonzero(~np.isfinite(samples))
    first_N, last_N = np.searchsorted(bad_T, bounds_N2[:, 0]), np.searchsorted(bad_T, bounds_N2[:, 1])
    finite_N: np.ndarray = first_N >= last_N
    if not finite_N.all():
        log.warning("%d segments hold samples that are no numbers: their features are null", (~finite_N).sum())
    return finite_N


def _measure(
    samples: np.ndarray, bounds_N2: np.ndarray, sizes: FrameSizes, config: AcousticFeatureConfig
) -> dict[str, np.ndarray]:
    """Return the columns of a group of segments."""
    num_segments = len(bounds_N2)
    frames = plan_frames(bounds_N2, sizes)
    power_NK = np.zeros((num_segments, len(sizes.frequency_hz_K)))
    blocks = []
    for block in iterate_blocks(frames, sizes):
        spectra = compute_spectra(samples, block, sizes)
        segment, first = np.unique(block.segment_F, return_index=True)
        power_NK[segment] += np.add.reduceat(spectra.power_FK, first, axis=0)
        blocks.append(compute_frame_features(spectra, block, sizes, config))
    features = FrameFeatures(*(np.concatenate(column) if blocks else np.empty(0) for column in _transpose(blocks)))
    audible_F = np.isfinite(features.centroid_hz)
    power_NK[np.bincount(frames.segment_F[audible_F], minlength=num_segments) == 0] = np.nan
    shape = compute_spectral_shape(power_NK, sizes.frequency_hz_K)
    return {**shape, **compute_statistics(features, frames, bounds_N2, sizes)}


def _transpose(blocks: list[FrameFeatures]) -> list[list[np.ndarray]]:
    return [[block[i] for block in blocks] for i in range(len(FrameFeatures._fields))]
