"""Syllables that somebody drew around on a map are left out, and nothing else."""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.store import load_store
from subsong.datasets.syllables.building import build_syllables
from subsong.datasets.syllables.reading import SyllableReading
from subsong.datasets.syllables.selection import build_ids

SMALL = {"spectrogram": {"num_freq_bins": 12, "num_time_bins": 12}, "features": False}


def build(songs: Path, out: Path, leave_out: Path | None = None) -> Path:
    return build_syllables(songs, out, SyllableReading.model_validate({**SMALL, "leave_out": leave_out})).path


def write_selection(path: Path, ids: list[str]) -> Path:
    pl.DataFrame({"id": ids, "label": "noise"}).write_csv(path)
    return path


def test_chosen_syllables_are_left_out_and_listed(songs: Path, tmp_path: Path) -> None:
    everything = load_store(build(songs, tmp_path / "all")).items
    chosen = build_ids(everything).gather([0, 7]).to_list()
    rest = build(songs, tmp_path / "rest", write_selection(tmp_path / "noise.csv", chosen))
    assert set(build_ids(load_store(rest).items)) == set(build_ids(everything)) - set(chosen)
    skipped = pl.read_csv(rest / "skipped.csv")
    assert skipped.filter(pl.col("reason").str.contains("noise.csv")).height == 2


def test_ids_stay_when_others_were_left_out(songs: Path, tmp_path: Path) -> None:
    ids = build_ids(load_store(build(songs, tmp_path / "all")).items).to_list()
    once = build(songs, tmp_path / "once", write_selection(tmp_path / "one.csv", ids[:1]))
    twice = build(songs, tmp_path / "twice", write_selection(tmp_path / "two.csv", ids[:2]))
    assert build_ids(load_store(once).items).to_list() == ids[1:]
    assert build_ids(load_store(twice).items).to_list() == ids[2:]


def test_a_selection_of_other_recordings_is_refused(songs: Path, tmp_path: Path) -> None:
    path = write_selection(tmp_path / "noise.csv", ["elsewhere.wav #0"])
    with pytest.raises(SubsongError, match=r"noise\.csv names 1 syllables, none of which"):
        build(songs, tmp_path / "out", path)


def test_ids_that_are_not_there_are_counted(songs: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ids = build_ids(load_store(build(songs, tmp_path / "all")).items).to_list()
    path = write_selection(tmp_path / "noise.csv", [ids[0], "elsewhere.wav #0"])
    with caplog.at_level(logging.WARNING):
        build(songs, tmp_path / "out", path)
    assert "1 of 2 syllables it names are not in these recordings" in caplog.text


def test_a_table_without_ids_is_refused(songs: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.csv").write_text("syllable\n3\n")
    with pytest.raises(SubsongError, match="expected a column id"):
        build(songs, tmp_path / "out", tmp_path / "noise.csv")
