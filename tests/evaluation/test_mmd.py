"""Discrepancies of conditions: against plain loops, and tests that are right about what they reject."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation import mmd
from subsong.evaluation.mmd import compute_mmd2, compute_mmd_matrix, estimate_bandwidth

RNG = np.random.default_rng(0)


def compute_by_loops(first: np.ndarray, second: np.ndarray, sigma: float) -> float:
    """The estimate of ava.md, section 6, term by term."""

    def kernel(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.exp(-((x - y) ** 2).sum() / (2 * sigma**2)))

    n, m = len(first), len(second)
    own_first = sum(kernel(first[i], first[j]) for i in range(n) for j in range(i))
    own_second = sum(kernel(second[i], second[j]) for i in range(m) for j in range(i))
    between = sum(kernel(x, y) for x in first for y in second)
    return 2 * own_first / (n * (n - 1)) + 2 * own_second / (m * (m - 1)) - 2 * between / (n * m)


@pytest.mark.parametrize("block_cells", [1 << 21, 30])
def test_the_estimate_is_that_of_plain_loops_in_any_blocks(monkeypatch, block_cells) -> None:
    monkeypatch.setattr(mmd, "_BLOCK_CELLS", block_cells)
    first, second = RNG.normal(size=(13, 3)) + 100, RNG.normal(size=(17, 3)) + 100.5
    assert compute_mmd2(first, second, 1.3) == pytest.approx(compute_by_loops(first, second, 1.3), abs=1e-12)


def test_the_bandwidth_is_the_median_distance_of_different_items() -> None:
    assert estimate_bandwidth(np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5.0)
    latents = RNG.normal(size=(500, 2))
    # The squared distance of two normal points in the plane is exponential with mean 4.
    assert estimate_bandwidth(latents) ** 2 == pytest.approx(4 * np.log(2), rel=0.15)
    assert estimate_bandwidth(latents, factor=0.25) == pytest.approx(estimate_bandwidth(latents) / 4)


def test_the_matrix_holds_each_pair_and_the_table_repeats_it() -> None:
    latents, conditions = RNG.normal(size=(60, 2)), np.repeat(["b", "a", "c"], 20)
    found = compute_mmd_matrix(latents, conditions, bandwidth=1.0)
    assert found.names == ["a", "b", "c"]
    assert found.mmd2[0, 2] == found.mmd2[2, 0] == pytest.approx(compute_mmd2(latents[20:40], latents[40:], 1.0))
    assert np.isnan(found.p_values).all()
    table = found.to_table()
    assert table["first"].to_list() == ["a", "a", "b"]
    assert table["mmd2"].to_list() == [found.mmd2[0, 1], found.mmd2[0, 2], found.mmd2[1, 2]]


def test_only_what_differs_is_found_to_differ() -> None:
    latents = RNG.normal(size=(150, 2))
    latents[100:] += 1.5
    conditions = np.repeat(["a", "b", "far"], 50)
    found = compute_mmd_matrix(latents, conditions, num_permutations=199)
    assert found.p_values[0, 2] == found.p_values[1, 2] == pytest.approx(1 / 200)
    assert found.q_values[0, 2] == pytest.approx(1.5 / 200)
    assert found.p_values[0, 1] > 0.05
    assert (found.p_values == compute_mmd_matrix(latents, conditions, num_permutations=199).p_values)[0, 1]


def test_p_values_of_one_condition_cut_in_two_are_uniform() -> None:
    conditions = np.repeat([0, 1], 15)
    found = [
        compute_mmd_matrix(RNG.normal(size=(30, 2)), conditions, 2.0, num_permutations=19, seed=trial).p_values[0, 1]
        for trial in range(200)
    ]
    assert np.mean(found) == pytest.approx(0.525, abs=0.07)
    assert np.mean(np.array(found) <= 0.1) < 0.17


def test_recordings_that_differ_among_themselves_are_no_proof_when_permuted_whole() -> None:
    recordings = np.repeat(np.arange(8), 25)
    conditions = np.where(recordings < 4, "day 1", "day 2")
    latents = RNG.normal(size=(8, 2))[recordings] + 0.2 * RNG.normal(size=(200, 2))
    assert compute_mmd_matrix(latents, conditions, num_permutations=99).p_values[0, 1] == pytest.approx(0.01)
    assert compute_mmd_matrix(latents, conditions, num_permutations=99, units=recordings).p_values[0, 1] > 0.05


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compute_mmd2(np.zeros((1, 2)), np.zeros((5, 2)), 1.0), "at least 2 items on each side, not 1 and 5"),
        (lambda: estimate_bandwidth(np.zeros((9, 2))), "give a bandwidth"),
        (lambda: compute_mmd_matrix(np.zeros((3, 1)), np.array(["a", "a", "b"]), 1.0), "condition 'b' has 1 item"),
        (lambda: compute_mmd_matrix(np.zeros((3, 1)), np.zeros(2)), "as many conditions, not 2"),
        (
            lambda: compute_mmd_matrix(np.eye(4), np.array([0, 0, 1, 1]), 1.0, 9, np.zeros(4)),
            "a unit has items of two conditions",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(call, message) -> None:
    with pytest.raises(SubsongError, match=message):
        call()
