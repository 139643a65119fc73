"""Stretches of time: unions and intersections, checked against every single moment."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.datasets.song.stretches import intersect_stretches, join_stretches


def cover(stretches: np.ndarray) -> set[int]:
    return {moment for start, stop in stretches.tolist() for moment in range(start, stop)}


def draw(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    start = rng.integers(0, 50, 6)
    return np.column_stack([start, start + rng.integers(1, 12, 6)])


@pytest.mark.parametrize("seed", range(20))
def test_a_union_holds_the_same_moments_apart_and_in_order(seed: int) -> None:
    stretches = draw(seed)
    joined = join_stretches(stretches)
    assert cover(joined) == cover(stretches)
    assert (joined[1:, 0] > joined[:-1, 1]).all()


@pytest.mark.parametrize("seed", range(20))
def test_an_intersection_holds_what_both_hold(seed: int) -> None:
    one, other = join_stretches(draw(seed)), join_stretches(draw(100 + seed))
    assert cover(intersect_stretches(one, other)) == cover(one) & cover(other)
    assert cover(intersect_stretches(one, other[:0])) == set()


def test_nothing_joins_to_nothing() -> None:
    assert join_stretches(np.empty((0, 2))).shape == (0, 2)
