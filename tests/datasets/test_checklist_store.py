"""The store of checklists: what is written comes back, whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from subsong.core.errors import SubsongError
from subsong.datasets.checklist_store import is_checklist_store, load_checklists, write_checklists
from subsong.datasets.checklists import ChecklistDataset
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists

COUNTS = np.array([[0, 3, np.nan], [0, 0, 0], [1, 0, 0]], np.float32)
LISTS = Checklists(
    csr_array(COUNTS),
    csr_array(np.array([[True, False, False], [False, True, False], [False] * 3])),
    pl.DataFrame({"list": ["S1", "S2", "S3"], "locality": ["L1", None, "L2"]}),
    pl.DataFrame({"key": ["a", "b", "c"], "name": ["A", None, "C"]}),
    pl.DataFrame({"hour": [1.5, None, 3.0]}),
    pl.DataFrame([("read", 4, 3, 5), ("complete", 3, 3, 3)], ATTRITION_SCHEMA, orient="row"),
)


def test_what_is_written_comes_back(tmp_path: Path) -> None:
    write_checklists(tmp_path / "lists", LISTS, {"option": 1})
    stored = load_checklists(tmp_path / "lists")
    assert np.array_equal(stored.checklists.counts.toarray(), COUNTS, equal_nan=True)
    assert stored.checklists.unknown is not None
    assert LISTS.unknown is not None
    assert np.array_equal(stored.checklists.unknown.toarray(), LISTS.unknown.toarray())
    for name in ("items", "species", "covariates", "attrition"):
        assert getattr(stored.checklists, name).equals(getattr(LISTS, name))
    assert stored.manifest.parameters == {"option": 1}
    assert ChecklistDataset(stored.checklists).hash() == ChecklistDataset(LISTS).hash()


def test_without_unknown_cells_there_is_no_file_of_them(tmp_path: Path) -> None:
    write_checklists(tmp_path / "lists", LISTS._replace(unknown=None))
    assert load_checklists(tmp_path / "lists").checklists.unknown is None
    assert not list((tmp_path / "lists").glob("unknown*"))


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    write_checklists(tmp_path / "lists", LISTS)
    with pytest.raises(SubsongError, match="already"):
        write_checklists(tmp_path / "lists", LISTS._replace(unknown=None))
    assert load_checklists(tmp_path / "lists").checklists.unknown is not None
    write_checklists(tmp_path / "lists", LISTS._replace(unknown=None), overwrite=True)
    assert load_checklists(tmp_path / "lists").checklists.unknown is None


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("all of it")
    with pytest.raises(SubsongError, match="no store of checklists"):
        write_checklists(tmp_path, LISTS, overwrite=True)
    assert (tmp_path / "thesis.txt").read_text() == "all of it"


def test_no_lists_are_no_store(tmp_path: Path) -> None:
    empty = LISTS._replace(counts=csr_array((0, 3), dtype=np.float32), items=LISTS.items.head(0))
    with pytest.raises(SubsongError, match="loosen the filter"):
        write_checklists(tmp_path / "lists", empty)
    assert not (tmp_path / "lists").exists()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    write_checklists(tmp_path / "lists", LISTS)
    path = tmp_path / "lists" / "counts_species.npy"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(SubsongError, match=r"counts_species\.npy"):
        load_checklists(tmp_path / "lists")


def test_files_of_two_stores_are_told_apart(tmp_path: Path) -> None:
    write_checklists(tmp_path / "lists", LISTS)
    np.save(tmp_path / "lists" / "counts_starts.npy", np.array([0, 1, 1, 2]))
    with pytest.raises(SubsongError, match="do not belong together"):
        load_checklists(tmp_path / "lists")


def test_a_folder_without_a_manifest_is_no_store(tmp_path: Path) -> None:
    assert not is_checklist_store(tmp_path)
    with pytest.raises(SubsongError, match="subsong prepare checklists"):
        load_checklists(tmp_path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    write_checklists(tmp_path / "lists", LISTS)
    manifest = tmp_path / "lists" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "version": 2}))
    with pytest.raises(SubsongError, match="version"):
        load_checklists(tmp_path / "lists")


def test_what_a_killed_process_left_of_a_store_goes_with_the_next(tmp_path: Path) -> None:
    killed = subprocess.Popen([sys.executable, "-c", ""])
    killed.wait()
    (tmp_path / f".lists.{killed.pid}.partial").mkdir()
    write_checklists(tmp_path / "lists", LISTS)
    assert [path.name for path in tmp_path.iterdir()] == ["lists"]
