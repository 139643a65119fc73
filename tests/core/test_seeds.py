"""Randomness as a pure function."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from subsong.core.seeds import derive_seed, numpy_generator, set_seed


def test_a_derived_seed_never_changes_between_versions():
    assert derive_seed(0, "order", 3) == 5486038029339273987


@given(st.integers(), st.text(), st.integers())
def test_a_derived_seed_fits_every_generator(seed, purpose, number):
    derived = derive_seed(seed, purpose, number)
    assert 0 <= derived < 2**63
    torch.Generator().manual_seed(derived)


def test_seeds_of_many_purposes_are_all_different():
    seeds = {derive_seed(s, p, n) for s in range(10) for p in ("order", "step") for n in range(100)}
    assert len(seeds) == 2000


def test_a_numpy_generator_repeats_itself():
    draws = [numpy_generator(1, "a").random(4) for _ in range(2)]
    np.testing.assert_array_equal(*draws)
    assert not np.array_equal(draws[0], numpy_generator(1, "b").random(4))


@pytest.mark.parametrize("seed", [0, 1, 2**40, -3])
def test_set_seed_makes_all_three_libraries_repeat(seed):
    def draw():
        set_seed(seed)
        return random.random(), float(np.random.rand()), float(torch.rand(()))  # noqa: NPY002

    assert draw() == draw()
