"""Dividing posed pictures."""

from __future__ import annotations

import logging
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.datasets.poses.splitting import PoseSplitConfig, divide_poses

from .made_up import make_pictures

ITEMS = make_pictures(20, 10, 2).items


def divide(items: pl.DataFrame = ITEMS, min_known: int = 2, seed: int = 0, **settings: Any) -> pl.DataFrame:
    return divide_poses(items, PoseSplitConfig(**settings), min_known, seed)


def identities(divided: pl.DataFrame, split: str) -> set[str]:
    return set(divided.filter(pl.col("split") == split)["identity"])


def test_without_known_pictures_no_identity_is_in_two_splits():
    divided = divide(known=0)
    parts = [identities(divided, name) for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [16, 2, 2]
    assert len(set.union(*parts)) == 20
    assert divided["is_known"].to_list() == (divided["split"] == "train").to_list()


def test_known_pictures_of_training_identities_join_validation_and_test():
    divided = divide(known=0.2)
    counts = divided.group_by("split", "is_known").len()
    assert {(split, is_known): number for split, is_known, number in counts.rows()} == {
        ("train", True): 16 * 6,
        ("validation", True): 16 * 2,
        ("validation", False): 20,
        ("test", True): 16 * 2,
        ("test", False): 20,
    }


def test_new_identities_are_those_of_no_training_picture():
    divided = divide()
    trained = identities(divided, "train")
    assert divided["is_known"].to_list() == [identity in trained for identity in divided["identity"]]


def test_known_pictures_come_in_pairs_at_least_where_one_shows_the_other():
    known = divide(known=0.01, min_known=2).filter("is_known", pl.col("split") == "test")
    assert set(known.group_by("identity").len()["len"]) == {2}
    alone = divide(known=0.01, min_known=1).filter("is_known", pl.col("split") == "test")
    assert set(alone.group_by("identity").len()["len"]) == {1}


def test_identities_of_few_pictures_are_left_to_training(caplog):
    items = ITEMS.filter(pl.col("row") % 10 < 5)
    with caplog.at_level(logging.WARNING):
        divided = divide(items)
    assert divided.filter(pl.col("split") != "train")["is_known"].sum() == 0
    assert "16 of the 16 identities to train on have too few pictures" in caplog.text


def test_no_test_part_means_none_of_known_identities_either():
    assert set(divide(test=0)["split"]) == {"train", "validation"}


def test_divisions_follow_the_seed():
    assert divide(seed=1).equals(divide(seed=1))
    assert not divide(seed=1).equals(divide(seed=2))


def test_one_identity_is_divided_by_picture_and_a_warning_says_so(caplog):
    one = make_pictures(1, 50, 2).items
    with caplog.at_level(logging.WARNING):
        divided = divide(one)
    assert divided["split"].value_counts().sort("split").rows() == [("test", 5), ("train", 40), ("validation", 5)]
    assert divided["is_known"].all()
    assert "all 50 pictures show one identity" in caplog.text


def test_another_column_may_keep_pictures_together():
    divided = divide(split_by="pose")
    assert set(divided.group_by("pose").agg(pl.col("split").n_unique())["split"]) == {1}
    assert divided["is_known"].all()


def test_a_given_split_is_taken_as_it_is():
    given = ["train"] * 100 + ["val"] * 50 + ["Test"] * 50
    divided = divide(ITEMS.with_columns(split=pl.Series(given)), split_by="split")
    assert divided["split"].to_list() == ["train"] * 100 + ["validation"] * 50 + ["test"] * 50


def test_a_given_split_of_another_name_is_an_error_that_names_the_row():
    items = ITEMS.with_columns(split=pl.Series(["train"] * 199 + ["dev"]))
    with pytest.raises(SubsongError, match=r"made-up\.npz row 199 has split 'dev', expected train, validation or test"):
        divide(items, split_by="split")


def test_a_given_split_without_validation_is_an_error():
    with pytest.raises(SubsongError, match="no picture's split is validation"):
        divide(ITEMS.with_columns(split=pl.lit("train")), split_by="split")


def test_an_unknown_column_is_an_error_that_names_the_nearest():
    with pytest.raises(SubsongError, match=r"data\.split_by is 'identty'.*did you mean 'identity'"):
        divide(split_by="identty")


def test_two_identities_are_too_few_for_three_parts():
    with pytest.raises(SubsongError, match=r"2 values of identity cannot.*data\.split_by=picture"):
        divide(make_pictures(2, 5).items)


def test_shares_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(ValidationError, match="leave nothing to train on"):
        PoseSplitConfig(validation=0.5, test=0.5)
