"""Where each image comes from: the STFT frames it needs, and where between them its columns lie.

A plan is arithmetic on times; it never looks at a sample. The frames of all segments form one list, and an image names
a run of it. Frames of each segment are counted from its own onset, so that an image depends on nothing but its
segment. A plan whose images share the frames of one grid (windows drawn from a recording) has the same form.

Legend: N = segments, K = frames of all segments together, T = columns of the image.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.sources.spectrograms.axes import compute_image_times
from subsong.sources.spectrograms.config import SpectrogramConfig
from subsong.sources.spectrograms.status import SampleSpan, SegmentStatus


class FramePlan(NamedTuple):
    """STFT frames to compute. Samples outside [low, high) count as zero."""

    start_K: np.ndarray
    """First sample of the window, may be negative, int64."""
    low_K: np.ndarray
    """First sample the window may look at, int64."""
    high_K: np.ndarray
    """One past the last sample the window may look at, int64."""
    segment_K: np.ndarray
    """Whose mean is subtracted: index of the segment, int64."""


class ImagePlan(NamedTuple):
    """Where in the list of frames the columns of each image lie."""

    first_frame_N: np.ndarray
    """Index of the first frame, int64."""
    num_frames_N: np.ndarray
    """Length of the run of frames, at least 1, int64."""
    position_NT: np.ndarray
    """Place of each column in its run, in frames from the first, float64."""
    inside_NT: np.ndarray
    """Whether there is anything to show in this column; black otherwise, bool."""


class _Grid(NamedTuple):
    """The frames of each segment, each field of shape (N,): frame k is centred on sample `origin` + k hop."""

    origin: np.ndarray
    origin_s: np.ndarray
    low: np.ndarray
    high: np.ndarray
    shown_from_s: np.ndarray
    shown_until_s: np.ndarray
    last_frame: np.ndarray


def plan_images(
    segments_s: np.ndarray, status_N: np.ndarray, span: SampleSpan, config: SpectrogramConfig
) -> tuple[FramePlan, ImagePlan]:
    """Return the frames that the images of these segments need, and how the images are made of them.

    Parameters
    ----------
    segments_s
        Onset and offset, shape (N, 2).
    status_N
        Their `SegmentStatus`. A segment without image gets one frame of zeros and only black columns.
    span
        The samples at hand.
    config
        The settings.
    """
    usable_N = status_N <= SegmentStatus.PARTLY_OUTSIDE
    # Any harmless times: what they give is not shown.
    segments_s = np.where(usable_N[:, None], segments_s, [span.start_s, span.start_s + config.max_duration_s])
    times_NT = compute_image_times(segments_s, config)
    grid = _build_grid(segments_s, span, config)
    frames_per_s = span.sample_rate_hz / config.hop_size
    position_NT = (times_NT - grid.origin_s[:, None]) * frames_per_s
    inside_NT = (times_NT >= grid.shown_from_s[:, None]) & (times_NT <= grid.shown_until_s[:, None])
    inside_NT &= usable_N[:, None]

    first_N, num_frames_N = _find_runs(position_NT, inside_NT, grid.last_frame)
    run_start_N = np.cumsum(num_frames_N) - num_frames_N
    images = ImagePlan(run_start_N, num_frames_N, position_NT - first_N[:, None], inside_NT)

    segment_K = np.repeat(np.arange(len(segments_s)), num_frames_N)
    frame_K = np.arange(len(segment_K)) - run_start_N[segment_K] + first_N[segment_K]
    start_K = grid.origin[segment_K] + frame_K * config.hop_size - config.window_size // 2
    high_N = np.where(usable_N, grid.high, grid.low)
    return FramePlan(start_K, grid.low[segment_K], high_N[segment_K], segment_K), images


def compute_reach(segments_s: np.ndarray, config: SpectrogramConfig, sample_rate_hz: int) -> np.ndarray:
    """Return from when to when an image looks at the recording, in seconds, shape (N, 2); may go beyond its ends.

    For reading no more of a long file than is needed: an image computed from this part, cut at the ends of the
    recording, equals the one computed from the whole.
    """
    if config.edges == "silence":
        return np.array(segments_s, dtype=np.float64)
    # Half a window, the frame after the last column, and more than any rounding.
    margin_s = (config.window_size + config.hop_size) / sample_rate_hz
    reach_N2 = np.array(segments_s, dtype=np.float64)
    if config.edges == "recording":
        times_NT = compute_image_times(reach_N2, config)
        reach_N2[:, 0] = np.minimum(reach_N2[:, 0], times_NT[:, 0])
        reach_N2[:, 1] = np.maximum(reach_N2[:, 1], times_NT[:, -1])
    reach_N2[:, 0] -= margin_s
    reach_N2[:, 1] += margin_s
    return reach_N2


def _build_grid(segments_s: np.ndarray, span: SampleSpan, config: SpectrogramConfig) -> _Grid:
    samples_N2 = span.find_samples(segments_s)
    if config.edges == "silence":
        return _build_isolated_grid(segments_s, samples_N2, span, config)
    shown_N2 = np.broadcast_to([span.start_s, span.stop_s], segments_s.shape)
    if config.edges == "segment":
        shown_N2 = segments_s.clip(span.start_s, span.stop_s)
    low_N = np.zeros(len(segments_s), dtype=np.int64)
    unlimited_N = np.full_like(low_N, np.iinfo(np.int64).max)
    return _Grid(
        origin=samples_N2[:, 0],
        origin_s=segments_s[:, 0],
        low=low_N,
        high=low_N + span.num_samples,
        shown_from_s=shown_N2[:, 0],
        shown_until_s=shown_N2[:, 1],
        last_frame=unlimited_N,
    )


def _build_isolated_grid(
    segments_s: np.ndarray, samples_N2: np.ndarray, span: SampleSpan, config: SpectrogramConfig
) -> _Grid:
    """Return the frames of SciPy's STFT of the segment alone, with zeros on both sides."""
    low_N, high_N = samples_N2.clip(0, span.num_samples).T
    beyond_first_window_N = high_N - low_N + 2 * (config.window_size // 2) - config.window_size
    last_frame_N = np.maximum(-(-beyond_first_window_N // config.hop_size), 0)
    origin_s_N = np.maximum(segments_s[:, 0], span.start_s)
    return _Grid(
        origin=low_N,
        origin_s=origin_s_N,
        low=low_N,
        high=high_N,
        shown_from_s=origin_s_N,
        shown_until_s=origin_s_N + last_frame_N * config.hop_size / span.sample_rate_hz,
        last_frame=last_frame_N,
    )


def _find_runs(
    position_NT: np.ndarray, inside_NT: np.ndarray, last_frame_N: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the first frame each image needs and how many, both of shape (N,); one where nothing is inside."""
    # Positions grow along an image, so the first and last that are inside bound all that are.
    rows_N = np.arange(len(position_NT))
    num_columns = position_NT.shape[1]
    lowest_N = position_NT[rows_N, inside_NT.argmax(axis=1)]
    highest_N = position_NT[rows_N, num_columns - 1 - inside_NT[:, ::-1].argmax(axis=1)]
    first_N = np.floor(lowest_N).astype(np.int64)
    last_N = np.minimum(np.floor(highest_N).astype(np.int64) + 1, last_frame_N)
    num_frames_N = np.where(inside_NT.any(axis=1), last_N - first_N + 1, 1)
    return first_N, num_frames_N
