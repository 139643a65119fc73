"""Variability of renditions, and the dimensions it has."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from subsong.core.errors import SubsongError
from subsong.evaluation import variability
from subsong.evaluation.variability import (
    compare_variability,
    compute_participation_ratio,
    compute_variability_index,
    count_effective_dimensions,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("block_cells", [1 << 22, 50])
def test_the_medoid_is_found_as_by_plain_loops(monkeypatch, block_cells) -> None:
    monkeypatch.setattr(variability, "_BLOCK_CELLS", block_cells)
    latents = RNG.normal(size=(21, 4)) + 50
    expected = min(np.median([((x - y) ** 2).sum() for y in latents]) for x in latents)
    assert compute_variability_index(latents) == pytest.approx(expected)


def test_the_index_of_a_gaussian_is_the_median_of_chi_square() -> None:
    latents = 2.0 * RNG.normal(size=(4000, 3))
    assert compute_variability_index(latents, "median") == pytest.approx(4 * chi2(3).median(), rel=0.05)
    assert compute_variability_index(latents[:1500]) == pytest.approx(4 * chi2(3).median(), rel=0.1)


def test_dimensions_are_those_that_vary() -> None:
    latents = RNG.normal(size=(5000, 6)) * [1, 1, 1, 0.01, 0, 0]
    assert count_effective_dimensions(latents) == 3
    assert compute_participation_ratio(latents) == pytest.approx(3, rel=0.01)
    assert count_effective_dimensions(np.ones((5, 2))) == 0
    assert np.isnan(compute_participation_ratio(np.ones((5, 2))))


def test_a_varying_group_is_told_from_a_steady_one_by_its_interval() -> None:
    latents = np.concatenate([RNG.normal(size=(200, 3)), 0.5 * RNG.normal(size=(200, 3)), RNG.normal(size=(1, 3))])
    groups = np.array(["undirected"] * 200 + ["directed"] * 200 + ["single"])
    found = compare_variability(latents, groups)
    assert found["group"].to_list() == ["directed", "undirected"]
    assert found["high"][0] < found["low"][1]
    assert ((found["low"] <= found["variability"]) & (found["variability"] <= found["high"])).all()
    assert found.equals(compare_variability(latents, groups))


def test_what_has_no_variability_is_said() -> None:
    with pytest.raises(SubsongError, match="at least 2 renditions, found 1"):
        compute_variability_index(np.zeros((1, 2)))
    with pytest.raises(SubsongError, match="no group has 2"):
        compare_variability(np.zeros((2, 2)), np.array(["a", "b"]))
