"""The variability index at all steps at once: that of each step alone, and of what it was given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from subsong.evaluation.variability import Centre, compute_variability_index
from subsong.evaluation.variability_steps import compute_index_along, compute_variability_along

from .test_along_motif import L, S, make_renditions


@pytest.mark.parametrize("centre", ["median", "medoid"])
def test_each_step_has_the_index_it_has_alone(centre: Centre) -> None:
    latents = make_renditions(31)
    expected = [compute_variability_index(latents[:, step], centre) for step in range(S)]
    np.testing.assert_allclose(compute_variability_along(latents, centre), expected)


def test_a_moving_code_has_the_variability_it_was_given() -> None:
    spread_S = np.linspace(0.2, 2.0, S)
    found = compute_variability_along(make_renditions(4000, spread_S))
    np.testing.assert_allclose(found, spread_S**2 * chi2(L).median(), rtol=0.08)


def test_a_rendition_drawn_twice_does_not_make_itself_central() -> None:
    latents = make_renditions(9)
    rows = np.array([0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8])
    for step in range(S):
        others = latents[rows, step]
        expected = []
        for row in np.unique(rows):
            squared = ((others - latents[row, step]) ** 2).sum(axis=1)[rows != row]
            expected.append(np.median(np.append(squared, 0.0)))
        assert compute_index_along(latents, rows, "medoid")[step] == pytest.approx(min(expected))
