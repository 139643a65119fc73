"""Which label a stretch of sound has, and where it changes from one to another without a pause.

Legend: K = frames of one stretch, S = segment classes, R = runs of frames with the same best class.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

_SMALLEST = 1e-4


class LabelledPart(NamedTuple):
    """A part of a stretch: frames `start` to `stop` (excluded), and its class."""

    start: int
    stop: int
    class_number: int


def find_majority(probabilities_KS: np.ndarray) -> int:
    """Return the class that is the best in most frames; of equals the one of more probability."""
    counts_S = np.bincount(probabilities_KS.argmax(axis=1), minlength=probabilities_KS.shape[1])
    return int(np.lexsort((-probabilities_KS.sum(axis=0), -counts_S))[0])


def split_labels(probabilities_KS: np.ndarray, switch_nats: float, min_frames: float) -> list[LabelledPart]:
    """Return the parts of a stretch by label, which cover it.

    Parameters
    ----------
    probabilities_KS
        Of the segment classes in the frames of the stretch. "Nothing" is no label, so that no part is named so.
    switch_nats
        What a change of label costs: the parts maximise the log probability of their labels less this for each change.
    min_frames
        Shorter parts join a neighbour.
    """
    best_K = probabilities_KS.argmax(axis=1)
    start_R = np.concatenate([[0], np.flatnonzero(np.diff(best_K)) + 1])
    if len(start_R) == 1:
        return [LabelledPart(0, len(best_K), int(best_K[0]))]
    log_RS = np.add.reduceat(np.log(np.maximum(probabilities_KS, _SMALLEST, dtype=np.float64)), start_R)
    parts = _join_equal(start_R, len(best_K), _find_best_path(log_RS, switch_nats))
    return _join_short(parts, probabilities_KS, min_frames)


def _find_best_path(log_RS: np.ndarray, switch_nats: float) -> np.ndarray:
    """Return the class of each run that maximises the sum of `log_RS` less the cost of changes (Viterbi), (R,)."""
    total_S, came_from = log_RS[0], []
    for gain_S in log_RS[1:]:
        best = int(total_S.argmax())
        stays_S = total_S >= total_S[best] - switch_nats
        came_from.append(np.where(stays_S, np.arange(len(total_S)), best))
        total_S = np.where(stays_S, total_S, total_S[best] - switch_nats) + gain_S
    path = [int(total_S.argmax())]
    for previous_S in reversed(came_from):
        path.append(int(previous_S[path[-1]]))
    return np.array(path[::-1])


def _join_equal(start_R: np.ndarray, num_frames: int, class_R: np.ndarray) -> list[LabelledPart]:
    begins = np.flatnonzero(np.concatenate([[True], class_R[1:] != class_R[:-1]]))
    starts = start_R[begins]
    stops = np.append(starts[1:], num_frames)
    return [
        LabelledPart(int(start), int(stop), int(number))
        for start, stop, number in zip(starts, stops, class_R[begins], strict=True)
    ]


def _join_short(parts: list[LabelledPart], probabilities_KS: np.ndarray, min_frames: float) -> list[LabelledPart]:
    """Return the parts, the shortest one by one given to the neighbour whose class is more probable in it."""
    while len(parts) > 1:
        place = min(range(len(parts)), key=lambda number: parts[number].stop - parts[number].start)
        short = parts[place]
        if short.stop - short.start >= min_frames:
            break
        mean_S = probabilities_KS[short.start : short.stop].mean(axis=0)
        beside = [parts[number].class_number for number in (place - 1, place + 1) if 0 <= number < len(parts)]
        parts[place] = short._replace(class_number=max(beside, key=lambda number: float(mean_S[number])))
        parts = _join_equal(
            np.array([part.start for part in parts]),
            len(probabilities_KS),
            np.array([part.class_number for part in parts]),
        )
    return parts


def find_change(before_2: np.ndarray, after_2: np.ndarray) -> float:
    """Return how far from one frame to the next, 0 to 1, the second of two classes overtakes the first.

    Parameters
    ----------
    before_2, after_2
        Probabilities of the two classes in the last frame of the first and in the first frame of the second.
    """
    lead, lag = float(before_2[0] - before_2[1]), float(after_2[1] - after_2[0])
    # Where a part was given to a neighbour, neither need be ahead on its own side.
    if lead <= 0.0 or lag <= 0.0:
        return 0.5
    return lead / (lead + lag)
