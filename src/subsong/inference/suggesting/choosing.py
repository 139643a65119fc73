"""Choosing stretches one by one: where most is to be gained, and unlike those chosen already.

Legend: M = stretches, E = numbers a stretch is compared by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from subsong.core.words import count_noun
from subsong.inference.suggesting.measuring import DOUBTFUL_SCORE, Stretch

_MAX_NOVELTY, _NEAR_SHARE = 3.0, 0.5
_NEW, _UNSURE = 1.3, 2.0
_TINY = 1e-9


class Suggestion(NamedTuple):
    """A chosen stretch: its score, relative to an average stretch, and why it was chosen, in words."""

    stretch: Stretch
    score: float
    reason: str


def choose_stretches(stretches: Sequence[Stretch], total_s: float) -> list[Suggestion]:
    """Return stretches worth correcting, the best first, until they last `total_s` together.

    Notes
    -----
    The gain of a stretch is its expected number of wrong annotations per second plus its entropy, each relative to the
    mean over all stretches, halved, times its novelty (between 1 and 3). At each step it counts less by
    ``1 - exp(-(d / w)^2 / 2)``, d being the distance to the nearest stretch that was chosen and w half the median
    distance between stretches, so that of many alike one is chosen. Numbers are compared in units of their spread.
    """
    if not stretches:
        return []
    gain_M, embedding_ME = measure_gain(stretches), _standardise(stretches)
    width = _NEAR_SHARE * _find_median_distance(embedding_ME)
    fresh_M, chosen, length_s = np.ones(len(stretches)), list[Suggestion](), 0.0
    is_left_M = np.ones(len(stretches), dtype=bool)
    while length_s < total_s and is_left_M.any():
        best = int(np.where(is_left_M, gain_M * fresh_M, -1.0).argmax())
        stretch = stretches[best]
        chosen.append(Suggestion(stretch, float(gain_M[best] * fresh_M[best]), _explain(stretch, stretches)))
        is_left_M[best], length_s = False, length_s + stretch.duration_s
        distance_M = np.linalg.norm(embedding_ME - embedding_ME[best], axis=1)
        fresh_M = np.minimum(fresh_M, 1.0 - np.exp(-0.5 * (distance_M / width) ** 2))
    return chosen


def measure_gain(stretches: Sequence[Stretch]) -> np.ndarray:
    """Return what is to be gained by each stretch, shape (M,): 1 for an average one of familiar sound."""
    wrong_M = np.array([one.num_wrong / max(one.duration_s, _TINY) for one in stretches])
    entropy_M = np.array([one.entropy for one in stretches])
    novelty_M = np.array([one.novelty for one in stretches]).clip(1.0, _MAX_NOVELTY)
    unsure_M: np.ndarray = 0.5 * (wrong_M / (wrong_M.mean() + _TINY) + entropy_M / (entropy_M.mean() + _TINY))
    gain_M: np.ndarray = unsure_M * novelty_M
    return gain_M


def _standardise(stretches: Sequence[Stretch]) -> np.ndarray:
    embedding_ME = np.stack([one.embedding_E for one in stretches])
    standard_ME: np.ndarray = (embedding_ME - embedding_ME.mean(axis=0)) / (embedding_ME.std(axis=0) + _TINY)
    return standard_ME


def _find_median_distance(embedding_ME: np.ndarray) -> float:
    """Return the median distance of neighbours in the list and of those far apart in it; of all pairs would be many."""
    shifts = {1, max(1, len(embedding_ME) // 3), max(1, len(embedding_ME) // 2)}
    apart = [np.linalg.norm(embedding_ME - np.roll(embedding_ME, shift, axis=0), axis=1) for shift in sorted(shifts)]
    return float(np.median(np.concatenate(apart))) + _TINY


def _explain(stretch: Stretch, stretches: Sequence[Stretch]) -> str:
    """Return in words why a stretch stands out among others."""
    reasons = []
    if stretch.num_doubtful:
        reasons.append(
            f"{stretch.num_doubtful} of {count_noun(stretch.num_proposals, 'proposal')} below {DOUBTFUL_SCORE:g}"
        )
    if stretch.num_faint:
        reasons.append(f"{count_noun(stretch.num_faint, 'sound')} below the threshold")
    if stretch.entropy > _UNSURE * float(np.mean([one.entropy for one in stretches])):
        reasons.append("unsure of classes")
    if stretch.novelty > _NEW:
        reasons.append(f"sound {stretch.novelty:.1f} times as far from training as usual")
    return "; ".join(reasons) or "unlike the stretches above"
