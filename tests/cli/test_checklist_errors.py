"""What a person meets when checklists are broken: one sentence with file and row, exit code 2, nothing lost."""

from __future__ import annotations

import gzip
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.sources.ebird.made_files import HEADERS, list_row, record, render_rows, write_events, write_records

from subsong.cli.main import run
from subsong.datasets.checklist_store import load_checklists
from subsong.recipes import run as recipes
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.ebird_files import write_ebird

ROWS = [record("S1", "Anas acuta"), record("S2", "Anas acuta"), record("S2", "Milvus migrans")]
TABLE = "list,Anas acuta,Larus marinus,Milvus migrans\n" + "".join(f"L{n},{n % 2},1,{n % 3}\n" for n in range(30))
TINY = {
    "training.num_epochs": 1,
    "training.device": "cpu",
    "training.figure_epochs": None,
    "model.network.hidden": [4],
    "model.latent_dim": 2,
}


def complain(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Run a command that must fail with one sentence, and return it."""
    code = run([str(argument) for argument in arguments])
    said = capsys.readouterr().err.strip().splitlines()
    assert code == 2, said
    assert said[-1].startswith("Error: ")
    assert "Traceback" not in "\n".join(said)
    return said[-1]


def read_all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def change_line(path: Path, number: int, change: Callable[[str], str]) -> None:
    lines = path.read_text().split("\n")
    lines[number - 1] = change(lines[number - 1])
    write(path, "\n".join(lines))


@pytest.fixture
def ebird(tmp_path: Path) -> Path:
    """Return an eBird file of three records."""
    return write_records(tmp_path / "ebd.txt", ROWS)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table of thirty lists."""
    return write(tmp_path / "lists.csv", TABLE)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a short run that was told one covariate and knows three species."""
    folder = tmp_path_factory.mktemp("trained")
    text = "".join(f"{line},{n * 7 + 5}\n" for n, line in enumerate(TABLE.splitlines()[1:]))
    path = write(folder / "lists.csv", f"{TABLE.splitlines()[0]},duration_min\n{text}")
    return recipes.train(
        "checklist-vae", path, {**TINY, "data.covariates": ["duration_min"]}, root=folder / "runs"
    ).path


def prepare(source: Path, out: Path) -> list[str | Path]:
    return ["prepare", "checklists", source, "--out", out]


# Files that are broken


def break_ragged(path: Path) -> Path:
    change_line(path, 3, lambda line: line + "\tmore")
    return path


def break_cut_short(path: Path) -> Path:
    change_line(path, 4, lambda line: line[:40])
    return path


def break_count(path: Path) -> Path:
    return write_records(path, [*ROWS, record("S3", "Anas acuta", "many")])


def break_duplicate(path: Path) -> Path:
    return write_records(path, [*ROWS, record("S1", "Milvus migrans"), ROWS[1]])


def break_duplicate_event(path: Path) -> Path:
    write_events(path.with_name("ebd_sampling.txt"), [list_row("S1"), list_row("S2"), list_row("S1")])
    return path


def break_column(path: Path) -> Path:
    path.write_bytes(render_rows(ROWS, [name for name in HEADERS["2025"] if name != "SCIENTIFIC NAME"]))
    return path


def break_eras(path: Path) -> Path:
    header = [name for name in HEADERS["2019"] if name != "DURATION MINUTES"]
    path.with_name("old.txt").write_bytes(render_rows([record("S9", "Anas acuta")], header))
    return path.parent


def break_release(path: Path) -> Path:
    write_events(path.with_name("ebd_IN_relSep-2025_sampling.txt"), [list_row(f"S{n}") for n in range(20)])
    return write_records(path.with_name("ebd_IN_relSep-2025.txt"), [record(f"S{n}", "Anas acuta") for n in range(40)])


def break_empty(path: Path) -> Path:
    path.write_bytes(b"")
    return path


def break_folder(path: Path) -> Path:
    path.unlink()
    return path.parent


def break_gzip(path: Path) -> Path:
    rows = [record(f"S{n}", "Anas acuta", str(n)) for n in range(300)]
    path = path.with_name("ebd.txt.gz")
    path.write_bytes(gzip.compress(render_rows(rows, HEADERS["2025"]))[:-100])
    return path


def break_encoding(path: Path) -> Path:
    path.write_bytes(path.read_bytes().replace(b"Milvus", b"Milv\xfcs"))
    return path


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (break_ragged, ("ebd.txt line 3", "54 fields, expected 53")),
        (break_cut_short, ("ebd.txt line 4", "fields, expected 53")),
        (break_count, ("ebd.txt line 5", "OBSERVATION COUNT", "'many'")),
        (break_duplicate, ("ebd.txt line 6", "Anas acuta", "S2", "ebd.txt line 3")),
        (break_duplicate_event, ("ebd_sampling.txt line 4", "'S1'", "once")),
        (break_column, ("ebd.txt", "SCIENTIFIC NAME")),
        (break_eras, ("old.txt", "DURATION MINUTES")),
        (break_release, ("ebd_IN_relSep-2025_sampling.txt", "lacks 20 of the 40", "another release")),
        (break_empty, ("ebd.txt", "0 bytes")),
        (break_folder, ("holds no eBird file",)),
        (break_gzip, ("ebd.txt.gz", "cut short")),
        (break_encoding, ("ebd.txt line 4", "UTF-8")),
    ],
)
def test_a_broken_ebird_file_is_named_and_the_store_stays(
    damage: Callable[[Path], Path],
    expected: tuple[str, ...],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "data").mkdir()
    path = write_records(tmp_path / "data" / "ebd.txt", ROWS)
    assert run([str(argument) for argument in prepare(path, tmp_path / "store")]) == 0
    before = read_all(tmp_path / "store")
    said = complain(capsys, *prepare(damage(path), tmp_path / "store"), "--overwrite")
    for part in (*expected, str(tmp_path / "data")):
        assert part in said
    assert read_all(tmp_path / "store") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "store"]


def test_eras_in_one_folder_are_read_together(ebird: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    write_records(tmp_path / "data" / "new.txt", ROWS)
    write_records(tmp_path / "data" / "old.txt", [record("S9", "Anas acuta")], "2017")
    assert run([str(argument) for argument in prepare(tmp_path / "data", tmp_path / "store")]) == 0
    lists = load_checklists(tmp_path / "store").checklists
    assert lists.items["list"].to_list() == ["S1", "S2", "S9"]
    assert lists.species["key"].to_list() == ["Anas acuta", "Milvus migrans"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TABLE.replace("L4,0,1,1\n", "L4,0,1\n"), ("lists.csv line 6", "3 cells, expected 4")),
        (TABLE.replace("L4,", "L3,"), ("lists.csv line 6", "'L3'", "line 5")),
        (TABLE.replace("L4,0,1,1", "L4,0,many,1"), ("lists.csv line 6", "'Larus marinus'", "'many'")),
        (TABLE.replace("L4,0,1,1", "L4,0,-1,1"), ("lists.csv line 6", "'-1'")),
        (TABLE.replace("Larus marinus", "Anas acuta"), ("lists.csv", "'Anas acuta'", "columns 2 and 3")),
        ("list,place\nL1,wood\nL2,lake\n", ("lists.csv", "no column of a species")),
        ("", ("lists.csv", "0 bytes")),
        ("list,Anas acuta\n", ("lists.csv", "no rows")),
    ],
)
def test_a_broken_table_is_named_and_the_store_stays(
    text: str, expected: tuple[str, ...], table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([str(argument) for argument in prepare(table, tmp_path / "store")]) == 0
    before = read_all(tmp_path / "store")
    said = complain(capsys, *prepare(write(table, text), tmp_path / "store"), "--overwrite")
    for part in expected:
        assert part in said
    assert read_all(tmp_path / "store") == before
    assert "lists.csv" in complain(capsys, "train", "checklist-vae", "--data", table, "--root", tmp_path / "runs")


def test_a_cut_off_gz_of_a_table_is_named(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lists.csv.gz"
    path.write_bytes(gzip.compress(table.read_bytes())[:-9])
    assert f"{path} is cut short" in complain(capsys, *prepare(path, tmp_path / "store"))
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("name", ["lists.xlsx", "lists"])
def test_a_file_of_another_kind_is_told_by_its_name(
    name: str, table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complain(capsys, *prepare(table.rename(tmp_path / name), tmp_path / "store"))
    assert ".csv" in said
    assert ".txt" in said


def test_a_path_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert f"{tmp_path / 'nowhere.csv'} does not exist" in complain(capsys, "inspect", tmp_path / "nowhere.csv")


def test_a_filter_that_leaves_nothing_is_named(ebird: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complain(capsys, *prepare(ebird, tmp_path / "store"), "--set", "ebird.max_duration_min=1")
    assert "duration up to 1 min" in said
    assert not (tmp_path / "store").exists()


def test_a_misspelt_option_names_the_nearest(ebird: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = complain(capsys, *prepare(ebird, tmp_path / "store"), "--set", "ebird.max_durations_min=60")
    assert "did you mean 'max_duration_min'?" in said


def test_a_folder_with_something_else_is_never_replaced(
    ebird: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photos").mkdir()
    write(tmp_path / "photos" / "bird.jpg", "not really")
    said = complain(capsys, *prepare(ebird, tmp_path / "photos"), "--overwrite")
    assert str(tmp_path / "photos") in said
    assert read_all(tmp_path / "photos") == {"bird.jpg": b"not really"}


# Training


def test_an_unknown_covariate_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = make_checklists(ChecklistWorldOptions(num_lists=60, num_species=8, num_localities=20), seed=1)
    path = write_ebird(tmp_path / "made", made).ebd
    arguments: list[str | Path] = ["train", "checklist-vae", "--data", path, "--root", tmp_path / "runs"]
    said = complain(capsys, *arguments, "--set", "data.covariates=[duration]")
    assert "no covariate 'duration'" in said
    assert "did you mean 'duration_min'?" in said


def test_lists_without_covariates_say_so(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments: list[str | Path] = ["train", "checklist-vae", "--data", table, "--root", tmp_path / "runs"]
    said = complain(capsys, *arguments, "--set", "data.covariates=[duration_min]")
    assert "'duration_min'" in said
    assert "without covariates" in said


def test_too_few_lists_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "lists.csv", "\n".join(TABLE.splitlines()[:3]))
    said = complain(capsys, "train", "checklist-vae", "--data", path, "--root", tmp_path / "runs")
    assert "2 lists cannot be divided" in said


def test_an_unknown_column_to_split_by_names_the_nearest(
    ebird: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments: list[str | Path] = ["train", "checklist-vae", "--data", ebird, "--root", tmp_path / "runs"]
    said = complain(capsys, *arguments, "--set", "data.split.by=locallity")
    assert "did you mean 'locality'?" in said


# Using a model


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


# Disks that are full and processes that die


def limit_file_size(num_bytes: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))


@pytest.mark.parametrize(
    "command",
    [
        ["prepare", "checklists", "TABLE", "--overwrite", "--out", "store"],
        ["embed", "MODEL", "TABLE", "--out", "store/codes.csv"],
        ["predict", "MODEL", "TABLE", "--out", "store/more.parquet"],
    ],
    ids=lambda command: command[0],
)
def test_a_full_disk_is_one_sentence_and_loses_nothing(
    command: list[str], trained: Path, table: Path, tmp_path: Path
) -> None:
    """The operating system refuses to let a file grow past some bytes."""
    assert run([str(argument) for argument in prepare(table, tmp_path / "store")]) == 0
    before = read_all(tmp_path / "store")
    places = {"MODEL": str(trained), "TABLE": str(table)}
    done = subprocess.run(
        [sys.executable, "-m", "subsong", *(places.get(word, word) for word in command)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=tmp_path,
        preexec_fn=limit_file_size(200),
    )
    assert done.returncode == 2, done.stderr
    assert "the disk is full while writing" in done.stderr
    assert "Traceback" not in done.stderr
    assert read_all(tmp_path / "store") == before
    assert not list(tmp_path.rglob("*.partial*"))


DIE = """
import os, signal, sys
from importlib import import_module
from subsong.cli.main import run

setattr(import_module(sys.argv[1]), sys.argv[2], lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
run(sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("room", "function", "is_replaced"),
    [("subsong.datasets.checklist_store", "write_json", False), ("subsong.core.files", "_remove", True)],
    ids=["before the manifest", "before the old one is removed"],
)
def test_a_killed_prepare_leaves_no_half_store(
    room: str, function: str, is_replaced: bool, table: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    command = [str(argument) for argument in prepare(table, store)]
    assert run(command) == 0
    options = ["--overwrite", "--set", "table.species_columns=A*"]
    done = subprocess.run([sys.executable, "-c", DIE, room, function, *command, *options], timeout=120, check=False)
    assert done.returncode == -signal.SIGKILL
    assert load_checklists(store).checklists.species.height == (1 if is_replaced else 3)
    assert run([*command, *options]) == 0
    assert load_checklists(store).checklists.species.height == 1
