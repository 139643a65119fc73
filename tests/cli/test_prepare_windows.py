"""``subsong prepare windows``: what it prints, what it writes, and what it says of sounds it cannot use."""

from __future__ import annotations

from pathlib import Path

import pytest

import subsong.cli.prepare  # noqa: F401  the verb registers
from subsong.cli.main import run
from subsong.datasets.windows.frames import load_frames, read_window_reading
from subsong.recipes.prepare import CONTACT_SHEET_NAME, prepare_windows

from .sounds import SMALL, write_two


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two recordings with three syllables each."""
    return write_two(tmp_path / "songs")


def prepare(folder: Path, *options: str) -> int:
    return run(["prepare", "windows", str(folder), "--out", str(folder.parent / "out"), *SMALL, *options])


def test_it_says_what_it_holds_what_was_left_out_and_what_comes_next(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.wav").write_bytes(b"")
    (folder / "good1.txt").write_text("0.12\t0.19\n0.31\t0.38\n0.80\t0.86\n")
    assert prepare(folder, "--set=merge_gap_s=0.13") == 0
    said, out = capsys.readouterr().out, folder.parent / "out"
    assert f"{out}: 2 regions, 0.7 s in all, which is 35% of 2 recordings (all in {out / 'regions.csv'})" in said
    assert "windows of 0.12 s" in said
    assert "is empty (0 bytes)" in said
    assert "good1.wav: the region is shorter than a window (spectrogram.max_duration_s = 0.12)" in said
    assert f"look at {out / CONTACT_SHEET_NAME}, then: subsong train shotgun-vae --data {out}" in said
    assert (out / CONTACT_SHEET_NAME).stat().st_size > 1000


def test_in_python_it_writes_the_same_store(folder: Path, tmp_path: Path) -> None:
    assert prepare(folder, "--set=regions=recordings", "--workers=2") == 0
    settings = {"spectrogram.num_freq_bins": 16, "spectrogram.num_time_bins": 16, "regions": "recordings"}
    prepared = prepare_windows(folder, tmp_path / "other", overrides=settings)
    assert prepared.num_regions == len(load_frames(folder.parent / "out")) == 2
    for name in ("x-00000.npy", "items.parquet", "regions.csv", CONTACT_SHEET_NAME):
        assert (tmp_path / "other" / name).read_bytes() == (folder.parent / "out" / name).read_bytes()


@pytest.mark.parametrize(("preset", "window_s"), [("finch", 0.12), ("ava-finch", 0.12), ("gerbil", 0.3)])
def test_a_preset_says_how_long_a_window_is(preset: str, window_s: float, folder: Path) -> None:
    settings = ("--set=regions=recordings", "--set=spectrogram.high_hz=8000")
    assert prepare(folder, f"--preset={preset}", *settings) == 0
    assert read_window_reading(folder.parent / "out").spectrogram.max_duration_s == window_s


def test_no_region_that_holds_a_window_is_an_error_of_one_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare(folder) == 2
    said = capsys.readouterr().err
    assert "the longest of 6 regions is 0.07 s long, and a window 0.12 s; make windows shorter" in " ".join(
        said.split()
    )
    assert not (folder.parent / "out").exists()


def test_the_store_is_not_written_over_the_recordings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["prepare", "windows", str(folder), "--out", str(folder.parent), "--overwrite"]) == 2
    assert "would be replaced by the store" in " ".join(capsys.readouterr().err.split())


def test_a_dataset_is_not_taken_for_recordings(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = folder.parent / "store"
    assert run(["prepare", "windows", str(folder), "--out", str(store), *SMALL, "--set", "regions=recordings"]) == 0
    assert run(["prepare", "windows", str(store), "--out", str(folder.parent / "other")]) == 2
    assert "is a dataset already: name the recordings" in " ".join(capsys.readouterr().err.split())


def test_a_window_shorter_than_a_frame_step_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = ["--set", "regions=recordings", "--set", "spectrogram.max_duration_s=0.0001"]
    assert run(["prepare", "windows", str(folder), "--out", str(folder.parent / "out"), *short]) == 2
    assert "shorter than the step from one frame" in " ".join(capsys.readouterr().err.split())
