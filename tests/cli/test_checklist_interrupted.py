"""Disks that are full and processes that die while checklists are read: nothing is lost."""

from __future__ import annotations

import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.mistaken_lists import prepare, read_all

from subsong.cli.main import run
from subsong.datasets.checklist_store import load_checklists


def limit_file_size(num_bytes: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (num_bytes, num_bytes))


@pytest.mark.parametrize(
    "command",
    [
        ["prepare", "checklists", "TABLE", "--overwrite", "--out", "store"],
        ["embed", "MODEL", "TABLE", "--out", "store/codes.csv"],
        pytest.param(["predict", "MODEL", "TABLE", "--out", "store/more.parquet"], marks=pytest.mark.slow),
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
