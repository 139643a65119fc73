"""Clusters: found where there are some, and not better than chance where there is one cloud."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.evaluation.clusters import (
    NOISE,
    compare_with_labels,
    find_clusters,
    find_dense_clusters,
    match_clusters,
    score_mixtures,
    score_separation,
    score_stability,
)

RNG = np.random.default_rng(0)
LABELS = np.repeat(np.arange(4), 75)
CLUSTERED = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [9, 9, 9]])[LABELS] + RNG.normal(size=(300, 3))
CLOUD = RNG.normal(size=(300, 3)) * [3, 2, 1]


@pytest.mark.parametrize("method", ["mixture", "kmeans"])
def test_both_methods_find_clusters_that_lie_apart(method) -> None:
    found = find_clusters(CLUSTERED, 4, method)
    assert compare_with_labels(found, LABELS).adjusted_rand > 0.99
    assert (found == find_clusters(CLUSTERED, 4, method)).all()


def test_dense_clusters_leave_noise_out() -> None:
    found = find_dense_clusters(np.concatenate([CLUSTERED, [[100.0, 100.0, 100.0]]]), 15)
    assert found[-1] == NOISE
    kept = found[:-1] != NOISE
    assert kept.mean() > 0.8
    assert compare_with_labels(found[:-1][kept], LABELS[kept]).adjusted_rand > 0.99


def test_the_number_of_clusters_is_told_by_every_score() -> None:
    scores = score_mixtures(CLUSTERED, [2, 4, 6], num_folds=3)
    at = scores["num_clusters"].to_list().index(4)
    assert scores["bic"].arg_min() == at
    assert scores["held_out"].arg_max() == at
    assert scores["silhouette"].arg_max() == scores["silhouette_excess"].arg_max() == at
    assert scores["davies_bouldin"].arg_min() == at


def test_one_cloud_has_no_better_clusters_than_its_gaussian() -> None:
    scores = score_mixtures(CLOUD, [3], num_folds=3)
    assert abs(scores["silhouette_excess"][0]) < 0.1
    assert score_mixtures(CLUSTERED, [4], num_folds=3)["silhouette_excess"][0] > 0.2


def test_clusters_of_thirds_agree_where_there_are_clusters() -> None:
    true = score_stability(CLUSTERED, [4], num_repeats=3)
    assert true["agreement"].min() > 0.98
    assert true["chance"].max() < 0.5
    assert score_stability(CLOUD, [4], num_repeats=3)["agreement"].mean() < 0.9


def test_matching_renames_clusters_for_the_best_agreement() -> None:
    assert match_clusters(np.array([0, 0, 1, 2]), np.array([5, 5, 3, 3])) == 0.75
    assert match_clusters(np.array([0, 1]), np.array([1, 0])) == 1.0


def test_the_scale_of_latents_does_not_matter() -> None:
    small = find_clusters(1e-4 * CLUSTERED, 4)
    assert match_clusters(small, find_clusters(CLUSTERED, 4)) == 1.0


def test_agreement_knows_split_from_merged() -> None:
    labels = np.array([0, 0, 1, 1])
    assert compare_with_labels(np.arange(4), labels).homogeneity == pytest.approx(1.0)
    assert compare_with_labels(np.zeros(4), labels).completeness == pytest.approx(1.0)
    assert compare_with_labels(np.zeros(4), labels).adjusted_rand == pytest.approx(0.0)


def test_one_cluster_has_no_separation() -> None:
    assert np.isnan(list(score_separation(CLOUD, np.zeros(300)).values())).all()


def test_what_cannot_be_clustered_is_said() -> None:
    with pytest.raises(SubsongError, match="3 items are too few"):
        find_clusters(np.zeros((3, 2)), 4)
