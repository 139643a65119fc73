"""``subsong trajectories`` and ``subsong embed --windows``: what they write, and what they say."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import subsong.cli.trajectories  # noqa: F401  the verb registers
from inference.sliding import LATENT_DIM, Colony, make_colony
from subsong.cli.main import run
from subsong.inference.sequences import read_sequences
from subsong.models.portable import ModelDescription, write_model
from subsong.models.vae import VaeConfig


@pytest.fixture(scope="module")
def colony(tmp_path_factory: pytest.TempPathFactory) -> Colony:
    return make_colony(tmp_path_factory.mktemp("colony"), num_songs=2)


def test_a_model_slides_along_song(colony: Colony, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "seq.parquet"
    arguments = ["embed", str(colony.model), str(colony.windows), "--windows", "--hop", "0.02", "-o", str(out)]
    assert run([*arguments, "--covariance"]) == 0
    said = capsys.readouterr()
    sequences = read_sequences(out)
    assert f"{sequences.num_sequences} sequences of {sequences.items.height:,} windows" in said.out
    assert f"windows embedded: {sequences.items.height:,}" in said.err
    assert f"v{LATENT_DIM - 1}" in pl.read_parquet_schema(out)


def test_a_hop_without_windows_is_a_mistake(colony: Colony, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["embed", str(colony.model), str(colony.windows), "--hop", "0.02", "-o", str(tmp_path / "seq.csv")]
    assert run(arguments) == 2
    assert "use it with --windows" in capsys.readouterr().err
    assert run([*arguments, "--windows", "--hop", "0"]) == 2
    assert "expected more than 0" in capsys.readouterr().err


def test_a_model_of_pictures_has_no_trajectories(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = VaeConfig(latent_dim=2)
    description = ModelDescription("digits-vae", config.model_dump(mode="json"), {"item_shape": [1, 4, 4]})
    write_model(tmp_path / "model", config.build((1, 4, 4)), description)
    assert run(["trajectories", str(tmp_path / "model"), str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "expected a shotgun-vae or a warped-shotgun-vae" in capsys.readouterr().err


def test_trajectories_say_how_much_and_where_to_look(
    colony: Colony, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = ["trajectories", str(colony.model), str(colony.windows), "--out", str(out), "--hop", "0.02"]
    assert run([*arguments, "--kind", "pca"]) == 0
    said = capsys.readouterr()
    assert f"look at {out / 'index.html'}" in said.out
    assert "figures drawn: 2" in said.err
    assert run([*arguments, "--kind", "umpa"]) == 2
    assert "did you mean 'umap'?" in capsys.readouterr().err
    assert run([*arguments, "--centre", "mean"]) == 2
    assert "did you mean 'median'?" in capsys.readouterr().err
