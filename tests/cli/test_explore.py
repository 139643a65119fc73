from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import subsong.cli.explore  # noqa: F401  the verb registers
from subsong.cli.main import run
from subsong.inference.tables import write_codes


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a table of sixty codes of two labels."""
    rng = np.random.default_rng(0)
    items = pl.DataFrame({"source": [f"{i // 10}.wav" for i in range(60)], "label": ["a", "b"] * 30})
    path = tmp_path / "bird.csv"
    write_codes(path, items, rng.normal(size=(60, 3)) + 5 * (np.arange(60) % 2)[:, None])
    return path


def test_explore_says_how_much_and_where_to_look(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subsong.recipes.exploring._KINDS", ("pca",))  # UMAP takes seconds to compile
    out = tmp_path / "out"
    assert run(["explore", str(table), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "60 items explored" in said.out
    assert f"look at {out / 'index.html'}" in said.out
    assert "items read: 60" in said.err
    assert (out / "index.html").is_file()


def test_an_unknown_column_is_answered_with_the_nearest(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["explore", str(table), "--by", "lable", "--out", str(tmp_path / "out")]) == 2
    assert "did you mean 'label'" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
