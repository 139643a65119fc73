"""Columns that sum up the others are no species."""

from __future__ import annotations

import pytest

from subsong.sources.species_table import SpeciesTableOptions, read_species_table
from subsong.sources.species_table_totals import is_total


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["Total", "sum", "Richness", "species_richness", "Total count", "row_total", "n_species"]
)
def test_names_of_totals_are_known(name):
    assert is_total(name)


@pytest.mark.parametrize("name", ["Summer Tanager", "Piranga rubra", "Totanus totanus", "Sumichrast's Scrub-Jay", "sp"])
def test_names_of_species_are_not_taken_for_totals(name):
    assert not is_total(name)


def test_sum_and_richness_of_the_others_are_left_out_and_named(tmp_path, caplog):
    path = write(tmp_path / "table.csv", "id,a,Total,b,Richness\n1,2,2,,1\n2,3,5,2,2\n3,0,,0,0\n")
    lists = read_species_table(path)
    assert lists.species["key"].to_list() == ["a", "b"]
    assert "column 'Total' is left out" in caplog.text
    assert "column 'Richness' is left out" in caplog.text


def test_what_is_only_called_a_total_stays_with_a_warning(tmp_path, caplog):
    path = write(tmp_path / "table.csv", "id,a,b,Sum\n1,2,0,2\n2,3,2,9\n")
    assert read_species_table(path).species["key"].to_list() == ["a", "b", "Sum"]
    assert "leave it out with table.drop_columns=[Sum]" in caplog.text


def test_species_that_were_named_are_not_judged(tmp_path, caplog):
    path = write(tmp_path / "table.csv", "id,a,Total\n1,2,2\n")
    lists = read_species_table(path, SpeciesTableOptions(species_columns=("a", "Total")))
    assert lists.species["key"].to_list() == ["a", "Total"]
    assert not caplog.text
