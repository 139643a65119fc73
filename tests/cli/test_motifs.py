"""Preparing and aligning motifs by command."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.cli.main import run
from subsong.datasets.motifs.store import load_motifs
from subsong.synthesis.song import SongOptions, write_songs

SMALL = ["--set=spectrogram.num_freq_bins=16", "--set=spectrogram.hop_size=400", "--set=warp.num_iterations=1"]


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("songs")
    options = SongOptions(
        num_birds=1, num_days=1, num_songs=4, num_motifs=(2, 2), motif_fidelity=1.0, reverberation_s=0.0
    )
    write_songs(folder, options, seed=2)
    return folder


@pytest.fixture(scope="module")
def store(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("store") / "motifs"
    assert run(["prepare", "motifs", str(songs), "--out", str(out), "--motif", "abcde", *SMALL]) == 0
    return out


def test_motifs_are_prepared_and_told_of(songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "motifs"
    assert run(["prepare", "motifs", str(songs), "--out", str(out), "--motif", "[a, b, c]", *SMALL]) == 0
    said = capsys.readouterr().out
    assert "8 renditions from 4 of 4 recordings" in said
    assert "warp.png" in said
    assert f"subsong train warped-shotgun-vae --data {out}" in said
    assert load_motifs(out).reading.motif == ("a", "b", "c")


def test_a_motif_that_is_not_sung_tells_what_is(
    songs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["prepare", "motifs", str(songs), "--out", str(tmp_path / "out"), "--motif", "edcba"]) == 2
    assert "'abcde' (8)" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_motifs_are_aligned_again(store: Path, songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["warp", str(store), "--set", "kind=shift", "--anchors", str(songs / "segments.csv")]) == 0
    said = capsys.readouterr().out
    assert "shift warp" in said
    assert "ms as sung" in said
    assert load_motifs(store).alignment.config.kind == "shift"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--search", "anchor"], "did you mean 'anchors'"),
        (["--search", "anchors"], "needs some"),
        (["--set", "knots=2"], "num_knots"),
    ],
)
def test_a_slip_is_one_sentence(
    arguments: list[str], said: str, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["warp", str(store), *arguments]) == 2
    assert said in capsys.readouterr().err


def test_a_store_of_something_else_is_refused(songs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["warp", str(songs)]) == 2
    assert "subsong prepare motifs" in capsys.readouterr().err
