"""Graphs of neighbours: exact, and tied as umap-learn ties them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from subsong.inference.neighbour_graph import compute_ties, find_neighbour_graph

METRICS = {"euclidean": "euclidean", "cosine": "cosine", "correlation": "correlation", "manhattan": "cityblock"}
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("metric", METRICS)
def test_neighbours_are_those_of_all_distances(metric: str) -> None:
    latents = RNG.normal(size=(60, 5))
    graph = find_neighbour_graph(latents, 7, metric)
    distances = cdist(latents, latents, METRICS[metric])
    np.testing.assert_allclose(graph.distance_NK, np.sort(distances, axis=1)[:, :7], atol=1e-9)
    np.testing.assert_array_equal(graph.index_NK[:, 0], np.arange(60))
    chosen = np.take_along_axis(distances, graph.index_NK, axis=1)
    np.testing.assert_allclose(chosen, graph.distance_NK, atol=1e-9)


def test_equal_items_are_no_distance_apart_and_none_is_its_own_neighbour_twice() -> None:
    latents = np.repeat(1e4 + RNG.normal(size=(5, 3)), 4, axis=0)
    graph = find_neighbour_graph(latents, 6)
    assert (graph.distance_NK[:, :4] == 0).all()
    assert (graph.distance_NK[:, 4:] > 0).all()
    assert all(len(set(row)) == 6 for row in graph.index_NK.tolist())


@pytest.mark.parametrize("num_neighbours", [2, 8])
def test_ties_are_those_of_umap(monkeypatch: pytest.MonkeyPatch, num_neighbours: int) -> None:
    umap = pytest.importorskip("umap.umap_")
    for name in ("smooth_knn_dist", "compute_membership_strengths"):  # as Python runs them, without being compiled
        monkeypatch.setattr(umap, name, getattr(umap, name).py_func)
    latents = RNG.normal(size=(40, 3)) * RNG.uniform(0.01, 10, size=(40, 1))
    latents[:6] = latents[0]
    graph = find_neighbour_graph(latents, num_neighbours)
    near = {"knn_indices": graph.index_NK, "knn_dists": graph.distance_NK}
    expected, _, _ = umap.fuzzy_simplicial_set(latents, num_neighbours, None, "euclidean", **near)
    np.testing.assert_allclose(compute_ties(graph).toarray(), expected.toarray(), atol=2e-5)
