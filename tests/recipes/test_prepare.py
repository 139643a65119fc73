"""Preparing checklists from Python: what is returned, what is kept of how it was done, and what is left alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from subsong.core.errors import SubsongError
from subsong.core.files import hash_file
from subsong.datasets.checklist_store import load_checklists
from subsong.recipes.prepare import prepare_checklists
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.ebird_files import WrittenFiles, write_ebird

TABLE = "list,habitat,Anas acuta,Larus marinus\na,lake,2,\nb,coast,0,1\nc,coast,,\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> WrittenFiles:
    """Return an eBird file and its sampling file."""
    made = make_checklists(ChecklistWorldOptions(num_lists=80, num_species=12, num_localities=20), seed=2)
    return write_ebird(tmp_path_factory.mktemp("files"), made)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table with unknown cells."""
    path = tmp_path / "lists.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_what_is_returned_is_what_the_store_holds(table: Path, tmp_path: Path) -> None:
    lists = prepare_checklists(table, tmp_path / "store")
    stored = load_checklists(tmp_path / "store").checklists
    assert lists.unknown is not None
    assert stored.unknown is not None
    np.testing.assert_array_equal(lists.counts.toarray(), stored.counts.toarray())
    np.testing.assert_array_equal(lists.unknown.toarray(), stored.unknown.toarray())
    for name in ("items", "species", "covariates", "attrition"):
        assert getattr(lists, name).equals(getattr(stored, name))


def test_the_manifest_tells_the_options_and_the_files(files: WrittenFiles, tmp_path: Path) -> None:
    prepare_checklists(files.ebd.parent, tmp_path / "store", {"ebird.max_observers": 3})
    manifest = load_checklists(tmp_path / "store").manifest
    assert manifest.parameters["ebird"]["max_observers"] == 3
    assert {source.name for source in manifest.sources} == {path.name for path in files.ebd.parent.iterdir()}
    (source,) = (source for source in manifest.sources if source.name == files.ebd.name)
    assert source.sha256 == hash_file(files.ebd)


def test_a_sampling_file_elsewhere_can_be_named(files: WrittenFiles, tmp_path: Path) -> None:
    assert files.sampling is not None
    (tmp_path / "data").mkdir()
    for path in (files.ebd, files.sampling):
        (tmp_path / "data" / path.name.replace("_sampling", "_events")).write_bytes(path.read_bytes())
    events = tmp_path / "data" / files.sampling.name.replace("_sampling", "_events")
    lists = prepare_checklists(tmp_path / "data" / files.ebd.name, tmp_path / "store", {"sampling": str(events)})
    assert "with a sampling event" in lists.attrition["step"]


def test_progress_is_told_up_to_the_end(files: WrittenFiles, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    prepare_checklists(files.ebd, tmp_path / "store", progress=lambda done, total: told.append((done, total)))
    assert told[-1][0] == told[-1][1] > 0
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_nothing_is_read_when_there_is_a_store_already(table: Path, tmp_path: Path) -> None:
    prepare_checklists(table, tmp_path / "store")
    table.write_text("broken")
    with pytest.raises(SubsongError, match="holds a store of checklists already: say --overwrite"):
        prepare_checklists(table, tmp_path / "store")


def test_a_broken_file_leaves_the_store_that_was_to_be_replaced(table: Path, tmp_path: Path) -> None:
    prepare_checklists(table, tmp_path / "store")
    before = json.loads((tmp_path / "store" / "manifest.json").read_text())
    table.write_text(TABLE + "d,lake,1\n")
    with pytest.raises(SubsongError, match=r"lists\.csv line 5 has 3 cells, expected 4"):
        prepare_checklists(table, tmp_path / "store", overwrite=True)
    assert json.loads((tmp_path / "store" / "manifest.json").read_text()) == before
    assert load_checklists(tmp_path / "store").checklists.items.height == 2


def test_a_store_is_copied_with_what_it_says_of_its_files(table: Path, tmp_path: Path) -> None:
    first = prepare_checklists(table, tmp_path / "store", {"table.group_columns": ["habitat"]})
    second = prepare_checklists(tmp_path / "store", tmp_path / "copy")
    np.testing.assert_array_equal(first.counts.toarray(), second.counts.toarray())
    assert load_checklists(tmp_path / "copy").manifest == load_checklists(tmp_path / "store").manifest


def test_options_are_refused_where_a_store_would_not_hear_them(table: Path, tmp_path: Path) -> None:
    prepare_checklists(table, tmp_path / "store")
    with pytest.raises(SubsongError, match=r"prepared store, in which table\.drop_columns can change nothing"):
        prepare_checklists(tmp_path / "store", tmp_path / "copy", {"table.drop_columns": ["Anas acuta"]})
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("source", ["store", "store/lists.csv"])
def test_a_store_is_not_written_over_what_it_is_made_from(source: str, table: Path, tmp_path: Path) -> None:
    prepare_checklists(table, tmp_path / "store")
    table.rename(tmp_path / "store" / "lists.csv")
    with pytest.raises(SubsongError, match="would be replaced by the store"):
        prepare_checklists(tmp_path / source, tmp_path / "store", overwrite=True)
    assert (tmp_path / "store" / "lists.csv").read_text() == TABLE
