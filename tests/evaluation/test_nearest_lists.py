"""The baseline without a model."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from subsong.evaluation import nearest_lists
from subsong.evaluation.nearest_lists import fit_nearest_lists

TRAIN = csr_array(np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0]], np.float32))


def test_species_of_the_nearest_list_score_highest() -> None:
    scores = fit_nearest_lists(TRAIN, num_neighbours=2).score(np.array([[True, False, False, False]]))
    cosine = np.array([1 / np.sqrt(2), 1 / np.sqrt(3)]) ** 4
    assert scores[0].tolist() == pytest.approx([1, 1, cosine[1] / cosine.sum(), 0], abs=1e-6)


def test_an_unknown_cell_of_a_neighbour_has_no_say() -> None:
    unknown = csr_array(np.array([[False, False, True, False], [False] * 4, [False] * 4, [False] * 4]))
    scores = fit_nearest_lists(TRAIN, unknown, num_neighbours=2).score(np.array([[True, False, False, False]]))
    assert scores[0, 2] == pytest.approx(1)


def test_nothing_shown_scores_nothing_and_never_divides_by_zero() -> None:
    scores = fit_nearest_lists(TRAIN).score(np.zeros((2, 4), bool))
    assert scores.tolist() == [[0] * 4] * 2


def test_blocks_change_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    baseline = fit_nearest_lists(csr_array((rng.random((50, 12)) < 0.3).astype(np.float32)), num_neighbours=5)
    shown = rng.random((20, 12)) < 0.3
    whole = baseline.score(shown)
    monkeypatch.setattr(nearest_lists, "_BLOCK_CELLS", 150)
    assert np.allclose(baseline.score(shown), whole)


def test_of_very_many_lists_some_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nearest_lists, "_MAX_LISTS", 3)
    assert fit_nearest_lists(TRAIN).presence.shape == (3, 4)
