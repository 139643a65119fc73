"""What a network should say at each frame: made from intervals when it is asked for, never stored.

Legend: N = annotations, K = frames, C = classes, G = segments of all classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from subsong.datasets.song.stretches import join_stretches
from subsong.sources.song_class import SongClass

# Segments that overlap by no more than this only touch.
_TOUCHING_S = 1e-6
_LARGEST_CUT = 0.25


def compute_targets(
    onset_s: np.ndarray,
    offset_s: np.ndarray,
    class_number: np.ndarray,
    classes: Sequence[SongClass],
    frame_times_s: np.ndarray,
    event_width_s: float,
    gap_s: float = 0.0,
) -> np.ndarray:
    """Return the target of each frame and class, float32 in [0, 1], shape (K, C).

    Parameters
    ----------
    onset_s, offset_s
        Annotations of one channel, in any order, shape (N,); equal for events.
    class_number
        Which class each is of, shape (N,).
    classes
        All classes.
    frame_times_s
        Centres of equally spaced frames, two or more, shape (K,).
    event_width_s
        Standard deviation of the bump that stands for an event.
    gap_s
        Segments with less than this between them are shortened on both sides until it is there; see `carve_gaps`.

    Notes
    -----
    A segment's target is the share of a frame's hop, half of it on either side of the centre, that segments of the
    class cover: a border inside a hop is told to a fraction of it. Overlapping segments of one class count once. An
    event's target is exp(-d^2 / 2 width^2) at distance d of the nearest one, so that its peak is 1. Where
    `event_width_s` is far below the hop, an event between two frames is seen by neither: choose a width of half a hop
    at least.
    """
    frame_times_s = np.asarray(frame_times_s, np.float64)
    if len(frame_times_s) < 2:
        raise ValueError(f"frame_times_s has {len(frame_times_s)} frames: expected two or more, which tell the hop")
    hop_s = (frame_times_s[-1] - frame_times_s[0]) / (len(frame_times_s) - 1)
    is_segment_N = np.array([kind == "segment" for _, kind in classes], bool)[class_number]
    onset_s, offset_s = np.array(onset_s, np.float64), np.array(offset_s, np.float64)
    onset_s[is_segment_N], offset_s[is_segment_N] = carve_gaps(onset_s[is_segment_N], offset_s[is_segment_N], gap_s)
    target_KC = np.zeros((len(frame_times_s), len(classes)), np.float32)
    for number, (_, kind) in enumerate(classes):
        is_mine_N = class_number == number
        if not is_mine_N.any():
            continue
        if kind == "event":
            target_KC[:, number] = _compute_bumps(onset_s[is_mine_N], frame_times_s, event_width_s)
        else:
            target_KC[:, number] = _compute_cover(onset_s[is_mine_N], offset_s[is_mine_N], frame_times_s, hop_s)
    return target_KC


def carve_gaps(onset_s: np.ndarray, offset_s: np.ndarray, gap_s: float) -> tuple[np.ndarray, np.ndarray]:
    """Shorten segments so that neighbours are `gap_s` apart, taking equally from the one before and the one after.

    Parameters
    ----------
    onset_s, offset_s
        Segments of one channel, of whatever class, in any order, shape (G,).
    gap_s
        Between the end of one and the beginning of the next.

    Returns
    -------
    New onsets and offsets. Segments that overlap each other are left as they are, and none loses more than a quarter
    of its length on a side.
    """
    if gap_s <= 0 or len(onset_s) < 2:
        return onset_s, offset_s
    most_G = _LARGEST_CUT * (offset_s - onset_s)
    next_G = np.append(np.sort(onset_s), np.inf)[np.searchsorted(np.sort(onset_s), offset_s - _TOUCHING_S)]
    last_G = np.append(-np.inf, np.sort(offset_s))[np.searchsorted(np.sort(offset_s), onset_s + _TOUCHING_S, "right")]
    cut_after_G = 0.5 * np.clip(gap_s - np.maximum(next_G - offset_s, 0.0), 0.0, None)
    cut_before_G = 0.5 * np.clip(gap_s - np.maximum(onset_s - last_G, 0.0), 0.0, None)
    return onset_s + np.minimum(cut_before_G, most_G), offset_s - np.minimum(cut_after_G, most_G)


def find_carved(
    onset_s: np.ndarray,
    offset_s: np.ndarray,
    class_number: np.ndarray,
    classes: Sequence[SongClass],
    gap_s: float,
) -> np.ndarray:
    """Return what `carve_gaps` takes from segments, and what lies between them: joined stretches, shape (U, 2).

    Parameters are those of `compute_targets`.
    """
    is_segment_N = np.array([kind == "segment" for _, kind in classes], bool)[class_number]
    onset_s, offset_s = onset_s[is_segment_N], offset_s[is_segment_N]
    later_s, earlier_s = carve_gaps(onset_s, offset_s, gap_s)
    # Half a gap reaches what lies between two segments, which has another half from the other side.
    before = np.column_stack([onset_s - 0.5 * gap_s, later_s])[later_s > onset_s]
    after = np.column_stack([earlier_s, offset_s + 0.5 * gap_s])[earlier_s < offset_s]
    return join_stretches(np.concatenate([before, after]))


def _compute_bumps(event_s: np.ndarray, times_s: np.ndarray, width_s: float) -> np.ndarray:
    ordered = np.sort(event_s)
    place_K = np.searchsorted(ordered, times_s)
    before_K, after_K = ordered[np.maximum(place_K - 1, 0)], ordered[np.minimum(place_K, len(ordered) - 1)]
    distance_K = np.minimum(np.abs(times_s - before_K), np.abs(times_s - after_K))
    bump_K: np.ndarray = np.exp(-0.5 * (distance_K / width_s) ** 2)
    return bump_K


def _compute_cover(onset_s: np.ndarray, offset_s: np.ndarray, times_s: np.ndarray, hop_s: float) -> np.ndarray:
    """Return the share of each hop that the union of intervals covers."""
    order = np.argsort(onset_s, kind="stable")
    onset_s, end_s = onset_s[order], np.maximum.accumulate(offset_s[order])
    # Of each interval, what those before it have not covered.
    onset_s = np.maximum(onset_s, np.append(-np.inf, end_s[:-1]))
    length_s = np.maximum(end_s - onset_s, 0.0)
    total_s = np.append(0.0, np.cumsum(length_s))

    def covered_until(time_s: np.ndarray) -> np.ndarray:
        place = np.searchsorted(onset_s, time_s, side="right")
        within = np.minimum(time_s - onset_s[np.maximum(place - 1, 0)], length_s[np.maximum(place - 1, 0)])
        covered: np.ndarray = total_s[np.maximum(place - 1, 0)] + np.where(place > 0, within, 0.0)
        return covered

    share_K = (covered_until(times_s + 0.5 * hop_s) - covered_until(times_s - 0.5 * hop_s)) / hop_s
    clipped_K: np.ndarray = np.clip(share_K, 0.0, 1.0)
    return clipped_K
