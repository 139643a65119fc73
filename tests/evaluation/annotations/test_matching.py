from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsong.evaluation.annotations.assignment import assign_pairs
from subsong.evaluation.annotations.matching import (
    Candidates,
    Spans,
    find_edges,
    find_onsets,
    find_overlaps,
    match_candidates,
)


def spans(*rows: tuple[float, float], group: int | list[int] = 0) -> Spans:
    onset_s, offset_s = np.array(rows, float).reshape(-1, 2).T
    return Spans(onset_s, offset_s, np.broadcast_to(np.asarray(group, np.int64), onset_s.shape))


def pairs_of(candidates: Candidates) -> set[tuple[int, int]]:
    return set(zip(candidates.truth.tolist(), candidates.found.tolist(), strict=True))


def find_best(
    costs: dict[tuple[int, int], float], row: int = 0, used: frozenset[int] = frozenset()
) -> tuple[int, float]:
    """Return the largest number of pairs and the least cost of so many, by trying everything."""
    if row == 4:
        return 0, 0.0
    best = find_best(costs, row + 1, used)
    for column in {0, 1, 2, 3} - used:
        if (row, column) in costs:
            number, cost = find_best(costs, row + 1, used | {column})
            best = min(best, (number + 1, cost + costs[row, column]), key=lambda one: (-one[0], one[1]))
    return best


@st.composite
def small_graphs(draw: st.DrawFn) -> dict[tuple[int, int], float]:
    cells = st.tuples(st.integers(0, 3), st.integers(0, 3))
    return draw(st.dictionaries(cells, st.floats(0, 1, allow_subnormal=False), min_size=1, max_size=12))


@settings(max_examples=150, deadline=None)
@given(small_graphs())
def test_as_many_pairs_are_made_as_can_be_and_the_nearest_of_these(costs: dict[tuple[int, int], float]) -> None:
    truth_E, found_E = np.array(list(costs), np.int64).T
    chosen = assign_pairs(truth_E, found_E, np.array(list(costs.values())))
    assert len(set(truth_E[chosen])) == len(set(found_E[chosen])) == len(chosen)
    num_best, cost_best = find_best(costs)
    assert len(chosen) == num_best
    assert sum(np.array(list(costs.values()))[chosen]) == pytest.approx(cost_best, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(small_graphs())
def test_the_best_sum_may_leave_a_pair_out(costs: dict[tuple[int, int], float]) -> None:
    truth_E, found_E = np.array(list(costs), np.int64).T
    values = np.array(list(costs.values()))
    gained = (1 - values[assign_pairs(truth_E, found_E, values, most=False)]).sum()
    # A pair of no gain is as good as none, so that the best sum is that of the most pairs with losses added.
    whole = {(row, column): -(1 - costs.get((row, column), 1.0)) for row in range(4) for column in range(4)}
    assert gained == pytest.approx(-find_best(whole)[1], abs=1e-9)


def test_a_large_cluster_is_solved_alike_without_its_matrix(monkeypatch: pytest.MonkeyPatch) -> None:
    onset_s = np.cumsum(np.random.default_rng(0).uniform(0.005, 0.03, 300))
    truth = Spans(onset_s, onset_s, np.zeros(300, np.int64))
    found_s = onset_s[::2] + np.random.default_rng(1).normal(0, 0.01, 150)
    found = Spans(found_s, found_s, np.zeros(150, np.int64))
    candidates = find_onsets(truth, found, 0.04)
    for most in (True, False):
        dense = match_candidates(candidates, 0.04, most)
        with monkeypatch.context() as patch:
            patch.setattr("subsong.evaluation.annotations.assignment._MAX_CELLS", 0)
            sparse = match_candidates(candidates, 0.04, most)
        assert len(sparse.truth) == len(dense.truth)
        errors = [np.abs(onset_s[pairs.truth] - found_s[pairs.found]).sum() for pairs in (dense, sparse)]
        assert errors[0] == pytest.approx(errors[1], abs=1e-9)


def test_overlap_of_one_third_is_allowed_up_to_one_third() -> None:
    truth, found = spans((0, 2)), spans((1, 3))
    assert find_overlaps(truth, found, 1 / 3).distance == pytest.approx([2 / 3])
    assert not len(find_overlaps(truth, found, 0.34).truth)


def test_a_pair_exactly_at_the_tolerance_agrees() -> None:
    assert pairs_of(find_onsets(spans((1.0, 2.0)), spans((1.01, 5.0)), 0.01)) == {(0, 0)}
    assert not pairs_of(find_edges(spans((1.0, 2.0)), spans((1.01, 5.0)), 0.01))
    assert pairs_of(find_edges(spans((1.0, 2.0)), spans((1.01, 1.99)), 0.01)) == {(0, 0)}


def test_nothing_is_paired_across_groups() -> None:
    truth = spans((0, 1), (0, 1), (5, 6), group=[0, 1, 1])
    found = spans((0, 1), (5, 6), (0, 1), group=[1, 0, 2])
    assert pairs_of(find_overlaps(truth, found, 0.1)) == {(1, 0)}
    assert pairs_of(find_onsets(truth, found, 0.5)) == {(1, 0)}


def test_nothing_agrees_with_nothing() -> None:
    assert not len(find_overlaps(spans(), spans((0, 1)), 0.5).truth)
    assert not len(match_candidates(find_onsets(spans((0, 1)), spans(), 0.5), 0.5).truth)


segments = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20), st.integers(0, 2)), max_size=12)


@settings(max_examples=150, deadline=None)
@given(segments, segments, st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_candidates_are_all_pairs_that_overlap_enough(
    true: list[tuple[int, int, int]], heard: list[tuple[int, int, int]], min_iou: float
) -> None:
    truth, found = (
        spans(*((on, on + length) for on, length, _ in rows), group=[group for *_, group in rows])
        for rows in (true, heard)
    )
    expected = set()
    for i, (on, length, group) in enumerate(true):
        for j, (other_on, other_length, other_group) in enumerate(heard):
            shared = max(0, min(on + length, other_on + other_length) - max(on, other_on))
            if group == other_group and shared >= min_iou * (length + other_length - shared) - 1e-12 and shared:
                expected.add((i, j))
    assert pairs_of(find_overlaps(truth, found, min_iou)) == expected


@settings(max_examples=100, deadline=None)
@given(segments, segments)
def test_looser_limits_never_lose_a_pair(true: list[tuple[int, int, int]], heard: list[tuple[int, int, int]]) -> None:
    truth, found = (spans(*((on, on + length) for on, length, _ in rows)) for rows in (true, heard))
    candidates = find_onsets(truth, found, 30)
    counts = [len(match_candidates(candidates, limit).truth) for limit in (0, 1, 2, 5, 10, 30)]
    assert counts == sorted(counts)


def test_a_chain_gives_the_most_pairs_or_the_best() -> None:
    truth, found = spans((0.0, 0.0), (0.03, 0.03)), spans((0.03, 0.03), (0.06, 0.06))
    candidates = find_onsets(truth, found, 0.04)
    assert len(match_candidates(candidates, 0.04).truth) == 2
    best = match_candidates(candidates, 0.04, most=False)
    assert (best.truth.tolist(), best.found.tolist()) == ([1], [0])
