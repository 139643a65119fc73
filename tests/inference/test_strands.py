"""Strands: windows of one rendition stay together where a plain map takes them apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.inference.projection import ProjectionOptions, load_projection
from subsong.inference.strands import build_strand_graph, fit_strands

NUM_RENDITIONS, NUM_STEPS, L = 6, 15, 3
OFFSETS = np.arange(NUM_RENDITIONS + 1) * NUM_STEPS
OPTIONS = ProjectionOptions(num_neighbours=6)


def make_renditions(noise: float = 0.3) -> np.ndarray:
    """Return renditions that jump at every step, and are alike at each: the nearest window is of another rendition."""
    rng = np.random.default_rng(0)
    return (rng.normal(0, 3, (NUM_STEPS, L)) + rng.normal(0, noise, (NUM_RENDITIONS, NUM_STEPS, L))).reshape(-1, L)


def compute_distances(latents: np.ndarray, factor: float) -> np.ndarray:
    """Return all distances with those of successive windows multiplied, in plain loops."""
    distances = np.linalg.norm(latents[:, None] - latents, axis=2)
    for one in range(len(latents) - 1):
        if (one + 1) % NUM_STEPS:
            distances[one, one + 1] *= factor
            distances[one + 1, one] *= factor
    return distances


def test_the_graph_is_that_of_all_distances() -> None:
    latents = make_renditions()
    graph = build_strand_graph(latents, OFFSETS, 6)
    expected = np.sort(compute_distances(latents, 1e-3), axis=1)[:, :6]
    np.testing.assert_allclose(graph.distance_NK, expected, atol=1e-6)
    np.testing.assert_array_equal(graph.index_NK[:, 0], np.arange(len(latents)))
    assert all(len(set(row)) == 6 for row in graph.index_NK.tolist())


def test_equal_windows_are_their_own_first_neighbours() -> None:
    graph = build_strand_graph(np.zeros((20, 2)), np.array([0, 20]), 5)
    np.testing.assert_array_equal(graph.index_NK[:, 0], np.arange(20))
    assert all(len(set(row)) == 5 for row in graph.index_NK.tolist())


def test_successive_windows_lie_closer_than_on_a_plain_map_and_the_same_each_time() -> None:
    latents = make_renditions()

    def measure(places: np.ndarray) -> float:
        """Return the median step of a rendition in units of the map's extent."""
        steps = np.linalg.norm(np.diff(places.reshape(NUM_RENDITIONS, NUM_STEPS, 2), axis=1), axis=2)
        return float(np.median(steps) / np.linalg.norm(places.std(axis=0)))

    strands = fit_strands(latents, OFFSETS, seed=1, options=OPTIONS)
    plain = fit_strands(latents, OFFSETS, seed=1, options=OPTIONS, factor=1.0)
    assert measure(strands.coordinates) < 0.6 * measure(plain.coordinates)
    again = fit_strands(latents, OFFSETS, seed=1, options=OPTIONS)
    np.testing.assert_array_equal(again.coordinates, strands.coordinates)


def test_strands_are_saved_as_a_map_that_places_other_windows(tmp_path: Path) -> None:
    latents = make_renditions()
    strands = fit_strands(latents, OFFSETS, options=OPTIONS)
    strands.save(tmp_path / "strands")
    places = load_projection(tmp_path / "strands").transform(latents[:5])
    np.testing.assert_allclose(places, strands.coordinates[:5], atol=1e-6)


def test_what_cannot_be_laid_out_is_refused() -> None:
    latents = make_renditions()
    with pytest.raises(SubsongError, match="at least 5 windows that differ, found 3"):
        fit_strands(latents[:3], np.array([0, 3]))
    with pytest.raises(SubsongError, match="above 0 and at most 1"):
        fit_strands(latents, OFFSETS, factor=0.0)
    with pytest.raises(SubsongError, match="euclidean metric only, not cosine"):
        fit_strands(latents, OFFSETS, options=ProjectionOptions(metric="cosine"))
