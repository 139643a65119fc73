"""Segmentation by amplitude: a trace of loudness, its peaks, and how far each reaches.

The algorithm of AVA's amplitude segmentation (Goffinet et al. 2021, eLife 10:e67855), over whole arrays. Mended:
offsets never lie past the end of the recording, what touches an end is kept and flagged, short gaps can be closed,
rate and length come from the recording itself, and recordings of any length fit in memory.

Legend: T = samples, K = frames, N = segments, M = dropped segments, F = frequency bins, P = peaks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.ndimage import gaussian_filter1d

from subsong.sources.segmentation.config import AmplitudeSegmentation
from subsong.sources.segmentation.frames import cover_recording, find_band, iterate_magnitudes
from subsong.sources.segmentation.reading import ArrayReader, SampleReader
from subsong.sources.segmentation.segments import merge_intervals
from subsong.sources.segmentation.thresholds import TraceThresholds, fit_thresholds

_EPSILON = 1e-9


class AmplitudeSegments(NamedTuple):
    """What was found in a recording, and by which trace.

    Attributes
    ----------
    segments
        float64, shape (N, 2): onset and offset in seconds, ascending, inside the recording.
    at_edge
        bool, shape (N,): True where the segment begins before the recording or ends after it.
    trace
        float64, shape (K,): smoothed loudness, in dB or in AVA's measures.
    trace_times
        float64, shape (K,): seconds at the middle of each frame.
    thresholds
        What cut the trace.
    dropped
        float64, shape (M, 2): segments that were left out as too short or too long.
    """

    segments: np.ndarray
    at_edge: np.ndarray
    trace: np.ndarray
    trace_times: np.ndarray
    thresholds: TraceThresholds
    dropped: np.ndarray


def segment_amplitude(
    samples_T: np.ndarray, sample_rate_hz: int, config: AmplitudeSegmentation | None = None
) -> AmplitudeSegments:
    """Find the vocalisations in samples of one channel; see `segment_recording`.

    Parameters
    ----------
    samples_T
        In units of full scale, shape (T,).
    sample_rate_hz
        Samples a second.
    config
        None takes the usual one, which suits finches.

    Raises
    ------
    SubsongError
        When the samples are not of one channel, one is not a number, or the band lies above half the rate.
    """
    return segment_recording(ArrayReader(samples_T, sample_rate_hz), config)


def segment_recording(reader: SampleReader, config: AmplitudeSegmentation | None = None) -> AmplitudeSegments:
    """Find the vocalisations in a recording, which is read block by block.

    Parameters
    ----------
    reader
        The recording; besides its trace (8 bytes a frame) only one block of it is in memory at a time.
    config
        None takes the usual one, which suits finches.

    Raises
    ------
    SubsongError
        When the recording has several channels, a sample is not a number, or the band lies above half the rate.

    Notes
    -----
    A recording shorter than the window has no segments. Boundaries lie on multiples of ``hop_size`` samples. A length
    in frames counts both ends and is compared with the durations rounded down and up, as AVA does.
    """
    config = config or AmplitudeSegmentation()
    trace_K = compute_trace(reader, config)
    thresholds = fit_thresholds(trace_K, config)
    found = find_segments(trace_K, thresholds, is_edge_kept=config.edges == "keep")
    step_s = config.hop_size / reader.info.sample_rate_hz
    frames_N2, at_edge_N = merge_intervals(found.frames_N2, config.min_gap_s / step_s, found.at_edge_N)
    kept_N = _is_kept(frames_N2, step_s, config)
    duration_s = reader.info.num_samples / reader.info.sample_rate_hz
    segments_N2 = np.minimum(frames_N2 * step_s, duration_s)
    times_K = np.arange(len(trace_K)) * step_s
    return AmplitudeSegments(segments_N2[kept_N], at_edge_N[kept_N], trace_K, times_K, thresholds, segments_N2[~kept_N])


def compute_trace(reader: SampleReader, config: AmplitudeSegmentation) -> np.ndarray:
    """Return the smoothed loudness of every frame of a recording, float64, shape (K,)."""
    rate_hz = reader.info.sample_rate_hz
    band = find_band(config.window_size, rate_hz, config.low_hz, config.high_hz)
    grid = cover_recording(reader.info.num_samples, config.window_size, config.hop_size, band)
    blocks = [_measure(block, config) for block in iterate_magnitudes(reader, grid, config.amplitude_scale)]
    trace_K = np.concatenate([np.empty(0), *blocks])
    sigma = config.smoothing_s * rate_hz / config.hop_size
    return gaussian_filter1d(trace_K, sigma) if sigma > 0 and trace_K.size else trace_K


def _measure(magnitude_KF: np.ndarray, config: AmplitudeSegmentation) -> np.ndarray:
    """Return the loudness of the frames of a block, float64, shape (K,)."""
    if config.trace == "level":
        power_K = np.square(magnitude_KF, dtype=np.float64).sum(axis=1)
        return np.asarray(10 * np.log10(power_K + _EPSILON**2))
    log_KF = np.log(magnitude_KF + np.float32(_EPSILON))
    spec_KF = ((log_KF - config.log_low) / (config.log_high - config.log_low)).clip(0, 1).astype(np.float64)
    if config.trace == "sum":
        return np.asarray(spec_KF.sum(axis=1))
    weight_KF = np.exp(spec_KF / config.temperature)
    return np.asarray((spec_KF * weight_KF).sum(axis=1) / weight_KF.sum(axis=1))


class FoundFrames(NamedTuple):
    """Segments in frames: first and last, int64, shape (N, 2), and whether each touches an end, bool, shape (N,)."""

    frames_N2: np.ndarray
    at_edge_N: np.ndarray


def find_segments(trace_K: np.ndarray, thresholds: TraceThresholds, is_edge_kept: bool) -> FoundFrames:
    """Return where a trace rises above thresholds.

    Parameters
    ----------
    trace_K
        Loudness, shape (K,).
    thresholds
        Where it is cut.
    is_edge_kept
        Whether a segment may end with the trace. If not, neither peaks in the first and last frame count, nor a
        boundary in the first one, as in AVA.
    """
    inner = slice(None) if is_edge_kept else slice(1, -1)
    frame_K = np.arange(len(trace_K))
    is_peak_K = (trace_K > thresholds.peak) & (trace_K >= _beside(trace_K, -np.inf, np.maximum))
    is_dip_K = (trace_K < thresholds.dip) & (trace_K <= _beside(trace_K, np.inf, np.minimum))
    ends = np.flatnonzero((trace_K < thresholds.boundary) | is_dip_K)
    peaks_P = frame_K[inner][is_peak_K[inner]]
    # Where no end lies before or after a peak, the segment reaches to the edge: -1 and K stand for that.
    before = ends if is_edge_kept else ends[ends > 0]
    onset_P = np.concatenate([[-1], before])[np.searchsorted(before, peaks_P)]
    offset_P = np.concatenate([ends, [len(trace_K)]])[np.searchsorted(ends, peaks_P, side="right")]
    at_edge_P = (onset_P < 0) | (offset_P == len(trace_K))
    if not is_edge_kept:
        peaks_P, onset_P, offset_P = peaks_P[~at_edge_P], onset_P[~at_edge_P], offset_P[~at_edge_P]
        at_edge_P = np.zeros(len(peaks_P), bool)
    chosen = _take_apart(peaks_P, offset_P)
    frames_P2 = np.stack([onset_P, offset_P], axis=1).clip(0, max(len(trace_K) - 1, 0))
    return FoundFrames(frames_P2[chosen], at_edge_P[chosen])


def _beside(trace_K: np.ndarray, outside: float, extreme: np.ufunc) -> np.ndarray:
    """Return the larger or smaller of each frame's two neighbours, shape (K,)."""
    padded = np.concatenate([[outside], trace_K, [outside]])
    return np.asarray(extreme(padded[:-2], padded[2:]))


def _take_apart(peaks_P: np.ndarray, offset_P: np.ndarray) -> np.ndarray:
    """Return the peaks that do not lie inside the segment of an earlier one."""
    chosen: list[int] = []
    last_offset = -1
    for index, (peak, offset) in enumerate(zip(peaks_P.tolist(), offset_P.tolist(), strict=True)):
        if peak >= last_offset:
            chosen.append(index)
            last_offset = offset
    return np.array(chosen, np.int64)


def _is_kept(frames_N2: np.ndarray, step_s: float, config: AmplitudeSegmentation) -> np.ndarray:
    """Return which segments are neither too short nor too long, shape (N,)."""
    num_N = frames_N2[:, 1] - frames_N2[:, 0] + 1
    longest = np.inf if config.max_duration_s is None else np.ceil(config.max_duration_s / step_s)
    return np.asarray((num_N >= np.floor(config.min_duration_s / step_s)) & (num_N <= longest))
