"""Splits: exact shares, no group on two sides."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from subsong.core.errors import SubsongError
from subsong.datasets.splits import assign_splits


def items_of(*groups: int, column: str = "individual") -> pl.DataFrame:
    """Return a table with one group for each number, of that many items."""
    return pl.DataFrame({column: np.repeat([f"bird{number}" for number in range(len(groups))], groups)})


def counts_of(splits: pl.Series) -> dict[str, int]:
    return dict(splits.value_counts().rows())


@pytest.mark.parametrize(
    ("num_items", "expected"), [(10, (8, 1, 1)), (1000, (800, 100, 100)), (3, (1, 1, 1)), (7, (5, 1, 1))]
)
def test_random_shares_are_exact_and_no_split_is_empty(num_items, expected):
    splits = assign_splits(pl.DataFrame({"row": range(num_items)}))
    assert counts_of(splits) == dict(zip(("train", "validation", "test"), expected, strict=True))
    assert splits.name == "split"


def test_splits_depend_on_the_seed_alone():
    items = pl.DataFrame({"row": range(200)})
    assert assign_splits(items, seed=1).equals(assign_splits(items, seed=1))
    assert not assign_splits(items, seed=1).equals(assign_splits(items, seed=2))


def test_a_split_of_share_0_stays_empty():
    splits = assign_splits(pl.DataFrame({"row": range(9)}), {"train": 1.0, "validation": 0.0})
    assert counts_of(splits) == {"train": 9}


@settings(max_examples=60, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=3, max_size=25), seed=st.integers(0, 5))
def test_no_group_is_divided_and_no_split_is_empty(sizes, seed):
    items = items_of(*sizes).with_columns(split=pl.Series(assign_splits(items_of(*sizes), seed=seed, by="individual")))
    assert items.group_by("individual").agg(pl.col("split").n_unique())["split"].max() == 1
    assert items["split"].n_unique() == 3


def test_shares_by_group_count_items_not_groups():
    sizes = np.random.default_rng(0).integers(1, 50, 200)
    counts = counts_of(assign_splits(items_of(*sizes), by="individual"))
    for name, share in {"train": 0.8, "validation": 0.1, "test": 0.1}.items():
        assert counts[name] / sizes.sum() == pytest.approx(share, abs=0.01)


def test_a_large_group_goes_where_most_is_lacking():
    splits = assign_splits(items_of(1, 100, 1), by="individual")
    assert splits[50] == "train"


def test_groups_keep_their_split_when_the_items_are_shuffled():
    items = items_of(*range(1, 30))
    shuffled = items.sample(fraction=1.0, shuffle=True, seed=3)
    first = dict(zip(items["individual"], assign_splits(items, by="individual"), strict=True))
    second = dict(zip(shuffled["individual"], assign_splits(shuffled, by="individual"), strict=True))
    assert first == second


def test_items_without_a_group_are_kept_together_with_a_warning(caplog):
    items = pl.DataFrame({"day": ["a", None, "b", None, "c", None, "d", None]})
    splits = assign_splits(items, by="day")
    assert splits.filter(items["day"].is_null()).n_unique() == 1
    assert "4 of 8 items have no day" in caplog.text


def test_groups_may_be_numbers_or_dates():
    items = pl.DataFrame({"day": np.repeat(np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]"), 3)})
    assert assign_splits(items, by="day").n_unique() == 3


@pytest.mark.parametrize("column", ["individual", "recording", "day", "site", "locality"])
def test_a_random_split_of_grouped_items_warns(caplog, column):
    assign_splits(items_of(5, 5, 5, column=column))
    assert f"the items are grouped ({column})" in caplog.text


def test_a_random_split_of_items_without_groups_does_not_warn(caplog):
    assign_splits(pl.DataFrame({"recording": [f"{row}.wav" for row in range(20)], "day": [None] * 20}))
    assert not caplog.text


@pytest.mark.parametrize(
    ("items", "fractions", "by", "sentence"),
    [
        (
            items_of(5, 5),
            {"train": 0.8, "validation": 0.1, "test": 0.1},
            "individual",
            "2 groups in column 'individual'",
        ),
        (
            items_of(1, 1),
            {"train": 0.8, "validation": 0.1, "test": 0.1},
            None,
            "2 items cannot be divided into 3 splits",
        ),
        (items_of(), {"train": 0.9, "test": 0.1}, None, "0 items"),
        (items_of(5, 5), {"train": 0.8, "test": 0.1}, None, "sum to 0.9, expected"),
        (items_of(5, 5), {"train": 1.1, "test": -0.1}, None, "train 1.1, test -0.1"),
        (items_of(5, 5), {"train": 0.9, "test": 0.1}, "indvidual", "did you mean 'individual'"),
    ],
)
def test_what_cannot_be_divided_is_said(items, fractions, by, sentence):
    with pytest.raises(SubsongError, match=sentence):
        assign_splits(items, fractions, by=by)
