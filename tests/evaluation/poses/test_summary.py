"""The table of scores: known and new identities apart, with intervals over identities."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from subsong.evaluation.bootstrap import compute_bootstrap_interval
from subsong.evaluation.poses.summary import ALL, KNOWN, NEW, find_scopes, summarise_scores

ITEMS = pl.DataFrame({"identity": ["a", "a", "b", "b", "c"], "is_known": [True, True, True, True, False]})
SCORES = {
    ("ssim", "model"): np.array([0.8, 0.9, 0.4, 0.5, 0.1]),
    ("psnr", "model"): np.array([20, np.inf, 10, 30, 5.0]),
}


def find(table, scope, metric):
    return table.filter(scope=scope, metric=metric).row(0, named=True)


def test_known_and_new_identities_are_told_apart():
    scopes = find_scopes(ITEMS)
    assert {name: rows.tolist() for name, rows in scopes.items()} == {KNOWN: [0, 1, 2, 3], NEW: [4]}


@pytest.mark.parametrize("items", [ITEMS.drop("is_known"), ITEMS.with_columns(is_known=pl.lit(None, pl.Boolean))])
def test_where_nothing_is_said_of_that_all_stand_together(items):
    assert list(find_scopes(items)) == [ALL]


def test_a_row_holds_mean_deviation_and_counts():
    row = find(summarise_scores(SCORES, ITEMS), KNOWN, "ssim")
    assert row["mean"] == pytest.approx(0.65)
    assert row["sd"] == pytest.approx(np.std([0.8, 0.9, 0.4, 0.5]))
    assert (row["num_pictures"], row["num_identities"], row["method"]) == (4, 2, "model")


def test_intervals_are_over_identities():
    row = find(summarise_scores(SCORES, ITEMS, seed=3), KNOWN, "ssim")
    values = SCORES["ssim", "model"][:4, None]
    expected = compute_bootstrap_interval(values, 3, np.array([0, 0, 1, 1]))
    assert (row["low"], row["high"]) == (pytest.approx(expected.low[0]), pytest.approx(expected.high[0]))
    assert row["low"] == pytest.approx(0.45)
    assert row["high"] == pytest.approx(0.85)


def test_one_identity_has_no_interval():
    row = find(summarise_scores(SCORES, ITEMS), NEW, "ssim")
    assert (row["mean"], row["low"], row["high"]) == (pytest.approx(0.1), None, None)


def test_infinite_and_missing_scores_are_left_out():
    row = find(summarise_scores(SCORES, ITEMS), KNOWN, "psnr")
    assert (row["mean"], row["num_pictures"]) == (pytest.approx(20), 3)
    nothing = summarise_scores({("ssim", "model"): np.full(5, np.nan)}, ITEMS)
    assert find(nothing, KNOWN, "ssim")["mean"] is None


def test_pictures_without_an_identity_stand_for_themselves():
    items = ITEMS.with_columns(identity=pl.lit(None, pl.String))
    assert find(summarise_scores(SCORES, items), KNOWN, "ssim")["num_identities"] == 4
