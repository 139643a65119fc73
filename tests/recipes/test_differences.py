"""What two runs were told differently."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.cli.main import run
from subsong.core.differences import Difference
from subsong.core.errors import SubsongError
from subsong.recipes.differences import compare_runs
from subsong.reports.content import ReportContent, RunDifferences
from subsong.reports.page import render_page
from subsong.reports.sections import build_sections


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Return two runs of different recipes, of which only the configurations are there."""
    texts = {
        "first": "recipe: digits-vae\nseed: 0\nlosses: {kl: {weight: 1.0}}\n",
        "second": "recipe: pose-vunet\nseed: 0\nlosses: {KL: {weight: 1.0}}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.yaml").write_text(text)
    return tmp_path / "first", tmp_path / "second"


def test_runs_of_any_recipes_are_compared(runs: tuple[Path, Path]) -> None:
    differences = compare_runs(*runs)
    assert (differences.this, differences.other) == ("first", "second")
    assert differences.rows == [
        Difference("recipe", "digits-vae", "pose-vunet"),
        Difference("losses.kl.weight", "1.0", "not set"),
        Difference("losses.KL.weight", "not set", "1.0"),
    ]


def test_the_command_prints_a_row_for_each_setting(runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", "diff", *map(str, runs)]) == 0
    header, first, *_ = (line.split() for line in capsys.readouterr().out.splitlines())
    assert header == ["setting", "first", "second"]
    assert first == ["recipe", "digits-vae", "pose-vunet"]


def test_the_command_says_when_nothing_differs(runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", "diff", str(runs[0]), str(runs[0])]) == 0
    assert "no setting differs between first and first" in capsys.readouterr().out


def test_a_folder_that_is_no_run_is_named(runs: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="nowhere"):
        compare_runs(runs[0], tmp_path / "nowhere")


def test_a_page_shows_the_differences_escaped_and_unrounded() -> None:
    rows = [Difference("losses.kl.weight", "0.123456789", "not set"), Difference("data.path", "a<b", "c")]
    content = ReportContent("run", differences=RunDifferences("run", "other", rows))
    page = render_page(build_sections(content), "run")
    assert "Difference to another run" in page
    assert "0.123456789" in page
    assert "a&lt;b" in page


def test_a_page_without_differences_says_so_only_when_asked() -> None:
    asked = ReportContent("run", differences=RunDifferences("run", "other", []))
    assert "No setting differs from other." in render_page(build_sections(asked), "run")
    assert "Difference to" not in render_page(build_sections(ReportContent("run")), "run")
