"""Which found annotation stands for which true one: by overlap, by both edges, or by the onset alone.

Legend: T = true annotations, N = found ones, E = candidate pairs, M = pairs made.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.evaluation.annotations.assignment import assign_pairs

# Times come from decimal fractions: what equals a limit on paper may miss it by the last binary digit.
ROUNDING = 1e-9
# What may be lost where the times of all groups are laid one behind the other.
_SLACK_S = 1e-4


class Spans(NamedTuple):
    """Annotations as times.

    Attributes
    ----------
    onset_s, offset_s
        Seconds, shape (N,); a point has both equal.
    group
        Only annotations of one group are ever paired: of one recording and, where labels count, of one label; int64,
        shape (N,).
    """

    onset_s: np.ndarray
    offset_s: np.ndarray
    group: np.ndarray


class Candidates(NamedTuple):
    """Pairs that may be made.

    Attributes
    ----------
    truth, found
        Numbers of the annotations, int64, shape (E,).
    distance
        How far the two are from agreeing, shape (E,): seconds, or ``1 - IoU``.
    """

    truth: np.ndarray
    found: np.ndarray
    distance: np.ndarray


class Pairs(NamedTuple):
    """Pairs made, one to one: numbers of true and of found annotations, int64, both of shape (M,)."""

    truth: np.ndarray
    found: np.ndarray


def find_overlaps(truth: Spans, found: Spans, min_iou: float) -> Candidates:
    """Return the pairs whose intersection over union is `min_iou` at least; their distance is ``1 - IoU``.

    ``IoU = |A and B| / |A or B|`` (Jaccard 1901), of lengths in time; a pair with a point has none.

    Parameters
    ----------
    truth, found
        As segments.
    min_iou
        Above 0, at most 1.
    """
    length_T = truth.offset_s - truth.onset_s
    # A segment that begins earlier or later than this cannot reach the overlap.
    first_T = truth.onset_s - length_T * (1.0 / min_iou - 1.0)
    last_T = truth.offset_s - length_T * min_iou
    truth_E, found_E = _find_onsets_between(truth, found, first_T, last_T)
    shared = np.minimum(truth.offset_s[truth_E], found.offset_s[found_E])
    shared = np.maximum(shared - np.maximum(truth.onset_s[truth_E], found.onset_s[found_E]), 0.0)
    length_N = found.offset_s - found.onset_s
    union = length_T[truth_E] + length_N[found_E] - shared
    iou_E = shared / np.where(union > 0, union, 1.0)
    return _keep(Candidates(truth_E, found_E, 1.0 - iou_E), 1.0 - min_iou)


def find_edges(truth: Spans, found: Spans, tolerance_s: float) -> Candidates:
    """Return the pairs both edges of which agree within a tolerance; their distance is the larger error, in seconds."""
    near = find_onsets(truth, found, tolerance_s)
    error_E = np.abs(truth.offset_s[near.truth] - found.offset_s[near.found])
    return _keep(near._replace(distance=np.maximum(near.distance, error_E)), tolerance_s)


def find_onsets(truth: Spans, found: Spans, tolerance_s: float) -> Candidates:
    """Return the pairs the onsets of which agree within a tolerance; their distance is the error, in seconds."""
    truth_E, found_E = _find_onsets_between(truth, found, truth.onset_s - tolerance_s, truth.onset_s + tolerance_s)
    error_E = np.abs(truth.onset_s[truth_E] - found.onset_s[found_E])
    return _keep(Candidates(truth_E, found_E, error_E), tolerance_s)


def match_candidates(
    candidates: Candidates, max_distance: float, most: bool = True, handicap: np.ndarray | None = None
) -> Pairs:
    """Return pairs, one to one, no further apart than `max_distance`; see `assign_pairs`.

    Parameters
    ----------
    candidates
        Found with a limit of `max_distance` at least.
    max_distance
        In the unit of their distance.
    most
        As many pairs as can be (then the nearest), else the best sum.
    handicap
        Added to the distance when pairs are chosen, not when they are allowed, shape (E,); small.
    """
    near = np.flatnonzero(candidates.distance <= max_distance + ROUNDING)
    cost = candidates.distance[near] if handicap is None else candidates.distance[near] + handicap[near]
    scale = max_distance if max_distance > 0 else 1.0
    truth_E, found_E = candidates.truth[near], candidates.found[near]
    chosen = assign_pairs(truth_E, found_E, cost / scale, most)
    return Pairs(truth_E[chosen], found_E[chosen])


def _keep(candidates: Candidates, max_distance: float) -> Candidates:
    near = np.flatnonzero(candidates.distance <= max_distance + ROUNDING)
    return Candidates(*(values[near] for values in candidates))


def _find_onsets_between(
    truth: Spans, found: Spans, first_T: np.ndarray, last_T: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return every pair of one group where the found one begins within the limits of the true one.

    The times of all groups are laid one behind the other, so that one sorted search serves all.
    """
    if not len(truth.onset_s) or not len(found.onset_s):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    low, high = float(found.onset_s.min()), float(found.onset_s.max())
    stride = high - low + 1.0
    key_N = found.onset_s - low + found.group * stride
    order = np.argsort(key_N, kind="stable")
    base_T = truth.group * stride - low
    start_T = np.searchsorted(key_N[order], base_T + np.clip(first_T, low, high + 0.5) - _SLACK_S)
    stop_T = np.searchsorted(key_N[order], base_T + np.clip(last_T, low - 0.5, high) + _SLACK_S, side="right")
    count_T = np.maximum(stop_T - start_T, 0)
    truth_E = np.repeat(np.arange(len(count_T)), count_T)
    place_E = np.arange(count_T.sum()) - np.repeat(np.cumsum(count_T) - count_T, count_T)
    found_E = order[start_T[truth_E] + place_E]
    same = found.group[found_E] == truth.group[truth_E]
    return truth_E[same], found_E[same]
