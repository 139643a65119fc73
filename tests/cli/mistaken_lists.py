"""What tests of mistakes with checklists share: small files, a model, and how a complaint is read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sources.ebird.made_files import record

from subsong.cli.main import run

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


def prepare(source: Path, out: Path) -> list[str | Path]:
    return ["prepare", "checklists", source, "--out", out]
