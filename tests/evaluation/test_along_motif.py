"""Variability along a motif whose spread is known, and contexts of which one is half as variable."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2

from subsong.core.errors import SubsongError
from subsong.evaluation.along_motif import (
    AlongOptions,
    compare_variability_along,
    describe_variability_along,
)
from subsong.evaluation.variability import Centre

S, L = 12, 4
QUICK = AlongOptions(num_resamples=60, num_permutations=99)


def make_renditions(num: int, spread_S: np.ndarray | float = 1.0, seed: int = 0) -> np.ndarray:
    """Return renditions of a moving code, with a spread at each step."""
    path_SL = np.cumsum(np.random.default_rng(99).normal(size=(S, L)), axis=0)
    noise = np.random.default_rng(seed).normal(size=(num, S, L))
    return path_SL + np.broadcast_to(spread_S, S)[:, None] * noise


@pytest.mark.parametrize("centre", ["median", "medoid"])
def test_the_index_does_not_depend_on_how_many_renditions_a_context_has(centre: Centre) -> None:
    latents = np.concatenate([make_renditions(12, seed=1), make_renditions(300, seed=2)])
    contexts = ["few"] * 12 + ["many"] * 300
    found = describe_variability_along(latents, contexts, options=QUICK._replace(centre=centre))
    few, many = found.overall["variability"]
    assert found.overall["num_compared"].to_list() == [12, 12]
    assert many == pytest.approx(few, rel=0.15)


def test_bands_hold_the_truth_and_narrow_with_the_number_of_renditions() -> None:
    truth = float(chi2(L).median())
    widths = {}
    for num in (20, 150):
        found = describe_variability_along(make_renditions(num, seed=num), ["all"] * num, options=QUICK)
        held = found.steps.filter((pl.col("low") <= truth) & (truth <= pl.col("high"))).height
        assert held >= 0.7 * S
        assert (found.steps["low"] <= found.steps["high"]).all()
        widths[num] = (found.steps["high"] - found.steps["low"]).mean()
    assert widths[150] < 0.6 * widths[20]


@pytest.mark.parametrize("centre", ["median", "medoid"])
def test_half_the_variance_is_found_everywhere(centre: Centre) -> None:
    latents = np.concatenate([make_renditions(60, 0.5**0.5, seed=1), make_renditions(90, seed=2)])
    contexts = np.array(["directed"] * 60 + ["undirected"] * 90)
    found = compare_variability_along(
        latents, contexts, ("directed", "undirected"), options=QUICK._replace(centre=centre)
    )
    row = found.overall.row(0, named=True)
    assert row["reduction"] == pytest.approx(0.5, abs=0.08)
    assert row["low"] < row["difference"] < row["high"] < 0
    assert row["p_value"] == 0.01
    assert (found.steps["difference"] < 0).all()
    assert (found.steps["p_corrected"] >= found.steps["p_value"]).all()
    assert found.steps["p_value"].max() <= 0.05


def test_the_moment_at_which_contexts_differ_is_found_and_no_other() -> None:
    spread_S = np.ones(S)
    spread_S[5] = 0.3
    latents = np.concatenate([make_renditions(50, spread_S, seed=1), make_renditions(50, seed=2)])
    found = compare_variability_along(latents, ["a"] * 50 + ["b"] * 50, ("a", "b"), options=QUICK)
    assert found.steps.filter(pl.col("p_corrected") < 0.05)["step"].to_list() == [5]


def test_contexts_that_are_only_shifted_do_not_differ() -> None:
    latents = np.concatenate([make_renditions(40, seed=1), make_renditions(40, seed=2) + 5.0])
    found = compare_variability_along(latents, ["a"] * 40 + ["b"] * 40, ("a", "b"), options=QUICK)
    assert found.overall["p_value"][0] > 0.05
    assert abs(found.overall["reduction"][0]) < 0.2


def test_renditions_that_vary_by_recording_are_not_mistaken_for_a_difference() -> None:
    rng = np.random.default_rng(5)
    scale_U = np.exp(rng.normal(0, 1.0, 12))
    latents = np.concatenate([make_renditions(15, scale, seed=n) for n, scale in enumerate(scale_U)])
    contexts = np.repeat(["a", "b"], 90)
    units = np.repeat([f"{number}.wav" for number in range(12)], 15)
    alone, together = (
        compare_variability_along(latents, contexts, ("a", "b"), chosen, QUICK).overall for chosen in (None, units)
    )
    width = [row["high"][0] - row["low"][0] for row in (alone, together)]
    assert width[1] > 1.5 * width[0]
    assert together["p_value"][0] >= alone["p_value"][0]


def test_equal_seeds_give_equal_numbers() -> None:
    latents, contexts = make_renditions(30), ["a", "b"] * 15
    one, other = (compare_variability_along(latents, contexts, ("a", "b"), options=QUICK) for _ in range(2))
    assert one.steps.equals(other.steps)
    assert not one.steps.equals(
        compare_variability_along(latents, contexts, ("a", "b"), options=QUICK._replace(seed=1)).steps
    )


def test_what_has_no_variability_is_said() -> None:
    latents = make_renditions(6)
    with pytest.raises(SubsongError, match="context 'b' has 2 renditions: expected at least 3"):
        describe_variability_along(latents, ["a"] * 4 + ["b"] * 2)
    with pytest.raises(SubsongError, match="no rendition has the context 'c': there are a, b"):
        compare_variability_along(latents, ["a"] * 3 + ["b"] * 3, ("a", "c"))
    with pytest.raises(SubsongError, match=r"with 2 contexts and 6 units"):
        describe_variability_along(latents, ["a", "b"])
