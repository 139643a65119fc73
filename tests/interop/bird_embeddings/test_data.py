"""From an eBird file to loaders: the documented matrix, without the documented losses."""

from __future__ import annotations

import builtins
import importlib

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings import (
    BirdChecklistDataset,
    EBirdPreprocessor,
    create_dataloaders,
    create_species_matrix,
    filter_columns,
    get_ebird_columns,
    get_full_tensor,
    get_species_statistics,
    load_ebird_data,
    split_train_val,
    validate_ebird_data,
)
from subsong.synthesis.ebird_files import write_ebird
from subsong.synthesis.ebird_text import KHOMAS

ID = "SAMPLING EVENT IDENTIFIER"


def make_rows(*rows):
    names = [ID, "COMMON NAME", "SCIENTIFIC NAME", "CATEGORY", "OBSERVATION TYPE", "ALL SPECIES REPORTED"]
    names += ["OBSERVATION COUNT", "LATITUDE", "OBSERVATION DATE"]
    kept = ["species", "Traveling", 1, "1", 10.5, "2024-01-01"]
    return pd.DataFrame([[event, name, f"S. {name}", *kept] for event, name in rows], columns=names)


ROWS = (("S2", "Crow"), ("S10", "Owl"), ("S10", "Crow"), ("S2", "Crow"), ("S3", "Ant"), ("S10", "Ant"))


def test_a_file_is_read_with_all_its_rows_and_its_trailing_column(files, data):
    assert data.shape == (files.num_rows, 53)
    assert data.columns[-1] == "Unnamed: 52"
    assert get_ebird_columns(files.ebd) == list(data.columns)


def test_quotes_are_text_and_only_a_blank_is_missing(made, tmp_path):
    data = load_ebird_data(write_ebird(tmp_path, made, region=KHOMAS).ebd)
    assert set(data["COUNTRY CODE"]) == {"NA"}
    assert data["CHECKLIST COMMENTS"].dropna().str.contains('"').any()
    assert data["EFFORT DISTANCE KM"].isna().any()


@pytest.mark.parametrize("compress", ["gz", "zip", "tar"])
def test_packed_files_and_archives_are_read_alike(made, data, tmp_path, compress):
    packed = load_ebird_data(write_ebird(tmp_path, made, compress=compress).ebd)
    pd.testing.assert_frame_equal(packed, data)


def test_rows_and_columns_can_be_chosen(files):
    assert load_ebird_data(files.ebd, nrows=7, columns=["COMMON NAME", ID]).shape == (7, 2)
    with pytest.raises(SubsongError, match="no column 'COMON NAME'; did you mean 'COMMON NAME'"):
        load_ebird_data(files.ebd, columns=["COMON NAME"])


def test_a_file_is_also_looked_for_among_the_raw_data(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "kerala.txt").write_bytes(files.ebd.read_bytes())
    assert len(load_ebird_data("elsewhere/kerala.txt", nrows=3)) == 3
    with pytest.raises(FileNotFoundError, match=r"no file at goa\.txt, data/raw/goa\.txt"):
        load_ebird_data("goa.txt")


def test_data_without_rows_or_columns_are_not_valid(data):
    assert validate_ebird_data(data)
    with pytest.raises(ValueError, match="no rows"):
        validate_ebird_data(data[:0])
    with pytest.raises(ValueError, match="no column 'SCIENTIFIC NAME'"):
        validate_ebird_data(data.drop(columns="SCIENTIFIC NAME"))


def test_the_21_columns_are_kept_and_absent_ones_named(data, caplog):
    assert filter_columns(data).shape == (len(data), 21)
    filter_columns(data.drop(columns="COUNTY"))
    assert "no column COUNTY" in caplog.text


def test_the_matrix_has_ids_in_the_order_of_text_and_species_alphabetically():
    matrix, species = create_species_matrix(make_rows(*ROWS))
    assert species == ["Ant", "Crow", "Owl"]
    assert list(matrix.columns) == [ID, *species]
    assert matrix[ID].tolist() == ["S10", "S2", "S3"]
    assert matrix[species].to_numpy().tolist() == [[1, 1, 1], [0, 1, 0], [1, 0, 0]]
    assert matrix[species].dtypes.eq(np.int64).all()


def test_the_matrix_is_that_of_a_pivot_table(data):
    kept = data[data["CATEGORY"] == "species"]
    kept = kept[kept["OBSERVATION TYPE"].isin(["Traveling", "Stationary"])]
    kept = kept[(kept["ALL SPECIES REPORTED"] == 1) & (kept["OBSERVATION COUNT"] != "0")].assign(presence=1)
    pivot = kept.pivot_table(index=ID, columns="COMMON NAME", values="presence", aggfunc="max", fill_value=0)
    pivot = pivot.loc[:, pivot.sum() >= 10]
    pivot = pivot[pivot.sum(axis=1) >= 3]
    matrix, species = create_species_matrix(data, min_species_observations=10, min_checklist_species=3)
    assert species == list(pivot.columns)
    assert matrix[ID].tolist() == list(pivot.index)
    np.testing.assert_array_equal(matrix[species].to_numpy(), pivot.to_numpy())


def test_rare_species_go_first_and_then_sparse_lists_once():
    matrix, species = create_species_matrix(make_rows(*ROWS), min_species_observations=2, min_checklist_species=2)
    assert species == ["Ant", "Crow"]
    assert matrix[ID].tolist() == ["S10"]


@pytest.mark.parametrize(
    ("column", "value"), [("CATEGORY", "spuh"), ("OBSERVATION TYPE", "Incidental"), ("ALL SPECIES REPORTED", 0)]
)
def test_each_filter_drops_its_rows_and_can_be_switched_off(column, value):
    data = make_rows(*ROWS)
    data.loc[1, column] = value
    assert create_species_matrix(data)[1] == ["Ant", "Crow"]
    assert create_species_matrix(data, apply_quality_filters=False)[1] == ["Ant", "Crow", "Owl"]


def test_a_filter_whose_column_is_missing_is_passed_over_with_a_warning(caplog):
    create_species_matrix(make_rows(*ROWS).drop(columns="CATEGORY"))
    assert "no column CATEGORY: that filter is passed over" in caplog.text


@pytest.mark.parametrize("era", ["2022", "2021", "2018", "2017"])
def test_older_files_make_the_same_matrix(made, matrix, tmp_path, era):
    older = load_ebird_data(write_ebird(tmp_path, made, era=era).ebd)
    pd.testing.assert_frame_equal(create_species_matrix(older, min_species_observations=20)[0], matrix)


def test_a_count_of_0_is_no_presence():
    data = make_rows(*ROWS)
    data.loc[1, "OBSERVATION COUNT"] = "0"
    assert create_species_matrix(data)[1] == ["Ant", "Crow"]


def test_metadata_stand_behind_the_species_and_are_none(data):
    matrix, species = create_species_matrix(data, keep_checklist_metadata=True)
    assert len(matrix) == matrix[ID].nunique()
    assert list(matrix.columns[1 + len(species) :])[:3] == ["COUNTY", "OBSERVATION DATE", "LATITUDE"]
    assert BirdChecklistDataset(matrix).species_columns == species
    assert get_species_statistics(matrix)["species_name"].isin(species).all()
    # Also where pandas has forgotten the mark.
    unmarked = pd.DataFrame(matrix.to_dict("list"))
    assert BirdChecklistDataset(unmarked).species_columns == species


def test_chosen_metadata_must_be_there():
    data = make_rows(*ROWS)
    matrix, _ = create_species_matrix(data, keep_checklist_metadata=True, metadata_cols=["LATITUDE"])
    assert matrix["LATITUDE"].tolist() == [10.5] * 3
    with pytest.raises(SubsongError, match="no column 'LATTITUDE'; did you mean 'LATITUDE'"):
        create_species_matrix(data, keep_checklist_metadata=True, metadata_cols=["LATTITUDE"])


def test_a_polars_frame_is_as_good(data):
    wanted = [ID, "COMMON NAME", "CATEGORY", "OBSERVATION TYPE", "ALL SPECIES REPORTED", "OBSERVATION COUNT"]
    theirs = pl.DataFrame({name: data[name].tolist() for name in wanted})
    pd.testing.assert_frame_equal(create_species_matrix(theirs)[0], create_species_matrix(data)[0])


def test_nothing_left_and_wrong_kinds_are_named():
    with pytest.raises(SubsongError, match="no observation is left"):
        create_species_matrix(make_rows())
    with pytest.raises(SubsongError, match="expected a pandas or polars DataFrame, found a list"):
        create_species_matrix([1, 2])


def test_without_pandas_the_error_says_how_to_get_it(monkeypatch):
    def refuse(name, *args):
        if name == "pandas":
            raise ImportError(name)
        return builtins.__import__(name, *args)

    monkeypatch.setattr(importlib, "import_module", refuse)
    with pytest.raises(SubsongError, match=r"pip install 'subsong\[pandas\]'"):
        load_ebird_data("kerala.txt")


def test_statistics_are_sorted_by_prevalence():
    table = get_species_statistics(create_species_matrix(make_rows(*ROWS))[0])
    assert table.columns.tolist() == ["species_name", "num_checklists", "prevalence"]
    assert table["species_name"].tolist() == ["Ant", "Crow", "Owl"]
    assert table["num_checklists"].tolist() == [2, 2, 1]
    assert table["prevalence"].tolist() == pytest.approx([2 / 3, 2 / 3, 1 / 3])


def test_the_preprocessor_aligns_other_data_to_what_it_has_seen():
    preprocessor = EBirdPreprocessor(min_species_observations=2)
    with pytest.raises(ValueError, match="fit_transform first"):
        preprocessor.transform(make_rows(*ROWS))
    fitted = preprocessor.fit_transform(make_rows(*ROWS))
    assert preprocessor.species_list_ == list(fitted.columns) == ["Ant", "Crow"]
    other = make_rows(("S7", "Crow"), ("S7", "Emu"))
    other["CATEGORY"] = "spuh"
    aligned = preprocessor.transform(other)
    assert aligned.to_dict("index") == {"S7": {"Ant": 0, "Crow": 1}}
    with pytest.raises(SubsongError, match="no observation is left"):
        preprocessor.transform(other, apply_quality_filters=True)


def test_the_dataset_holds_the_species_as_float32(matrix):
    dataset = BirdChecklistDataset(matrix)
    assert get_full_tensor(dataset).dtype == torch.float32
    assert dataset.data.shape == (dataset.num_checklists, dataset.num_species) == (len(matrix), matrix.shape[1] - 1)
    assert torch.equal(dataset[3], dataset.get_batch([3])[0])
    assert torch.equal(dataset.fetch(np.array([5, 2])).input, dataset.get_batch([5, 2]))
    with pytest.raises(SubsongError, match="no column 'Dodo'"):
        BirdChecklistDataset(matrix, ["Dodo"])


def test_the_split_is_a_seeded_permutation(matrix):
    train, val = split_train_val(matrix, val_size=0.2)
    order = torch.randperm(len(matrix), generator=torch.Generator().manual_seed(42))
    whole = BirdChecklistDataset(matrix).data
    assert len(val) == int(0.2 * len(matrix))
    assert torch.equal(train.data, whole[order[: len(train)]])
    assert torch.equal(val.data, whole[order[len(train) :]])


def test_the_split_takes_a_number_and_the_order_of_rows(matrix):
    train, val = split_train_val(matrix, val_size=30, shuffle=False)
    assert (len(train), len(val)) == (len(matrix) - 30, 30)
    assert torch.equal(val.data, BirdChecklistDataset(matrix).data[-30:])
    assert not torch.equal(split_train_val(matrix, random_seed=None)[0].data, train.data)


@pytest.mark.parametrize("val_size", [0, 1.0, 0.0001, 10**6, -0.5])
def test_a_split_that_leaves_nothing_is_refused(matrix, val_size):
    with pytest.raises(SubsongError, match="leaves some for both"):
        split_train_val(matrix, val_size=val_size)


def test_the_loaders_yield_bare_vectors_and_keep_the_last_batch(matrix):
    train, val = split_train_val(matrix)
    train_loader, val_loader = create_dataloaders(train, val, batch_size=64)
    batches = list(train_loader)
    assert batches[0].shape == (64, train.num_species)
    assert sum(map(len, batches)) == len(train)
    assert not torch.equal(torch.cat(batches), train.data)
    assert torch.equal(torch.cat(list(val_loader)), val.data)
