"""Mistakes in using a model of checklists: one sentence, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.cli.mistaken_lists import TABLE, complain, prepare, read_all, write

from subsong.cli.main import run
from subsong.recipes import run as recipes


def test_species_missing_or_renamed_are_reported_and_it_works(
    trained: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path / "new.csv", "list,Anas acuta,Larus marinos\na,1,0\nb,0,1\n")
    assert run(["predict", str(trained), str(path), "--out", str(tmp_path / "more.csv")]) == 0
    assert "1 species is unknown to the model and left out: Larus marinos" in caplog.text
    assert "did you mean 'Larus marinus'?" in caplog.text
    assert "2 of the model's 3 species have no column" in caplog.text
    table = pl.read_csv(tmp_path / "more.csv")
    assert set(table.filter(pl.col("list") == "b")["species"]) == {"Anas acuta", "Larus marinus", "Milvus migrans"}


def test_an_empty_list_is_completed_from_what_is_common(trained: Path, tmp_path: Path) -> None:
    path = write(tmp_path / "new.csv", "list,Anas acuta,Larus marinus,Milvus migrans\nempty,0,0,0\n")
    assert run(["predict", str(trained), str(path), "--out", str(tmp_path / "more.csv")]) == 0
    table = pl.read_csv(tmp_path / "more.csv")
    assert len(table) == 3
    assert np.isfinite(table["probability"].to_numpy()).all()
    assert table["species"][0] == "Larus marinus"


@pytest.mark.parametrize("verb", [["predict"], ["embed"], ["evaluate", "--samples=0", "--data"]], ids=lambda v: v[0])
def test_lists_with_no_species_in_common_are_refused(
    verb: list[str], trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "new.csv", "list,Spheniscus demersus\na,1\nb,0\n")
    out = tmp_path / "old.csv"
    write(out, "kept")
    name, *options = verb
    said = complain(capsys, name, trained, *options, path, "--out", out)
    assert "no species in common" in said
    assert "Spheniscus demersus" in said
    assert "Anas acuta" in said
    assert out.read_text() == "kept"


@pytest.mark.parametrize("command", [["predict", "--species"], ["near", "species"]], ids=" ".join)
def test_a_misspelt_species_names_the_nearest(
    command: list[str], trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: list[str | Path]
    arguments = ["near", "species", trained] if command[0] == "near" else ["predict", trained, "--species"]
    said = complain(capsys, *arguments, "Anas acutta")
    assert "'Anas acutta'" in said
    assert "did you mean 'Anas acuta'?" in said


@pytest.mark.parametrize("given", ["duration_min=long", "duration_min", "60"])
def test_a_given_value_that_is_no_number_is_told(given: str, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complain(capsys, "predict", trained, "--species", "Anas acuta", "--given", given)
    assert given in said
    assert "NAME=VALUE" in said


@pytest.mark.parametrize("names", ["", " ", ", ,"])
def test_no_name_at_all_is_no_list(names: str, trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--species names no species" in complain(capsys, "predict", trained, "--species", names)


def test_a_given_value_that_cannot_be_is_refused(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complain(capsys, "predict", trained, "--species", "Anas acuta", "--given", "duration_min=-3")
    assert "duration_min is -3: expected a number from 0 or more" in said


def test_a_given_value_beyond_the_training_lists_is_warned_of(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["predict", str(trained), "--species", "Anas acuta", "--given", "duration_min=5000"]) == 0
    assert "duration_min is 5000, but the training lists had " in capsys.readouterr().err


@pytest.mark.parametrize("given", [[], ["lists.csv", "--species", "Anas acuta"]])
def test_predict_wants_a_file_or_a_list_and_not_both(
    given: list[str], trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "either DATA" in complain(capsys, "predict", trained, *given)


@pytest.mark.parametrize(
    "command",
    [
        ["embed", "MODEL", "TABLE", "--out", "OUT"],
        ["predict", "MODEL", "TABLE", "--out", "OUT"],
        ["near", "lists", "MODEL", "TABLE", "--out", "OUT"],
        ["inspect", "TABLE", "--out", "OUT"],
        ["sample", "MODEL", "--out", "OUT"],
    ],
    ids=lambda command: command[0],
)
def test_an_unknown_kind_of_file_is_refused_before_any_work(
    command: list[str], trained: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = write(tmp_path / "old.xlsx", "kept")
    places = {"MODEL": trained, "TABLE": table, "OUT": out}
    said = complain(capsys, *(places.get(word, word) for word in command))
    assert "ends in .xlsx" in said
    assert ".csv" in said
    assert out.read_text() == "kept"


@pytest.mark.parametrize("verb", ["prepare", "inspect", "train"])
def test_options_of_the_reader_are_refused_for_a_store(
    verb: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = tmp_path / "store"
    assert run([str(argument) for argument in prepare(table, store)]) == 0
    commands: dict[str, list[str | Path]] = {
        "prepare": [*prepare(store, tmp_path / "copy"), "--set", "ebird.max_observers=3"],
        "inspect": ["inspect", store, "--set", "ebird.max_observers=3"],
        "train": ["train", "checklist-vae", "--data", store, "--root", tmp_path, "--set", "data.ebird.max_observers=3"],
    }
    said = complain(capsys, *commands[verb])
    assert f"{store} is a prepared store, in which ebird.max_observers can change nothing" in said
    assert "when files are read" in said


def test_options_of_the_reader_are_refused_for_a_model(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a model" in complain(capsys, "inspect", trained, "--set", "ebird.max_observers=3")


def test_a_covariate_named_twice_is_refused(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments: list[str | Path] = ["train", "checklist-vae", "--data", table, "--root", tmp_path / "runs"]
    said = complain(capsys, *arguments, "--set", "data.covariates=[hour, hour]")
    assert "names 'hour' several times" in said


def test_a_list_alone_has_no_neighbours(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "one.csv", "\n".join(TABLE.splitlines()[:2]))
    said = complain(capsys, "near", "lists", trained, path, "--out", tmp_path / "near.csv")
    assert "--among" in said
    assert not (tmp_path / "near.csv").exists()


def test_an_evaluation_needs_a_place(
    trained: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complain(capsys, "evaluate", trained / "model", "--data", table, "--samples=0")
    assert f"{trained / 'model'} is no run folder" in said
    assert "--out" in said
    said = complain(capsys, "evaluate", trained, "--data", table.rename(tmp_path / "final"), "--samples=0")
    assert "keeps its own evaluation as final" in said


def test_a_folder_that_is_no_model_is_told(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert str(tmp_path) in complain(capsys, "predict", tmp_path, table)


def test_neighbours_of_lists_need_a_model_of_lists(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    overrides = {"training.num_epochs": 1, "training.device": "cpu", "model.network.hidden": [4]}
    path = recipes.train("digits-vae", overrides=overrides, root=tmp_path).path
    assert "model of digits-vae" in complain(capsys, "near", "lists", path, table)
    assert "digits-vae predicts nothing" in complain(capsys, "predict", path, table)


@pytest.mark.parametrize("name", ["photos", "lists.csv"])
def test_an_evaluation_never_replaces_something_else(
    name: str, trained: Path, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    write(tmp_path / "photos" / "bird.jpg", "not really")
    before = read_all(tmp_path)
    said = complain(capsys, "evaluate", trained, "--data", table, "--samples=0", "--out", tmp_path / name)
    assert str(tmp_path / name) in said
    assert read_all(tmp_path) == before


def test_a_given_covariate_the_model_was_not_told_names_the_nearest(
    trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complain(capsys, "predict", trained, "--species", "Anas acuta", "--given", "duration_mins=60")
    assert "did you mean 'duration_min'?" in said
