"""Sparse lists, dense batches: what a cell means must survive every step."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch
from scipy.sparse import csr_array

from subsong.datasets.checklists import ChecklistDataset, align_species, take_lists
from subsong.datasets.covariates import fit_covariates
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists, build_lists, set_covariates

SPECIES = ["Corvus corax", "Parus major", "Sitta europaea", "Turdus merula"]
NAMES = ["Raven", "Great Tit", None, "Blackbird"]


def make_lists(found: list[list[int]], unknown: list[tuple[int, int]] | None = None) -> Checklists:
    """Return lists with the species of these numbers, and cells of which nothing is known."""
    presence = np.zeros((len(found), len(SPECIES)), np.float32)
    for row, columns in enumerate(found):
        presence[row, columns] = np.nan
    gaps = None
    if unknown:
        rows, columns = zip(*unknown, strict=True)
        gaps = csr_array((np.ones(len(rows), bool), (rows, columns)), shape=presence.shape)
    items = pl.DataFrame({"list": [f"S{row}" for row in range(len(found))], "source": "made", "row": range(len(found))})
    species = pl.DataFrame({"key": SPECIES, "name": NAMES})
    covariates = pl.DataFrame({"duration_min": np.arange(len(found), dtype=float) * 10})
    return Checklists(csr_array(presence), gaps, items, species, covariates, pl.DataFrame(schema=ATTRITION_SCHEMA))


LISTS = make_lists([[0, 1], [], [1, 2, 3], [3]], unknown=[(1, 0), (3, 1), (3, 2)])


def test_a_batch_is_one_where_a_species_was_found_whatever_its_count() -> None:
    batch = ChecklistDataset(LISTS).fetch(np.array([2, 0, 2]))
    assert batch.target.tolist() == [[0, 1, 1, 1], [1, 1, 0, 0], [0, 1, 1, 1]]
    assert batch.rows.tolist() == [2, 0, 2]
    assert torch.equal(batch.input, batch.target)


def test_an_empty_list_is_a_row_of_zeros_and_no_rows_are_an_empty_batch() -> None:
    dataset = ChecklistDataset(LISTS)
    assert dataset.fetch(np.array([1])).target.tolist() == [[0, 0, 0, 0]]
    assert dataset.fetch(np.zeros(0, np.int64)).target.shape == (0, 4)


def test_unknown_cells_are_masked_and_complete_lists_have_no_mask() -> None:
    mask = ChecklistDataset(LISTS).fetch(np.array([0, 1, 3])).mask
    assert mask is not None
    assert mask.tolist() == [[True] * 4, [False, True, True, True], [True, False, False, True]]
    assert ChecklistDataset(LISTS._replace(unknown=None)).fetch(np.array([0])).mask is None


@pytest.mark.parametrize("index", [-1, 4])
def test_a_row_that_is_not_there_is_an_error(index: int) -> None:
    with pytest.raises(IndexError):
        ChecklistDataset(LISTS).fetch(np.array([index]))


def test_taking_lists_keeps_everything_that_belongs_to_them() -> None:
    taken = take_lists(LISTS, np.array([3, 0]))
    assert taken.items["list"].to_list() == ["S3", "S0"]
    assert taken.covariates["duration_min"].to_list() == [30, 0]
    assert taken.unknown is not None
    assert taken.unknown.toarray().tolist() == [[False, True, True, False], [False] * 4]


def test_columns_are_matched_by_key_or_name_in_any_order() -> None:
    wanted = pl.DataFrame({"key": ["Blackbird", "Parus major", "Corvus corax"], "name": [None, "Great Tit", "Raven"]})
    aligned, alignment = align_species(LISTS, wanted)
    assert np.nan_to_num(aligned.counts.toarray(), nan=1).tolist() == [[0, 1, 1], [0, 0, 0], [1, 1, 0], [1, 0, 0]]
    assert alignment.missing == []
    assert alignment.unfamiliar == ["Sitta europaea"]
    assert aligned.unknown is not None
    assert aligned.unknown.toarray().tolist() == [[False] * 3, [False, False, True], [False] * 3, [False, True, False]]


def test_a_species_without_a_column_is_unknown_and_not_absent() -> None:
    wanted = pl.DataFrame({"key": ["Parus major", "Bubo bubo"], "name": ["Great Tit", "Eagle-owl"]})
    aligned, alignment = align_species(LISTS, wanted)
    assert alignment.missing == ["Bubo bubo"]
    mask = ChecklistDataset(aligned).fetch(np.arange(4)).mask
    assert mask is not None
    assert mask[:, 1].tolist() == [False] * 4
    assert mask[:, 0].tolist() == [True, True, True, False]


def test_hash_tells_data_apart() -> None:
    others = [
        LISTS._replace(unknown=None),
        make_lists([[0, 1], [], [1, 2, 3], [2]]),
        LISTS._replace(items=LISTS.items.with_columns(list=pl.col("list") + "x")),
    ]
    hashes = {ChecklistDataset(lists).hash() for lists in [LISTS, *others]}
    assert len(hashes) == 4
    assert ChecklistDataset(LISTS).hash() in hashes


def test_covariates_of_a_batch_are_those_of_its_rows() -> None:
    encoders = fit_covariates(LISTS.covariates, ["duration_min"])
    dataset = ChecklistDataset(LISTS, encoders)
    whole = dataset.fetch(np.arange(4)).covariates
    assert dataset.num_covariates == 1
    assert torch.equal(dataset.fetch(np.array([3, 1])).covariates, whole[[3, 1]])
    assert whole[:, 0].diff().gt(0).all()


def test_lists_by_hand_know_their_species_and_one_value_for_all() -> None:
    lists = build_lists([["Raven", "Corvus corax"], ["Sitta europaea"]], LISTS.species, {"duration_min": 60})
    assert np.isnan(lists.counts.data).all()
    assert lists.counts.indices.tolist() == [0, 2]
    assert lists.covariates["duration_min"].to_list() == [60, 60]
    assert set_covariates(LISTS, {"duration_min": 5}).covariates["duration_min"].to_list() == [5] * 4
