"""Splits of checklists: places that were trained on beside places that were not."""

from __future__ import annotations

import logging

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.datasets.checklist_splits import ChecklistSplitConfig, compute_blocks, split_checklists
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists


def make_lists(num_lists: int = 600, num_places: int = 60) -> Checklists:
    rng = np.random.default_rng(0)
    items = pl.DataFrame(
        {
            "list": [f"S{row}" for row in range(num_lists)],
            "locality": [f"L{place}" for place in rng.integers(0, num_places, num_lists)],
        }
    )
    covariates = pl.DataFrame({"latitude": rng.uniform(8, 9, num_lists), "longitude": rng.uniform(76, 77, num_lists)})
    counts = csr_array(np.ones((num_lists, 2), np.float32))
    species = pl.DataFrame({"key": ["a", "b"], "name": [None, None]})
    return Checklists(counts, None, items, species, covariates, pl.DataFrame(schema=ATTRITION_SCHEMA))


LISTS = make_lists()


def test_blocked_places_are_new_and_random_lists_come_from_known_places() -> None:
    items = split_checklists(LISTS, ChecklistSplitConfig(), seed=0)
    trained = set(items.filter(split="train")["locality"])
    blocked, random = (set(items.filter(part=part)["locality"]) for part in ("blocked", "random"))
    assert not blocked & trained
    assert len(random & trained) > 0.9 * len(random)
    assert not set(items.filter(split="validation")["locality"]) & trained
    shares = dict(items["split"].value_counts(normalize=True).rows())
    assert shares == pytest.approx({"train": 0.7, "validation": 0.1, "test": 0.2}, abs=0.03)
    parts = items["part"].value_counts().drop_nulls()["count"].to_list()
    assert parts == pytest.approx([60, 60], abs=20)


def test_equal_seeds_divide_alike_and_others_do_not() -> None:
    splits = [split_checklists(LISTS, ChecklistSplitConfig(), seed)["split"].to_list() for seed in (1, 1, 2)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]


def test_folds_cover_every_list_once_and_keep_places_whole() -> None:
    tests = []
    for fold in range(5):
        items = split_checklists(LISTS, ChecklistSplitConfig(num_folds=5, fold=fold), seed=3)
        assert not set(items.filter(split="test")["locality"]) & set(items.filter(split="train")["locality"])
        tests += items.filter(split="test")["list"].to_list()
    assert sorted(tests) == sorted(LISTS.items["list"])


def test_single_lists_are_divided_by_chance_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "subsong"):
        items = split_checklists(LISTS, ChecklistSplitConfig(by=None), seed=0)
    assert set(items.filter(split="test")["part"]) == {"random"}
    assert "locality" in caplog.text


def test_lists_that_share_nothing_are_their_own_groups() -> None:
    lists = LISTS._replace(items=LISTS.items.select("list"))
    items = split_checklists(lists, ChecklistSplitConfig(), seed=0)
    assert set(items.filter(split="test")["part"]) == {"random"}


@pytest.mark.parametrize("name", ["site", "siteID", "Site_ID", "LOCALITY ID".replace(" ", "_")])
def test_a_column_of_sites_is_found_however_it_is_spelt(name: str) -> None:
    lists = LISTS._replace(items=LISTS.items.rename({"locality": name}))
    items = split_checklists(lists, ChecklistSplitConfig(), seed=0)
    assert not set(items.filter(part="blocked")[name]) & set(items.filter(split="train")[name])


def test_blocks_are_squares_of_so_many_km() -> None:
    items = split_checklists(LISTS, ChecklistSplitConfig(by="block", block_km=20), seed=0)
    assert not set(items.filter(part="blocked")["block"]) & set(items.filter(split="train")["block"])
    # About 111 km by 110 km, in squares of 20 km.
    assert 30 <= items["block"].n_unique() <= 49


def test_a_block_is_as_wide_near_the_pole_as_at_the_equator() -> None:
    def count(latitude: float) -> int:
        table = pl.DataFrame({"latitude": [latitude] * 1000, "longitude": np.linspace(0, 10, 1000)})
        return compute_blocks(table, 50).n_unique()

    assert count(0.1) == pytest.approx(1113 / 50, abs=1.5)
    assert count(60.1) == pytest.approx(555 / 50, abs=1.5)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ChecklistSplitConfig(by="localty"), "locality"),
        (ChecklistSplitConfig(by="locality", num_folds=100), "at least 100"),
    ],
)
def test_what_cannot_be_divided_is_said(config: ChecklistSplitConfig, message: str) -> None:
    with pytest.raises(SubsongError, match=message):
        split_checklists(LISTS, config, seed=0)


def test_blocks_without_coordinates_say_what_is_needed() -> None:
    with pytest.raises(SubsongError, match="latitude and longitude"):
        compute_blocks(pl.DataFrame({"duration_min": [1.0]}), 10)


@pytest.mark.parametrize("values", [{"num_folds": 3, "fold": 3}, {"validation": 0.5, "test": 0.5}])
def test_impossible_shares_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        ChecklistSplitConfig(**values)
