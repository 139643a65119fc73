"""``subsong prepare poses`` and ``subsong inspect`` of what it makes: what they print, write, and say of mistakes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from PIL import Image
from tests.datasets.poses.made_up import make_pictures, write_pictures

from subsong.cli.main import run
from subsong.datasets.poses.store import load_poses
from subsong.recipes.preparing_poses import SHEET_NAME


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file of three identities in four poses."""
    return write_pictures(tmp_path / "made-up.npz", make_pictures(3, 4, 16))


def prepare(file: Path, *options: str) -> int:
    return run(["prepare", "poses", str(file), "--out", str(file.parent / "out"), *options])


def test_it_says_what_it_holds_draws_a_sheet_and_says_what_comes_next(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare(file) == 0
    said, out = capsys.readouterr().out, file.parent / "out"
    assert f"{out}: 12 pictures of 16 x 16 pixels (height x width), colour; 3 identities, 4 poses" in said
    assert "4 joints (own), 3 edges; 6.2% of all joints are missing" in said
    assert "missing: tail in 3" in said
    assert "pictures of an identity: 4" in said
    assert f"then: subsong train pose-vunet --data {out}" in said
    with Image.open(out / SHEET_NAME) as sheet:
        assert sheet.width > 1000


def test_settings_change_how_pictures_are_read_and_drawn(file: Path) -> None:
    assert prepare(file, "--set", "size=[8,16]", "--set", "channels=grey", "--set", "stickman=original") == 0
    source = load_poses(file.parent / "out")
    assert source.images.item_shape == (1, 8, 16)
    assert source.style == "original"


def test_inspect_says_the_same_and_writes_the_table_of_identities(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prepare(file) == 0
    capsys.readouterr()
    table, out = file.parent / "identities.csv", file.parent / "out"
    assert run(["inspect", str(out), "--out", str(table)]) == 0
    assert "12 pictures of 16 x 16 pixels (height x width), colour; 3 identities, 4 poses" in capsys.readouterr().out
    assert pl.read_csv(table).rows() == [(f"animal-{number}", 4, 4) for number in range(3)]


def test_identities_of_one_picture_are_told_with_what_to_do(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    alone = write_pictures(file.parent / "alone.npz", make_pictures(3, 1, 16))
    assert prepare(alone) == 0
    assert "3 identities with one picture only" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--set", "sise=8"], "did you mean 'size'"),
        (["--set", "stickman=portt"], "stickman"),
        (["--set", "identity=bird"], "no column 'bird'"),
    ],
)
def test_mistakes_are_one_sentence(
    file: Path, capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert prepare(file, *options) == 2
    said = capsys.readouterr().err
    assert said.count("Error: ") == 1
    assert sentence in said
    assert not (file.parent / "out").exists()


def test_a_dataset_that_is_there_is_replaced_only_when_asked(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prepare(file) == 0
    assert prepare(file) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert prepare(file, "--overwrite") == 0
