"""Two sets of annotations compared frame by frame, without writing out a single frame.

Legend: N = segments, P = stretches of time in which nothing changes, G = places (a recording, or one of its channels).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class FrameSegments(NamedTuple):
    """Segments on a grid of frames.

    Attributes
    ----------
    start, stop
        First frame, and the one after the last, int64, shape (N,).
    place
        Which recording or channel, from 0, shape (N,).
    label
        Number of the label, from 0, shape (N,).
    """

    start: np.ndarray
    stop: np.ndarray
    place: np.ndarray
    label: np.ndarray


class FrameCounts(NamedTuple):
    """Frames of each place, int64, all of shape (G,).

    Attributes
    ----------
    judged
        All that count.
    wrong
        Of these, have other labels in one set than in the other. No label at all is one more label, and where calls
        overlap the sets of labels must be equal.
    wrong_in_sound
        Of the wrong ones, lie in a true segment.
    truth, found, both
        Lie in a true segment, in a found one, in both; whatever the label.
    """

    judged: np.ndarray
    wrong: np.ndarray
    wrong_in_sound: np.ndarray
    truth: np.ndarray
    found: np.ndarray
    both: np.ndarray


def to_frames(times_s: np.ndarray, frame_s: float) -> np.ndarray:
    """Return the first frame whose middle is not before each time, int64.

    Frame k reaches from ``k * frame_s`` to ``(k + 1) * frame_s``; what begins or ends at its middle counts from there.
    """
    frames: np.ndarray = np.ceil(np.asarray(times_s, np.float64) / frame_s - 0.5 - 1e-6).astype(np.int64)
    return frames


def count_frames(truth: FrameSegments, found: FrameSegments, judged: FrameSegments, num_places: int) -> FrameCounts:
    """Return how many frames agree.

    Parameters
    ----------
    truth, found
        The segments; they may overlap.
    judged
        Where frames count; stretches may overlap, and their label means nothing.
    num_places
        G.
    """
    ends = [values for part in (truth, found, judged) for values in (part.start, part.stop)]
    low = min((int(values.min()) for values in ends if len(values)), default=0)
    stride = max((int(values.max()) for values in ends if len(values)), default=0) - low + 1
    truth, found, judged = (_lay_out(part, low, stride) for part in (truth, found, judged))
    breaks = np.sort(np.concatenate([part_end for part in (truth, found, judged) for part_end in part[:2]]))
    breaks = breaks[np.diff(breaks, prepend=-1) != 0]
    if len(breaks) < 2:
        return FrameCounts(*np.zeros((6, num_places), np.int64))
    is_judged, in_truth, in_found = (_cover(part, breaks) for part in (judged, truth, found))
    wrong = _find_differences(truth, found, breaks)
    length, place = np.diff(breaks), breaks[:-1] // stride
    masks = (True, wrong, wrong & in_truth, in_truth, in_found, in_truth & in_found)
    sums = [np.bincount(place, length * (is_judged & mask), minlength=num_places) for mask in masks]
    return FrameCounts(*np.rint(sums).astype(np.int64))


def _lay_out(segments: FrameSegments, low: int, stride: int) -> FrameSegments:
    """Lay the frames of all places one behind the other."""
    base = segments.place * stride - low
    return segments._replace(start=base + segments.start, stop=base + np.maximum(segments.stop, segments.start))


def _cover(segments: FrameSegments, breaks: np.ndarray) -> np.ndarray:
    """Return which stretches between two breaks lie in a segment, bool, shape (P,)."""
    change = np.zeros(len(breaks), np.int64)
    np.add.at(change, np.searchsorted(breaks, segments.start), 1)
    np.add.at(change, np.searchsorted(breaks, segments.stop), -1)
    return np.cumsum(change)[:-1] > 0


def _find_differences(truth: FrameSegments, found: FrameSegments, breaks: np.ndarray) -> np.ndarray:
    """Return in which stretches the sets of labels differ, bool, shape (P,)."""
    differs = np.zeros(len(breaks) - 1, bool)
    for label in np.union1d(truth.label, found.label):
        parts = (FrameSegments(*(values[part.label == label] for values in part)) for part in (truth, found))
        first, second = (_cover(part, breaks) for part in parts)
        differs |= first != second
    return differs
