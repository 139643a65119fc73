"""Preparing syllables that is stopped, or finds the disk full, goes on and gives the same dataset."""

from __future__ import annotations

import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

import subsong.cli.prepare  # noqa: F401  the verb registers
from subsong.cli.main import run
from subsong.core.errors import SubsongError
from subsong.core.files import hash_file
from subsong.datasets.parts import StorePlan
from subsong.datasets.store import load_store

from .sounds import RATE_HZ, SMALL, make_sound, write, write_two


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Return a folder with some thousand segments, so that there are several parts."""
    folder = write_two(tmp_path / "songs")
    write(folder / "good1.wav", make_sound(60 * RATE_HZ))
    rows = "".join(f"{onset:.3f}\t{onset + 0.05:.3f}\n" for onset in np.arange(0.1, 59.9, 0.02))
    (folder / "good1.txt").write_text(rows)
    return folder


def name_command(folder: Path, out: Path) -> list[str]:
    options = [*SMALL, "--set=features=false", "--workers=1"]
    return ["prepare", "syllables", str(folder), "--out", str(out), *options]


def start(folder: Path, out: Path, max_file_bytes: int | None = None) -> subprocess.Popen[str]:
    """Prepare in a process of its own, whose files can be kept from growing."""

    def limit() -> None:
        # Tests that run in the background are deaf to Ctrl-C, and would leave that to their children.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if max_file_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_bytes, max_file_bytes))

    command = [sys.executable, "-m", "subsong", *name_command(folder, out)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=limit)


def hash_all(out: Path) -> dict[str, str]:
    """Return the hash of every file of a store; a picture says when it was drawn."""
    return {path.name: hash_file(path) for path in sorted(out.iterdir()) if path.suffix != ".png"}


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.slow),
        pytest.param(signal.SIGTERM, marks=pytest.mark.slow),
        signal.SIGKILL,
    ],
    ids=lambda number: number.name,
)
def test_stopped_and_started_again_it_gives_the_same(number: signal.Signals, many: Path, tmp_path: Path) -> None:
    process, unfinished = start(many, tmp_path / "out"), tmp_path / ".out.unfinished"
    while process.poll() is None and not list(unfinished.glob("items-*.parquet")):
        time.sleep(0.005)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    if number == signal.SIGKILL:
        assert process.returncode == -number
    else:
        assert process.returncode == 128 + number
        assert said.splitlines()[-1] == "stopped: what was done is kept, the same command goes on from there"
    assert not (tmp_path / "out").exists()
    for name in ("out", "whole"):
        assert run(name_command(many, tmp_path / name)) == 0
    assert hash_all(tmp_path / "out") == hash_all(tmp_path / "whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "songs", "whole"]


def test_a_full_disk_is_one_sentence_and_the_same_command_goes_on(many: Path, tmp_path: Path) -> None:
    process = start(many, tmp_path / "out", max_file_bytes=100_000)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 2, said
    assert "the disk is full while writing" in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("*.partial"))
    assert run(name_command(many, tmp_path / "out")) == 0
    assert not (tmp_path / ".out.unfinished").exists()


def test_two_at_once_do_not_mix(many: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with StorePlan(tmp_path / "out", "syllables", {}, [], 1):
        assert run(name_command(many, tmp_path / "out")) == 2
    assert "another process is writing the dataset" in capsys.readouterr().err
    assert run(name_command(many, tmp_path / "out")) == 0


def test_annotations_edited_meanwhile_are_not_mixed_with_the_old(
    many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(plan: StorePlan) -> int:
        raise SubsongError("stopped here")

    with monkeypatch.context() as patch:
        patch.setattr(StorePlan, "finish", stop)
        assert run(name_command(many, tmp_path / "out")) == 2
    text = (many / "good1.txt").read_text()
    (many / "good1.txt").write_text(text.replace("0.100\t0.150\n", "0.100\t0.170\n"))
    for name in ("out", "fresh"):
        assert run(name_command(many, tmp_path / name)) == 0
    assert hash_all(tmp_path / "out") == hash_all(tmp_path / "fresh")


def test_wav_and_flac_give_the_same(tmp_path: Path) -> None:
    folder, packed = write_two(tmp_path / "songs"), tmp_path / "packed"
    packed.mkdir()
    for path in folder.glob("*.wav"):
        write(packed / f"{path.stem}.flac", soundfile.read(path)[0])
        shutil.copy(path.with_suffix(".txt"), packed)
    for source in (folder, packed):
        assert run(["prepare", "syllables", str(source), "--out", str(tmp_path / f"of_{source.name}"), *SMALL]) == 0
    first, second = (load_store(tmp_path / f"of_{source.name}") for source in (folder, packed))
    assert np.array_equal(first.arrays["x"].fetch(np.arange(6)), second.arrays["x"].fetch(np.arange(6)))
    assert first.items.drop("source").equals(second.items.drop("source"))
