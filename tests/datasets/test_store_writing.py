"""What every store has in common: begun, computed part by part, gone on with, finished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import is_store_of
from subsong.datasets.store import load_store, load_store_of
from subsong.datasets.store_writing import AS_USUAL, Part, StoreContent, WritingOptions, begin_store, write_store

ROWS = pl.DataFrame({"number": range(7)})
CONTENT = StoreContent("numbers", {"base": 2}, (), ROWS, 3, {"more.parquet": pl.DataFrame({"a": [1]})})
LEFT_OUT = pl.DataFrame({"number": [-1]})
ONE_BY_ONE = WritingOptions(num_workers=1)


def compute(rows: range) -> Part:
    """Keep even numbers, and list the others."""
    mine = ROWS[rows.start : rows.stop]
    even = mine.filter(pl.col("number") % 2 == 0)
    odd = mine.filter(pl.col("number") % 2 == 1)
    return Part({"x": [even["number"].to_numpy().astype(np.float32)]}, even, {"left_out.csv": odd})


def test_a_store_holds_what_was_computed_and_lists_what_was_not(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    options = WritingOptions(progress=lambda *counts: told.append(counts), num_workers=1)
    written = write_store(tmp_path / "out", CONTENT, compute, {"left_out.csv": LEFT_OUT}, options, "counting")
    store = load_store(tmp_path / "out")
    assert written.num_items == 4
    assert store.arrays["x"].fetch(np.arange(4)).tolist() == store.items["number"].to_list() == [0, 2, 4, 6]
    assert pl.read_csv(tmp_path / "out" / "left_out.csv")["number"].to_list() == [-1, 1, 3, 5]
    assert pl.read_parquet(tmp_path / "out" / "more.parquet").rows() == [(1,)]
    assert told == [("counting", 0, 7), ("counting", 3, 7), ("counting", 6, 7), ("counting", 7, 7)]


@pytest.mark.parametrize(
    ("other", "computed"),
    [
        (CONTENT, [6, 3]),
        (CONTENT._replace(parameters={"base": 3}), [6, 3, 0]),
        (CONTENT._replace(tables={"more.parquet": pl.DataFrame({"a": [2]})}), [6, 3, 0]),
    ],
)
def test_parts_that_were_done_are_computed_again_only_for_another_content(
    tmp_path: Path, other: StoreContent, computed: list[int]
) -> None:
    def stop_at_second(rows: range) -> Part:
        if rows.start:
            raise KeyboardInterrupt
        return compute(rows)

    with pytest.raises(KeyboardInterrupt):
        write_store(tmp_path / "out", CONTENT, stop_at_second, {"left_out.csv": LEFT_OUT}, ONE_BY_ONE)
    starts: list[int] = []

    def note(rows: range) -> Part:
        starts.append(rows.start)
        return compute(rows)

    written = write_store(tmp_path / "out", other, note, {"left_out.csv": LEFT_OUT}, ONE_BY_ONE)
    assert sorted(starts, reverse=True) == computed
    assert written.lists["left_out.csv"]["number"].to_list() == [-1, 1, 3, 5]


def test_a_store_is_known_by_its_kind_and_another_is_refused_with_what_makes_one(tmp_path: Path) -> None:
    write_store(tmp_path / "out", CONTENT, compute, {}, ONE_BY_ONE)
    assert is_store_of(tmp_path / "out", "letters", "numbers")
    assert not is_store_of(tmp_path / "out", "letters")
    with pytest.raises(SubsongError, match="of numbers, expected one of letters: 'subsong prepare letters'"):
        load_store_of(tmp_path / "out", "letters")
    with pytest.raises(SubsongError, match="turn words into one with 'subsong prepare letters"):
        load_store_of(tmp_path, "letters", "words")


def test_what_is_read_is_neither_a_dataset_nor_replaced(tmp_path: Path) -> None:
    write_store(tmp_path / "store", CONTENT, compute, {}, ONE_BY_ONE)
    with pytest.raises(SubsongError, match="is a dataset already: name the pictures it was prepared from"):
        begin_store(tmp_path / "store", tmp_path / "out", AS_USUAL, "pictures")
    with pytest.raises(SubsongError, match="would be replaced"):
        begin_store(tmp_path / "store" / "songs", tmp_path / "store", WritingOptions(overwrite=True))
    with pytest.raises(SubsongError, match="--overwrite"):
        begin_store(tmp_path / "songs", tmp_path / "store", AS_USUAL)
