"""Labels of a stretch: majority, changes, and pieces too short to stand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from subsong.inference.annotating.labels import find_change, find_majority, split_labels


def paint(text: str, sure: float = 0.9) -> np.ndarray:
    """Return probabilities of the classes a, b and c for frames of the letters of `text`."""
    probabilities_KS = np.full((len(text), 3), (1.0 - sure) / 2)
    for frame, letter in enumerate(text):
        probabilities_KS[frame, "abc".index(letter)] = sure
    return probabilities_KS


def split(text: str, switch_nats: float = 5.0, min_frames: float = 0.0) -> str:
    parts = split_labels(paint(text), switch_nats, min_frames)
    assert [part.start for part in parts] == [0, *(part.stop for part in parts[:-1])]
    return "".join("abc"[part.class_number] * (part.stop - part.start) for part in parts)


def test_most_frames_decide_and_more_probability_among_equals() -> None:
    assert find_majority(paint("abbca")) in (0, 1)
    assert find_majority(paint("abbcb")) == 1
    assert find_majority(np.array([[0.9, 0.1], [0.4, 0.6]])) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [("aaaa", "aaaa"), ("aaaabbbb", "aaaabbbb"), ("aaaabaaaa", "aaaaaaaaa"), ("aaacccbbb", "aaacccbbb")],
)
def test_a_lasting_change_splits_and_a_moment_does_not(text: str, expected: str) -> None:
    assert split(text) == expected


def test_a_change_that_costs_too_much_leaves_one_label() -> None:
    assert split("aaaaabbb", switch_nats=1000.0) == "aaaaaaaa"
    assert split("abab", switch_nats=0.0) == "abab"


def test_short_parts_join_the_neighbour_that_is_more_probable_there() -> None:
    assert split("aaaabbcccc", switch_nats=0.0, min_frames=3) in ("aaaaaacccc", "aaaacccccc")
    assert split("aabb", switch_nats=0.0, min_frames=5) in ("aaaa", "bbbb")


def score_path(path, probabilities_KS: np.ndarray, switch_nats: float) -> float:
    changes = sum(before != after for before, after in itertools.pairwise(path))
    return float(np.log(probabilities_KS[np.arange(len(path)), list(path)]).sum()) - switch_nats * changes


@pytest.mark.parametrize("seed", range(12))
def test_the_split_is_the_best_of_all_that_change_where_the_best_class_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    probabilities_KS = rng.dirichlet(np.ones(3) * 0.5, size=7).clip(1e-3, 1.0)
    best_K = probabilities_KS.argmax(axis=1)
    allowed = [
        path
        for path in itertools.product(range(3), repeat=7)
        if all(path[k] == path[k + 1] or best_K[k] != best_K[k + 1] for k in range(6))
    ]
    parts = split_labels(probabilities_KS, 2.0, 0.0)
    found = [part.class_number for part in parts for _ in range(part.start, part.stop)]
    best = max(score_path(path, probabilities_KS, 2.0) for path in allowed)
    assert score_path(found, probabilities_KS, 2.0) == pytest.approx(best)


def test_a_change_lies_where_the_second_overtakes_the_first() -> None:
    assert find_change(np.array([0.8, 0.2]), np.array([0.4, 0.6])) == pytest.approx(0.75)
    assert find_change(np.array([0.4, 0.6]), np.array([0.1, 0.9])) == 0.5
