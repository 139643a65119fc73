"""Mistakes with files of checklists, and in training on them: one sentence, and nothing is lost."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.mistaken_lists import ROWS, TABLE, change_line, complain, prepare, read_all, write
from tests.sources.ebird.made_files import HEADERS, list_row, record, render_rows, write_events, write_records

from subsong.cli.main import run
from subsong.datasets.checklist_store import load_checklists
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.synthesis.ebird_files import write_ebird

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
