from __future__ import annotations

from pathlib import Path

import pytest

from subsong.cli.main import run

TRUTH = "recording,onset_s,offset_s,label\na.wav,0.0,0.2,x\na.wav,1.0,1.2,y\nb.wav,0.5,0.7,x\n"


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str]:
    """Return a table with two of three annotations found, one of them 5 ms late, and the truth."""
    (tmp_path / "truth.csv").write_text(TRUTH)
    (tmp_path / "found.csv").write_text("recording,onset_s,offset_s,label\na,0.005,0.2,x\nb,0.5,0.7,x\n")
    return str(tmp_path / "found.csv"), str(tmp_path / "truth.csv")


def test_scores_are_printed_and_written(
    files: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(["evaluate", files[0], "--against", files[1], "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "2 recordings, 3 true and 2 found annotations, labels compared" in said.out
    assert "onset within 10 ms" in said.out
    assert "0.800" in said.out
    assert f"look at {out / 'index.html'}" in said.out
    assert "length of the recordings is not known" in said.err


def test_options_reach_the_scores(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", files[0], "--against", files[1], "--tolerance", "0.002", "--any-label"]) == 0
    said = capsys.readouterr().out
    assert "labels not compared" in said
    assert "onset within 2 ms" in said
    assert "0.400" in said


def test_what_is_not_there_is_said(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", "nowhere.csv", "--against", files[1]]) == 2
    assert "nowhere.csv does not exist" in capsys.readouterr().err


def test_data_and_against_exclude_each_other(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", files[0], "--against", files[1], "--data", files[1]]) == 2
    assert "give one of them" in capsys.readouterr().err


def test_a_tolerance_of_nothing_is_refused(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", files[0], "--against", files[1], "--tolerance", "0"]) == 2
    assert "tolerance" in capsys.readouterr().err


def test_options_of_annotations_need_annotations(files: tuple[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate", files[0], "--within", "ambient"]) == 2
    assert "give the true ones with --against" in capsys.readouterr().err
