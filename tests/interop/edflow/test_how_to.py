"""The how-to runs as it stands: its files, its commands, its reading of the outputs."""

from __future__ import annotations

import glob
import re
import shlex
import sys
from pathlib import Path

import pytest

from subsong.cli.main import run

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "how_to" / "come_from_edflow.md"


def expand(word: str) -> list[str]:
    return sorted(glob.glob(word)) if "*" in word else [word]


def test_the_how_to_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    blocks = re.findall(r"```(\w+)\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), flags=re.DOTALL)
    for language, text in blocks:
        named = re.match(r"# (\S+\.\w+)\n", text)
        if named:
            Path(named[1]).write_text(text, encoding="utf-8")
        elif language == "bash":
            for line in text.splitlines():
                assert run([part for word in shlex.split(line)[1:] for part in expand(word)]) == 0
            assert "dark/dark" in capsys.readouterr().out
        else:
            exec(compile(text, DOCUMENT.name, "exec"), {})
            assert capsys.readouterr().out.startswith("24 (8, 8, 3)")
    sys.modules.pop("bars", None)
