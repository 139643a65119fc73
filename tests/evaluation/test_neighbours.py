"""Neighbourhoods: labels from other groups, retrieval, and features both ways."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier

from subsong.core.errors import SubsongError
from subsong.evaluation.neighbours import compute_precision_at, score_held_out_neighbours, score_two_way

RNG = np.random.default_rng(0)


def test_held_out_accuracy_is_that_of_leaving_one_group_out() -> None:
    labels, groups = RNG.integers(3, size=200), RNG.integers(5, size=200)
    latents = RNG.normal(size=(200, 4)) + labels[:, None]
    told = cross_val_predict(KNeighborsClassifier(7), latents, labels, groups=groups, cv=LeaveOneGroupOut())
    found = score_held_out_neighbours(latents, labels, groups, 7)
    assert found.accuracy == pytest.approx((told == labels).mean())
    right = [(told == labels)[groups == group].mean() for group in range(5)]
    assert found.per_group["accuracy"].to_list() == pytest.approx(right)


def test_what_is_known_only_from_ones_own_recording_does_not_count() -> None:
    """Each recording has its own place and its own labels: neighbours within it would tell them all."""
    groups = np.repeat(np.arange(4), 20)
    latents = 100.0 * groups[:, None] + RNG.normal(size=(80, 2))
    assert score_held_out_neighbours(latents, groups, groups).accuracy == 0.0
    assert np.nanmax(compute_precision_at(latents, groups, 5, groups)) == 0.0
    assert compute_precision_at(latents, groups, 5).min() == 1.0


def test_precision_is_that_of_a_plain_count() -> None:
    labels, groups = RNG.integers(3, size=60), RNG.integers(6, size=60)
    latents = RNG.normal(size=(60, 3))
    expected = []
    for item in range(60):
        order = np.argsort(((latents - latents[item]) ** 2).sum(axis=1))
        others = [other for other in order if groups[other] != groups[item]][:8]
        expected.append((labels[others] == labels[item]).mean())
    assert compute_precision_at(latents, labels, 8, groups) == pytest.approx(expected)


def test_an_item_without_other_groups_retrieves_nothing() -> None:
    assert np.isnan(compute_precision_at(RNG.normal(size=(5, 2)), np.zeros(5), 2, np.zeros(5))).all()


def test_latents_tell_the_features_they_hold_and_no_others() -> None:
    latents = RNG.normal(size=(800, 3)) * [3.0, 2.0, 1.0]
    features = pl.DataFrame(
        {"pitch": 5000 + 300 * latents[:, 0], "noise": RNG.normal(size=800), "constant": np.ones(800)}
    )
    found = score_two_way(latents, features)
    r2 = dict(zip(found.features["name"], found.features["r2"], strict=True))
    assert r2["pitch"] > 0.9
    assert abs(r2["noise"]) < 0.2
    assert np.isnan(r2["constant"])
    assert found.components["r2"][0] > 0.8
    assert found.components["r2"][1:].max() < 0.2
    assert found.components["share"].sum() == pytest.approx(1.0)


def test_units_of_features_do_not_matter_and_the_seed_does() -> None:
    latents = RNG.normal(size=(100, 3))
    features = pl.DataFrame({"a": latents[:, 0], "b": latents[:, 1] + RNG.normal(size=100)})
    scaled = features.with_columns(pl.col("a") * 1024)
    first, again = score_two_way(latents, features), score_two_way(latents, scaled)
    assert first.components["r2"].to_list() == pytest.approx(again.components["r2"].to_list())
    assert score_two_way(latents, features, seed=1).features["r2"][0] != first.features["r2"][0]


def test_missing_values_are_left_out_and_counted() -> None:
    latents = RNG.normal(size=(100, 2))
    pitch = pl.Series("pitch", latents[:, 0]).to_list()
    pitch[0], pitch[1] = None, float("nan")
    found = score_two_way(latents, pl.DataFrame({"pitch": pitch, "other": latents[:, 1]}))
    assert found.features["num_items"].to_list() == [98, 100]
    assert found.components["num_items"][0] == 98


def test_groups_keep_a_song_from_predicting_itself() -> None:
    groups = np.repeat(np.arange(20), 10)
    latents = RNG.normal(size=(20, 2))[groups] + 0.01 * RNG.normal(size=(200, 2))
    features = pl.DataFrame({"song": RNG.normal(size=20)[groups]})
    assert score_two_way(latents, features, 5).features["r2"][0] > 0.9
    assert score_two_way(latents, features, 5, groups=groups).features["r2"][0] < 0.3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: score_held_out_neighbours(np.zeros((3, 2)), np.zeros(2), np.zeros(3)), "3 items need as many labels"),
        (lambda: score_held_out_neighbours(np.zeros((3, 2)), np.zeros(3), np.zeros(3)), "at least 2 groups"),
        (lambda: compute_precision_at(np.zeros((3, 2)), np.zeros(3), 0), "at least 1 retrieved"),
        (lambda: score_two_way(np.zeros((3, 2)), pl.DataFrame({"a": [1, 2, 3]})), "from 2 to 3 folds"),
        (lambda: score_two_way(np.zeros((6, 2)), pl.DataFrame({"a": range(6)})), "too few for 10 neighbours"),
    ],
)
def test_what_cannot_be_scored_is_said(call, message) -> None:
    with pytest.raises(SubsongError, match=message):
        call()
