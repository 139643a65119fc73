"""``subsong prepare song`` and ``subsong inspect`` of what it makes: what they print, write, and say of mistakes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from subsong.cli.main import run
from subsong.datasets.song.store import load_song
from subsong.interop.das import write_das_dataset
from subsong.recipes.preparing_song import INSPECTION_NAME, prepare_song

from .sounds import write

ROWS = "name,start_seconds,stop_seconds\na,0.12,0.19\nb,0.31,0.38\nclick,0.5,0.5\na,0.6,0.65\nb,0.8,0.85\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of five recordings of one second with four syllables and a click each."""
    (tmp_path / "songs").mkdir()
    for number in range(5):
        write(tmp_path / "songs" / f"{number}.wav")
        (tmp_path / "songs" / f"{number}_annotations.csv").write_text(ROWS)
    return tmp_path / "songs"


def prepare(folder: Path, *options: str) -> int:
    return run(["prepare", "song", str(folder), "--out", str(folder.parent / "out"), *options])


def test_it_says_what_it_holds_how_it_was_divided_and_what_comes_next(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.wav").write_bytes(b"")
    assert prepare(folder, "--workers=2") == 0
    said, out = capsys.readouterr().out, folder.parent / "out"
    assert f"{out}: 25 annotations in 2 classes of segments, 1 class of events, from 5 recordings of 5.0 s" in said
    assert "train 3.0 s of 3 recordings, validation 1.0 s of 1 recording, test 1.0 s of 1 recording" in said
    assert "divided by recording" in said
    assert "1 recording cannot be used" in said
    assert f"then: subsong inspect {out}" in said


def test_inspect_prints_each_class_and_what_is_worrying_and_draws_them(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare(folder) == 0
    capsys.readouterr()
    out, table = folder.parent / "out", folder.parent / "classes.csv"
    assert run(["inspect", str(out), "--out", str(table)]) == 0
    said = capsys.readouterr().out
    assert "       click    event         5       5" in said
    assert "look at this: 'click' has only 3 annotations in training" in said
    assert (out / INSPECTION_NAME).stat().st_size > 10_000
    assert pl.read_csv(table)["label"].to_list() == ["a", "b", "click"]


def test_in_python_it_writes_the_same_store(folder: Path, tmp_path: Path) -> None:
    assert prepare(folder, "--set=ignore=[b]", "--set=split_by=time", "--set=split_gap_s=0.01") == 0
    prepare_song(folder, tmp_path / "other", {"ignore": ["b"], "split_by": "time", "split_gap_s": 0.01})
    for path in sorted((tmp_path / "other").iterdir()):
        assert path.read_bytes() == (folder.parent / "out" / path.name).read_bytes()


def test_a_dataset_of_das_is_taken_as_well(folder: Path, tmp_path: Path) -> None:
    assert prepare(folder) == 0
    write_das_dataset(load_song(folder.parent / "out"), tmp_path / "old.npy")
    assert run(["prepare", "song", str(tmp_path / "old.npy"), "--out", str(tmp_path / "again")]) == 0
    assert load_song(tmp_path / "again").annotations.height == 25


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--set=ignore=[clik]"], "'clik', which no annotation has"),
        (["--within=clik"], "within names 'clik', which is no file and no label"),
        (["--set=split_by=indvidual"], "cannot be divided by 'indvidual'"),
        (["--set=fractions.test=0.5"], "expected shares of 0-1 that sum to 1"),
        (["--set=evnt_width_s=1"], "event_width_s"),
        (["--set=test_by=recording", "--set=split_by=individual"], "test_by goes with split_by: time"),
    ],
)
def test_a_mistake_is_one_sentence_and_leaves_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert prepare(folder, *options) == 2
    assert message in capsys.readouterr().err
    assert not (folder.parent / "out").exists()


def test_stretches_that_were_annotated_are_named_by_their_label(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.glob("*_annotations.csv"):
        path.write_text(f"{ROWS}window,0.3,0.7\nnot_b,0.1,0.2\n")
    assert prepare(folder, "--within=window", "--within=not_*", "--set=within_margin_s=0") == 0
    said = capsys.readouterr().out
    assert "25 annotations in 2 classes of segments, 1 class of events" in said
    assert "annotations are complete in 1.7 s of train, 0.6 s of validation, 0.6 s of test" in said
    assert run(["inspect", str(folder.parent / "out")]) == 0
    assert "completely annotated" in (folder.parent / "out" / INSPECTION_NAME).read_text()


def test_a_store_that_is_there_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare(folder) == 0
    assert prepare(folder) == 2
    assert "replace it with --overwrite" in capsys.readouterr().err
    assert prepare(folder, "--overwrite") == 0
