"""Segments as numbers: checked, merged, widened.

Legend: N = segments, G = merged segments.
"""

from __future__ import annotations

import numpy as np

from subsong.core.errors import SubsongError


def merge_segments(
    segments: np.ndarray,
    max_gap_s: float,
    left_shoulder_s: float = 0.0,
    right_shoulder_s: float = 0.0,
    min_duration_s: float = 0.0,
    recording_duration_s: float = np.inf,
) -> np.ndarray:
    """Make one of segments that overlap or lie close together.

    Parameters
    ----------
    segments
        Onsets and offsets in seconds, shape (N, 2), in any order; overlaps are welcome.
    max_gap_s
        Segments with a gap shorter than this become one.
    left_shoulder_s, right_shoulder_s
        Added to both sides of every merged segment, also the last.
    min_duration_s
        Merged segments that are shorter, before shoulders are added, are left out.
    recording_duration_s
        Shoulders end there, and at 0.

    Returns
    -------
    float64, shape (G, 2), ascending by onset. What came is not changed.

    Raises
    ------
    SubsongError
        When the array has another shape, a time is not a number, or an offset lies before its onset.
    """
    segments_N2 = _check_segments(segments)
    merged_G2, _ = merge_intervals(segments_N2, max_gap_s, np.zeros(len(segments_N2), bool))
    merged_G2 = merged_G2[merged_G2[:, 1] - merged_G2[:, 0] >= min_duration_s]
    return np.asarray((merged_G2 + np.array([-left_shoulder_s, right_shoulder_s])).clip(0, recording_duration_s))


def merge_intervals(intervals_N2: np.ndarray, max_gap: float, flag_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the union of intervals whose gaps shorter than `max_gap` are closed, (G, 2), and the union's flags, (G,).

    Intervals that only touch stay apart when `max_gap` is 0.
    """
    if len(intervals_N2) == 0:
        return intervals_N2, flag_N
    order = np.argsort(intervals_N2[:, 0], kind="stable")
    onset_N, end_N = intervals_N2[order, 0], np.maximum.accumulate(intervals_N2[order, 1])
    first = np.concatenate([[0], 1 + np.flatnonzero(onset_N[1:] - end_N[:-1] >= max_gap)])
    last = np.concatenate([first[1:], [len(order)]]) - 1
    flag_G = np.logical_or.reduceat(flag_N[order], first)
    return np.stack([onset_N[first], end_N[last]], axis=1), flag_G


def _check_segments(segments: np.ndarray) -> np.ndarray:
    """Return segments as float64, shape (N, 2)."""
    segments_N2 = np.asarray(segments, np.float64)
    if segments_N2.size == 0:
        return np.empty((0, 2))
    if segments_N2.ndim != 2 or segments_N2.shape[1] != 2:
        raise SubsongError(f"segments should be an array of shape (N, 2), onset and offset, not {segments_N2.shape}")
    wrong = np.flatnonzero(~(segments_N2[:, 0] <= segments_N2[:, 1]) | ~np.isfinite(segments_N2).all(axis=1))
    if wrong.size:
        onset_s, offset_s = segments_N2[wrong[0]]
        raise SubsongError(
            f"segment {wrong[0]} goes from {onset_s:g} s to {offset_s:g} s: its onset should not lie after its offset"
        )
    return segments_N2
