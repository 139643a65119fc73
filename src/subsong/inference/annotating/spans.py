"""Stretches of frames where something sounds: hysteresis, filled gaps, and ends known to a part of a frame.

Legend: K = frames, N = spans.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_SEEN = 0.5
_MAX_MOVE = 1.0


class Spans(NamedTuple):
    """Stretches of sound, in order.

    Attributes
    ----------
    start_N, stop_N
        Frames that belong to each, `stop_N` excluded; int64.
    onset_N, offset_N
        Where each begins and ends, in frames; float64. A sound that is there in the first frame begins before it.
    """

    start_N: np.ndarray
    stop_N: np.ndarray
    onset_N: np.ndarray
    offset_N: np.ndarray


def find_spans(sound_K: np.ndarray, low: float, high: float) -> Spans:
    """Return the stretches where `sound_K` is at least `low`, and at least `high` somewhere.

    Notes
    -----
    Ends lie where the line between the last frame outside and the first inside crosses `low`. Raising either threshold
    leaves, of each span, a part or nothing.
    """
    sound_K = np.asarray(sound_K, dtype=np.float64)
    is_sound = np.concatenate([[False], sound_K >= low, [False]])
    edges = np.flatnonzero(is_sound[1:] != is_sound[:-1])
    start_N, stop_N = edges[::2], edges[1::2]
    num_high = np.concatenate([[0], np.cumsum(sound_K >= high)])
    kept_N = num_high[stop_N] > num_high[start_N]
    start_N, stop_N = start_N[kept_N], stop_N[kept_N]
    # A copy of the outermost frames less than silence: a sound at the very end goes on to half a frame beyond it.
    padded = np.concatenate([[-np.inf], sound_K, [-np.inf]])
    onset_N = start_N - _find_crossing(padded[start_N + 1], padded[start_N], low)
    offset_N = stop_N - 1 + _find_crossing(padded[stop_N], padded[stop_N + 1], low)
    return Spans(start_N, stop_N, onset_N, offset_N)


def _find_crossing(inside_N: np.ndarray, outside_N: np.ndarray, level: float) -> np.ndarray:
    """Return how far from the frame inside the line to the frame outside crosses `level`; 1/2 at the ends."""
    is_end_N = np.isneginf(outside_N)
    drop_N = np.where(is_end_N, 1.0, inside_N - outside_N)
    return np.where(is_end_N, 0.5, (inside_N - level) / drop_N)


def refine_ends(spans: Spans, near_K2: np.ndarray) -> Spans:
    """Return the spans with their ends where a border was seen, if one was within a frame of the threshold's.

    Parameters
    ----------
    spans
        From `find_spans`.
    near_K2
        How near an onset and an offset are to each frame.

    Notes
    -----
    A border is a peak of at least 1/2; it lies at the centroid of the peak and the frames beside it, which is exact
    for the targets that the network learned. Peaks move no end past another peak, so that ends found with a higher
    threshold stay within those found with a lower one. Spans may come to overlap (`fill_gaps` joins them) or to have no
    length (`drop_short` drops them).
    """
    onset_N = _move_to_peaks(spans.onset_N, near_K2[:, 0])
    return spans._replace(onset_N=onset_N, offset_N=_move_to_peaks(spans.offset_N, near_K2[:, 1]))


def _move_to_peaks(place_N: np.ndarray, near_K: np.ndarray) -> np.ndarray:
    padded = np.pad(near_K.astype(np.float64), 1)
    before_K, at_K, after_K = padded[:-2], padded[1:-1], padded[2:]
    # Of two equal frames side by side the first is the peak, and the centroid lies between them.
    peak_M = np.flatnonzero((at_K > before_K) & (at_K >= after_K) & (at_K >= _SEEN))
    if len(peak_M) == 0:
        return place_N
    first_N = np.searchsorted(peak_M, place_N - _MAX_MOVE)
    last_N = np.searchsorted(peak_M, place_N + _MAX_MOVE, side="right") - 1
    # A frame is no peak beside a higher one, so that at most two lie within a frame to either side.
    first_M, last_M = peak_M[np.minimum(first_N, len(peak_M) - 1)], peak_M[np.maximum(last_N, 0)]
    best_N = np.where(near_K[last_M] > near_K[first_M], last_M, first_M)
    seen_N = before_K[best_N] + at_K[best_N] + after_K[best_N]
    centroid_N = best_N + (after_K[best_N] - before_K[best_N]) / seen_N
    return np.where(first_N <= last_N, centroid_N, place_N)


def fill_gaps(spans: Spans, min_gap: float) -> Spans:
    """Return the spans with gaps shorter than `min_gap` frames filled."""
    if len(spans.start_N) < 2:
        return spans
    is_gap = spans.onset_N[1:] - spans.offset_N[:-1] >= min_gap
    first_N, last_N = np.concatenate([[True], is_gap]), np.concatenate([is_gap, [True]])
    return Spans(spans.start_N[first_N], spans.stop_N[last_N], spans.onset_N[first_N], spans.offset_N[last_N])


def drop_short(spans: Spans, min_length: float) -> Spans:
    """Return the spans of at least `min_length` frames, and of some length."""
    length_N = spans.offset_N - spans.onset_N
    kept_N = (length_N >= min_length) & (length_N > 0)
    return Spans(*(values_N[kept_N] for values_N in spans))
