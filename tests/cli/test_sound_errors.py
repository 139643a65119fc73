"""A corpus of bad recordings and annotations, end to end: a clear line for each, and nothing else is lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile

import subsong.cli.prepare
import subsong.cli.segment  # noqa: F401  the verbs register
from subsong.cli.main import run
from subsong.datasets.store import load_store

from .sounds import RATE_HZ, SEGMENTS, SMALL, make_sound, write, write_two


def write_nan(path: Path) -> None:
    samples = make_sound()
    samples[5000] = np.nan
    write(path, samples, "FLOAT")


def write_cut_short(path: Path) -> None:
    write(path, make_sound(10 * RATE_HZ))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def write_elsewhere(path: Path) -> None:
    """Write a flac file under the name of a wav file."""
    write(path.with_suffix(".flac"))
    path.with_suffix(".flac").rename(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of two good recordings with three segments each."""
    return write_two(tmp_path / "songs")


def prepare(folder: Path, *options: str) -> int:
    return run(["prepare", "syllables", str(folder), "--out", str(folder.parent / "out"), *SMALL, *options])


def read_items(folder: Path) -> pl.DataFrame:
    return load_store(folder.parent / "out").items


def read_reasons(folder: Path, recording: str) -> list[str]:
    skipped = pl.read_csv(folder.parent / "out/skipped.csv", infer_schema=False)
    return skipped.filter(pl.col("recording") == recording)["reason"].to_list()


BAD_RECORDINGS: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "empty": ("bad.wav", lambda path: path.write_bytes(b""), "is empty (0 bytes)"),
    "header only": ("bad.wav", lambda path: write(path, np.zeros(0)), "holds no samples, only a header"),
    "silent": ("bad.wav", lambda path: write(path, np.zeros(RATE_HZ)), "no sample is louder"),
    "nan": ("bad.wav", write_nan, "NaN or infinite"),
    "stereo": ("bad.wav", lambda path: write(path, np.stack([make_sound()] * 2, 1)), "choose one with channel=0"),
    "text": ("bad.wav", lambda path: path.write_text("hello"), "damaged or no audio file"),
    "wav cut short": ("bad.wav", write_cut_short, "it is cut short"),
    "flac cut short": ("bad.flac", write_cut_short, "it is cut short or damaged"),
    "cbin without rec": ("bad.cbin", lambda path: path.write_bytes(b"\0" * 4000), "cannot be read without bad.rec"),
    "rate not said": ("bad.npy", lambda path: np.save(path, make_sound()), "does not say its sample rate"),
}


@pytest.mark.parametrize("case", BAD_RECORDINGS)
def test_a_bad_recording_is_left_out_with_the_reason(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, make, reason = BAD_RECORDINGS[case]
    make(folder / name)
    (folder / "bad.txt").write_text(SEGMENTS)
    assert prepare(folder) == 0
    assert set(read_items(folder)["source"]) == {"good1.wav", "good2.wav"}
    reasons = read_reasons(folder, name)
    assert len(reasons) == 3
    assert all(reason in found for found in reasons)
    audit = pl.read_csv(folder.parent / "out/audit.csv").filter(~pl.col("usable"))
    assert audit["recording"].to_list() == [name]
    said = capsys.readouterr().out.splitlines()
    assert any(name in line and reason in line for line in said)


@pytest.mark.parametrize("case", BAD_RECORDINGS)
def test_in_strict_mode_a_bad_recording_is_an_error(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, make, reason = BAD_RECORDINGS[case]
    make(folder / name)
    (folder / "bad.txt").write_text(SEGMENTS)
    assert prepare(folder, "--set=audit.mode=strict") == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert name in last
    assert reason in last
    assert not (folder.parent / "out").exists()


@pytest.mark.parametrize("case", [case for case in BAD_RECORDINGS if case != "silent"])
def test_segment_names_and_leaves_out_a_bad_recording(
    case: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, make, _ = BAD_RECORDINGS[case]
    make(folder / name)
    options = ["--out", str(folder.parent / "found"), "--set", "num_excerpts=0"]
    assert run(["segment", str(folder), *options]) == 0
    said = capsys.readouterr()
    assert "2 recordings; 1 recording left out" in said.out
    assert [name in line for line in said.err.splitlines() if line.startswith("left out")] == [True]
    assert (folder.parent / "found/good1.csv").read_text().count("\n") > 3


@pytest.mark.parametrize("mode", ["eight bits", "wrong suffix", "upper case"])
def test_an_odd_recording_is_read_like_any_other(mode: str, folder: Path) -> None:
    names = {"eight bits": "odd.wav", "wrong suffix": "odd.wav", "upper case": "odd.WAV"}
    path = folder / names[mode]
    if mode == "wrong suffix":
        write_elsewhere(path)
    else:
        write(folder / "odd.wav", subtype="PCM_U8" if mode == "eight bits" else "PCM_16")
        (folder / "odd.wav").rename(path)
    (folder / "odd.txt").write_text(SEGMENTS)
    assert prepare(folder) == 0
    assert read_items(folder).filter(pl.col("source") == path.name).height == 3


BAD_SEGMENTS = {
    "0.1\t0.2\n0.9\t1.5\n3\t4\n": (1, ["ends past the end", "begins past the end"]),
    "0.1\t0.2\n0.9\t1.01\n": (2, ["ends past the end of the recording; cut there"]),
    "0.1\t0.2\n0.5\t0.5\n": (1, ["zero length"]),
    "-0.5\t0.1\n0.3\t0.4\n": (1, ["begins before the recording"]),
    "0.6\t0.5\n0.7\t0.8\n": (1, ["offset lies before onset"]),
    "0.1\t0.2\n0.15\t0.25\n": (2, ["overlaps an earlier segment; kept"]),
    "0.5\t0.6\n0.1\t0.2\n": (2, ["rows are not in order; kept, sorted"]),
    "nan\t0.2\n0.5\t0.6\n": (1, ["missing or not finite"]),
    "120\t190\n": (0, ["are the times in seconds?"]),
    "0,1\t0,2\n": (0, ["line 1: expected a number with a decimal point"]),
    "0.1\t0.2\n0.3\tx\n0.5\t0.6\n": (0, ["line 2: expected a number in column 2 (offset), found 'x'"]),
    "\0\1\2": (0, ["bytes that are not text"]),
}


@pytest.mark.parametrize("text", BAD_SEGMENTS)
def test_bad_segments_are_listed_and_lose_nothing_else(text: str, folder: Path) -> None:
    num_items, expected = BAD_SEGMENTS[text]
    write(folder / "odd.wav")
    (folder / "odd.txt").write_text(text)
    assert prepare(folder) == 0
    items = read_items(folder)
    assert items.filter(pl.col("source") == "odd.wav").height == num_items
    assert items.height == num_items + 6
    reasons = read_reasons(folder, "odd.wav")
    assert len(reasons) == len(expected)
    assert all(part in reason for part, reason in zip(expected, reasons, strict=True))


def test_in_strict_mode_an_unreadable_annotation_file_is_an_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "good2.txt").write_text("0,1\t0,2\n")
    assert prepare(folder, "--set=audit.mode=strict") == 2
    assert "good2.txt line 1" in capsys.readouterr().err


def test_what_lacks_its_counterpart_is_listed(folder: Path) -> None:
    write(folder / "alone.wav")
    (folder / "gone.txt").write_text(SEGMENTS)
    assert prepare(folder) == 0
    assert read_reasons(folder, "alone.wav") == ["the recording has no annotations"]
    assert read_reasons(folder, "gone.txt") == ["these annotations have no recording"]
    assert read_items(folder).height == 6


def test_a_table_with_a_bad_row_is_refused_before_recordings_are_read(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in folder.glob("*.txt"):
        path.unlink()
    (folder / "segments.csv").write_text(
        "audio_file,onset_s,offset_s\ngood1.wav,0.1,0.2\ngood1.wav,o.3,0.4\ngood2.wav,0.5,0.6\n"
    )
    assert prepare(folder) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "segments.csv line 3: expected a number in onset_s, found 'o.3'" in line


def test_a_bad_recording_does_not_spoil_annotations_in_samples(folder: Path) -> None:
    for path in folder.glob("*.txt"):
        path.unlink()
    (folder / "bad.wav").write_bytes(b"")
    rows = "".join(f"{name}.wav,3840,6080,annotated,a\n" for name in ("bad", "good1", "good2"))
    (folder / "all.csv").write_text(rows)
    assert prepare(folder, f"--set=annotations={folder / 'all.csv'}") == 0
    assert read_items(folder)["onset_s"].to_list() == [0.12, 0.12]
    assert "is empty" in read_reasons(folder, "bad.wav")[0]


def test_segments_of_another_channel_are_left_out(folder: Path) -> None:
    write(folder / "two.wav", np.stack([make_sound(), make_sound()], 1))
    (folder / "segments.csv").write_text(
        "audio_file,channel,onset_s,offset_s\ntwo.wav,0,0.12,0.19\ntwo.wav,1,0.31,0.38\ntwo.wav,,0.5,0.56\n"
    )
    options = ("--set=channel=0", f"--set=annotations={folder / 'segments.csv'}")
    assert prepare(folder, *options) == 0
    assert read_items(folder)["onset_s"].to_list() == [0.12, 0.5]
    assert read_reasons(folder, "two.wav") == ["is of channel 1, and channel 0 is read"]


METADATA = {
    "audio_file,bird\ngood1.wav,a\ngood2.wav,b,c\n": "files.csv line 3: expected 2 cells, found 3",
    "bird\na\n": "expected a column audio_file or recording or file, found bird",
    "audio_file,bird\ngood1.wav,a\ngood1.wav,b\n": "line 3 names the recording good1.wav twice",
}


@pytest.mark.parametrize("text", METADATA)
def test_a_bad_table_of_the_recordings_is_an_error(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "files.csv").write_text(text)
    assert prepare(folder) == 2
    assert METADATA[text] in capsys.readouterr().err


def test_a_column_the_dataset_has_already_is_passed_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "files.csv").write_text("audio_file,shown,bird\ngood1,x,a\ngood2.flac,y,b\n")
    assert prepare(folder) == 0
    assert "columns passed over, as the dataset has its own: shown" in capsys.readouterr().err
    items = read_items(folder)
    assert set(items["shown"]) == {"whole"}
    assert items["bird"].to_list() == ["a"] * 3 + ["b"] * 3


def test_recordings_of_a_lower_rate_are_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(folder / "slow.wav", make_sound(), RATE_HZ // 2)
    (folder / "slow.txt").write_text(SEGMENTS)
    assert prepare(folder) == 2
    said = capsys.readouterr().err
    assert "1 of 3 recordings hold nothing that high, such as slow.wav" in said
    assert "--set audit.sample_rate_hz=32000" in said
    assert prepare(folder, "--set=spectrogram.high_hz=8000") == 0
    assert "recordings have sample rates of 16000, 32000 Hz" in capsys.readouterr().err
    assert prepare(folder, "--overwrite", "--set=audit.sample_rate_hz=32000") == 0
    assert read_items(folder).height == 6


def test_ultrasound_shown_as_song_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    soundfile.write(folder / "mouse.wav", make_sound(250_000), 250_000)
    (folder / "mouse.txt").write_text(SEGMENTS)
    assert prepare(folder) == 0
    assert "for ultrasound choose another --preset" in capsys.readouterr().err


SLIPS = {
    ("SONGS/nowhere",): "does not exist: expected a recording or a folder of recordings",
    ("SONGS/good1.txt",): "good1.txt is damaged or no audio file",
    ("SONGS", "--preset", "fnich"): "did you mean 'finch'?",
    ("SONGS", "--set", "spectrogram.hihg_hz=1"): "did you mean 'high_hz'?",
    ("SONGS", "--set", "annotations=/nowhere"): "annotations /nowhere do not exist",
    ("SONGS", "--set", "annotation_format=praat"): "unknown annotation format 'praat'",
    ("SONGS", "--set", "channel=2"): "none of 2 recordings can be used (good1.wav: has no channel 2: it has 1",
    ("SONGS", "--set", "min_duration_s=9"): "none of 6 annotations can be used (6: shorter than min_duration_s = 9)",
    ("EMPTY",): "holds no recordings: expected files ending in",
}


@pytest.mark.parametrize("slip", SLIPS, ids=" ".join)
def test_a_slip_of_the_user_is_one_line_and_writes_nothing(
    slip: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder.parent / "empty").mkdir()
    words = [word.replace("SONGS", str(folder)).replace("EMPTY", str(folder.parent / "empty")) for word in slip]
    assert run(["prepare", "syllables", *words, "--out", str(folder.parent / "out")]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("Error: ")
    assert SLIPS[slip] in last
    assert sorted(path.name for path in folder.parent.iterdir()) == ["empty", "songs"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_a_recording_that_may_not_be_read_is_left_out(folder: Path) -> None:
    write(folder / "secret.wav")
    (folder / "secret.txt").write_text(SEGMENTS)
    (folder / "secret.wav").chmod(0)
    assert prepare(folder) == 0
    assert "permissions" in read_reasons(folder, "secret.wav")[0]
