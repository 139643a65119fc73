"""Site-by-species tables: what the cells mean, what the columns are, and what is said of tables that are broken."""

from __future__ import annotations

import gzip

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.sources.checklists import ATTRITION_SCHEMA, Checklists
from subsong.sources.species_table import SpeciesTableOptions, read_species_table

TABLE = """site,visit,habitat,x,Anas acuta,Larus marinus,Milvus migrans
a,1,wood,3.5,0,2,
a,2,wood,3.5,1,X,0
b,1,lake,7,,,
c,1,lake,9,0.25,TRUE,false
"""
OPTIONS = SpeciesTableOptions(id_column=("site", "visit"), group_columns=("site", "habitat"))


def write(path, text=TABLE):
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "table.csv")


def assert_equal(first: Checklists, second: Checklists) -> None:
    np.testing.assert_array_equal(first.counts.toarray(), second.counts.toarray())
    assert (first.unknown is None) == (second.unknown is None)
    if first.unknown is not None:
        np.testing.assert_array_equal(first.unknown.toarray(), second.unknown.toarray())
    assert first.items.drop("source").equals(second.items.drop("source"))
    assert first.species.equals(second.species)
    assert first.covariates.equals(second.covariates)


def test_cells_become_detections_or_unknown(path):
    lists = read_species_table(path, OPTIONS)
    np.testing.assert_array_equal(lists.counts.toarray(), [[0, 2, 0], [1, np.nan, 0], [0.25, 1, 0]])
    np.testing.assert_array_equal(lists.unknown.toarray(), [[0, 0, 1], [0, 0, 0], [0, 0, 0]])
    assert lists.counts.nnz == 5
    assert lists.counts.dtype == np.float32
    assert lists.unknown.dtype == bool


def test_ids_groups_species_and_covariates_are_kept_apart(path):
    lists = read_species_table(path, OPTIONS)
    assert lists.items.columns == ["list", "source", "row", "site", "habitat"]
    assert lists.items.row(2) == ("c:1", "table.csv", 4, "c", "lake")
    assert lists.species.to_dict(as_series=False) == {
        "key": ["Anas acuta", "Larus marinus", "Milvus migrans"],
        "name": [None] * 3,
    }
    assert lists.covariates.to_dict(as_series=False) == {"x": [3.5, 3.5, 9.0]}


def test_lists_without_a_known_cell_are_dropped_and_counted_or_kept(path):
    lists = read_species_table(path, OPTIONS)
    assert dict(lists.attrition.schema) == ATTRITION_SCHEMA
    assert lists.attrition.rows() == [("read", 4, 2, 5), ("lists with a cell that is not empty", 3, 2, 5)]
    kept = read_species_table(path, OPTIONS.model_copy(update={"drop_empty": False}))
    assert kept.items["list"].to_list() == ["a:1", "a:2", "b:1", "c:1"]
    np.testing.assert_array_equal(kept.unknown.toarray()[2], [1, 1, 1])


@pytest.mark.parametrize("name", ["packed.csv.gz", "other.tsv", "excel.csv", "quoted.csv", "windows.csv"])
def test_every_way_of_writing_text_reads_the_same(path, name):
    text = {
        "other.tsv": TABLE.replace(",", "\t"),
        "excel.csv": "\ufeff" + TABLE.replace(",", ";"),
        "quoted.csv": TABLE.replace("wood", '"wood"').replace("Anas acuta", '"Anas acuta"'),
        "windows.csv": TABLE.replace("\n", "\r\n") + "\r\n",
    }.get(name, TABLE)
    content = text.encode()
    path.with_name(name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert_equal(read_species_table(path.with_name(name), OPTIONS), read_species_table(path, OPTIONS))


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_parquet_reads_like_csv(tmp_path, missing):
    pl.DataFrame(
        {
            "id": [101, 102, 103],
            "present": [True, False, None],
            "count": [3, 0, 12],
            "cover": [0.5, missing, 0.0],
            "marked": ["X", "", "2"],
            "latitude": [1.5, missing, 3.0],
        }
    ).write_parquet(tmp_path / "table.parquet")
    text = "id,present,count,cover,marked,latitude\n101,TRUE,3,0.5,X,1.5\n102,FALSE,0,,,\n103,,12,0,2,3\n"
    parquet = read_species_table(tmp_path / "table.parquet")
    assert_equal(parquet, read_species_table(write(tmp_path / "table.csv", text)))
    assert parquet.items["list"].to_list() == ["101", "102", "103"]
    assert parquet.covariates["latitude"].to_list() == [1.5, None, 3.0]


def test_what_a_column_is_can_be_left_open(path, caplog):
    caplog.set_level("INFO")
    lists = read_species_table(path, SpeciesTableOptions(id_column=("site", "visit")))
    assert lists.species.height == 3
    assert lists.covariates.columns == ["x"]
    assert "taken for covariates: ['x']; passed over: ['habitat']" in caplog.text


def test_species_can_be_named_by_patterns_and_others_left_out(path):
    options = {"id_column": ("site", "visit"), "drop_empty": False}
    by_pattern = read_species_table(path, SpeciesTableOptions(**options, species_columns=("M*", "Anas acuta")))
    assert by_pattern.species["key"].to_list() == ["Milvus migrans", "Anas acuta"]
    assert by_pattern.covariates.columns == []
    dropped = read_species_table(path, SpeciesTableOptions(**options, drop_columns=("Anas acuta",)))
    assert dropped.species["key"].to_list() == ["Larus marinus", "Milvus migrans"]


def test_words_for_an_empty_cell_can_be_told(tmp_path):
    path = write(tmp_path / "table.csv", "id,a,b\n1,NA,-\n2,0,1\n")
    with pytest.raises(SubsongError, match="found '-'"):
        read_species_table(path)
    lists = read_species_table(path, SpeciesTableOptions(missing=("NA", "-"), drop_empty=False))
    np.testing.assert_array_equal(lists.unknown.toarray(), [[1, 1], [0, 0]])


def test_a_second_table_adds_covariates_by_the_part_of_the_id_it_has(path, caplog):
    write(path.with_name("sites.csv"), "site,habitat,elev,x\nc,lake,900,0\na,wood,300,0\n")
    options = OPTIONS.model_copy(update={"covariates_path": path.with_name("sites.csv"), "covariate_columns": ("x",)})
    lists = read_species_table(path, options.model_copy(update={"drop_empty": False}))
    assert lists.covariates.to_dict(as_series=False) == {
        "x": [3.5, 3.5, 7.0, 9.0],
        "elev": [300.0, 300.0, None, 900.0],
    }
    assert "no row for 1 of 4 lists" in caplog.text


def test_a_table_of_names_says_what_species_are_called(path):
    write(path.with_name("names.csv"), "code,latin,english\n7,Larus marinus,Great Black-backed Gull\n")
    options = OPTIONS.model_copy(
        update={
            "species_path": path.with_name("names.csv"),
            "species_key_column": "latin",
            "species_name_column": "english",
        }
    )
    assert read_species_table(path, options).species["name"].to_list() == [None, "Great Black-backed Gull", None]
    with pytest.raises(SubsongError, match=r"names none of the species, such as 'Anas acuta'.*'code', found '7'"):
        read_species_table(path, options.model_copy(update={"species_key_column": "code"}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("id,a,b\n", "has no rows"),
        ("id,a,b\n1,0,1\n2,0\n", "line 3 has 2 cells, expected 3"),
        ("id,a,b\n1,0,1,1\n", "line 2 has 4 cells, expected 3"),
        ("id,a,b\n1,0,1\n2,0,0\n1,1,1\n", r"line 4: id '1' is there for the second time \(first at .* line 2\)"),
        ("id,a,b\n1,0,1\n,0,0\n", "line 3: expected an id in column 'id', found an empty cell"),
        ("id,a,a\n1,0,1\n", "columns 2 and 3 are both named 'a'"),
        ("id,,\n1,0,1\n", "column 2 has no name but is not empty"),
        ("id,a,\n1,0,1\n", "column 3 has no name but is not empty"),
        ("id,a,a \n1,0,1\n", "columns 2 and 3 are both named 'a'"),
        ("id,a,b\n1,0,1\n2,1e300,0\n", r"line 3: expected a count that is finite.*in column 'a', found '1e300'"),
        ("id,a,b\n1,0,1\n2,0,many\n3,0,1\n", "line 3: expected a count.*in column 'b', found 'many'"),
        ("id,a,b\n1,0,1\n2,-3,1\n", "line 3: expected a count.*in column 'a', found '-3'"),
        ("id,a,b\n1,0,inf\n2,3,1\n", "line 2: expected a count.*in column 'b', found 'inf'"),
        ("id,a\n1,wood\n", "has no column of a species"),
        ("id\n1\n", "has no column of a species"),
        ("id,a\n1,\n2,\n", "every cell of 1 species is empty"),
    ],
)
def test_a_broken_table_is_told_with_line_and_column(tmp_path, text, message):
    with pytest.raises(SubsongError, match=message):
        read_species_table(write(tmp_path / "table.csv", text))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"id_column": "sites"}, "has no column 'sites': did you mean 'site'"),
        ({"id_column": "site"}, "id 'a' is there for the second time"),
        ({"species_columns": "Lari*"}, r"has no species column 'Lari\*'"),
        ({"covariate_columns": ("habitat",)}, "line 2: expected a number or an empty cell in column 'habitat'"),
        ({"group_columns": ("habitats",)}, "did you mean 'habitat'"),
        ({"drop_columns": ("Larus",)}, "has no column 'Larus'"),
    ],
)
def test_a_column_that_is_not_what_was_said_is_told(path, options, message):
    with pytest.raises(SubsongError, match=message):
        read_species_table(path, SpeciesTableOptions(**({"id_column": ("site", "visit")} | options)))


def test_bad_parquet_text_and_gzip_are_told(tmp_path):
    (tmp_path / "table.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(SubsongError, match="is no Parquet file"):
        read_species_table(tmp_path / "table.parquet")
    (tmp_path / "table.csv").write_bytes("id,a\n1,1\nü,0\n".encode("latin-1"))
    with pytest.raises(SubsongError, match="line 3 is not UTF-8"):
        read_species_table(tmp_path / "table.csv")
    (tmp_path / "table.csv.gz").write_bytes(gzip.compress(TABLE.encode())[:-9])
    with pytest.raises(SubsongError, match="is cut short"):
        read_species_table(tmp_path / "table.csv.gz")
    with pytest.raises(SubsongError, match="does not exist"):
        read_species_table(tmp_path / "nowhere.csv")


def test_tables_that_do_not_belong_together_are_told(path):
    write(path.with_name("sites.csv"), "site,elev\ne,900\n")
    with pytest.raises(SubsongError, match=r"sites.csv has no row for 4 of 4 lists.*do not belong together"):
        read_species_table(path, OPTIONS.model_copy(update={"covariates_path": path.with_name("sites.csv")}))
    write(path.with_name("sites.csv"), "place,elev\na,900\n")
    with pytest.raises(SubsongError, match=r"sites.csv has none of the columns site, visit"):
        read_species_table(path, OPTIONS.model_copy(update={"covariates_path": path.with_name("sites.csv")}))


def test_a_table_of_names_needs_its_two_columns():
    with pytest.raises(ValidationError, match="give all three"):
        SpeciesTableOptions(species_path="names.csv")


def test_the_breeding_bird_survey_reads_with_its_unknown_cells(real_data):
    lists = read_species_table(real_data / "bbs2011_mistnet" / "presence.csv.gz")
    assert lists.counts.shape == (1230, 448)
    assert lists.unknown.nnz == 1801
    assert lists.species["key"][0] == "Aechmophorus occidentalis"


def test_the_swiss_survey_reads_by_site_and_visit(real_data):
    folder = real_data / "swiss_mhb2014_ahmbook"
    options = SpeciesTableOptions(
        id_column=("siteID", "visit"),
        group_columns=("siteID",),
        covariate_columns=("date_day_from_apr1", "duration_min"),
        covariates_path=folder / "sites.csv",
        species_path=folder / "species.csv",
        species_key_column="latabb",
        species_name_column="engname",
    )
    lists = read_species_table(folder / "counts_by_visit.csv.gz", options)
    assert lists.counts.shape == (751, 158)
    assert lists.items["siteID"].n_unique() == 266
    assert lists.species["name"].null_count() == 0
    assert {"duration_min", "elev"} <= set(lists.covariates.columns)
    assert lists.attrition["num_lists"].to_list() == [801, 751]


def test_the_new_zealand_plots_read_with_their_environment(real_data):
    folder = real_data / "disdat_pa"
    options = SpeciesTableOptions(id_column="siteid", covariates_path=folder / "NZtest_env.csv.gz")
    lists = read_species_table(folder / "NZtest_pa.csv.gz", options)
    assert lists.counts.shape == (19120, 52)
    assert lists.unknown is None
    assert lists.covariates.columns[:3] == ["x", "y", "age"]
    assert lists.covariates.null_count().sum_horizontal()[0] == 0


def test_an_infinite_count_of_a_parquet_file_is_told(tmp_path):
    pl.DataFrame({"id": ["1", "2"], "a": [1.0, float("inf")]}).write_parquet(tmp_path / "table.parquet")
    with pytest.raises(SubsongError, match="row 2: expected a count that is finite"):
        read_species_table(tmp_path / "table.parquet")


def test_a_count_however_small_stays_a_detection(tmp_path):
    counts = read_species_table(write(tmp_path / "table.csv", "id,a,b\n1,1e-300,0\n")).counts
    assert counts.nnz == 1
    assert counts.data[0] > 0


def test_separators_at_the_end_of_lines_make_no_species(tmp_path):
    lists = read_species_table(write(tmp_path / "table.csv", "id,a,b,,\n1,0,1,,\n2,1,1, ,\n"))
    assert lists.species["key"].to_list() == ["a", "b"]
    assert lists.unknown is None


def test_a_first_column_without_a_name_is_that_of_the_ids(tmp_path):
    lists = read_species_table(write(tmp_path / "table.csv", ",a,b\nx,0,1\ny,1,1\n"))
    assert lists.items["list"].to_list() == ["x", "y"]
    assert lists.species["key"].to_list() == ["a", "b"]


@pytest.mark.parametrize("name", ["table.csv", "table.parquet"])
def test_blanks_around_names_and_ids_are_passed_over(tmp_path, name):
    if name == "table.csv":
        write(tmp_path / name, " id, Anas acuta ,b\n 1 ,0,1\n")
    else:
        pl.DataFrame({" id": [" 1 "], " Anas acuta ": [0], "b": [1]}).write_parquet(tmp_path / name)
    lists = read_species_table(tmp_path / name)
    assert lists.items["list"].to_list() == ["1"]
    assert lists.species["key"].to_list() == ["Anas acuta", "b"]
