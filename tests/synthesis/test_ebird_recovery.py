"""Made-up lists, written as eBird would and read as we do, are the lists again: all eras, all packings."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.sparse import csr_array

from subsong.sources.ebird import read_ebird
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.ebird_files import write_ebird
from subsong.synthesis.ebird_headers import ERAS
from subsong.synthesis.ebird_rows import Oddities
from subsong.synthesis.ebird_text import KHOMAS

COLUMNS = ("list", "locality", "date")


@pytest.fixture(scope="module")
def made():
    return make_checklists(ChecklistWorldOptions(num_lists=300, num_localities=60, empty_share=0.03), seed=3)


def align(lists):
    """Return detections, counts and lists in the order of ids and keys, species that are on no list left out."""
    rows, columns = lists.items["list"].arg_sort(), lists.species["key"].arg_sort()
    found = csr_array(lists.counts)[rows.to_numpy()][:, columns.to_numpy()].tocoo()
    keys, ids = lists.species["key"][columns], lists.items["list"][rows]
    counts = pl.DataFrame({"list": ids[found.row], "key": keys[found.col], "count": found.data}).sort("list", "key")
    return counts, lists.items[rows].select(COLUMNS), lists.covariates[rows]


def check_recovered(found, made):
    for ours, theirs in zip(align(found), align(made.checklists), strict=True):
        assert_frame_equal(ours, theirs, abs_tol=1e-9)


@pytest.mark.parametrize("compress", [None, "gz", "zip", "tar"])
@pytest.mark.parametrize("era", ERAS)
def test_every_era_and_packing_gives_the_lists_back(made, tmp_path, era, compress):
    files = write_ebird(tmp_path, made, era=era, compress=compress)
    check_recovered(read_ebird(files.ebd), made)


def test_without_a_trailing_tab_and_from_namibia_too(made, tmp_path):
    files = write_ebird(tmp_path, made, trailing_tab=False, region=KHOMAS)
    check_recovered(read_ebird(files.ebd), made)


def test_rows_without_a_list_in_the_sampling_file_are_dropped(made, tmp_path):
    files = write_ebird(tmp_path, made, oddities=Oddities(orphan_share=0.02))
    check_recovered(read_ebird(files.ebd), made)
