"""Verbs of models of poses: transfer, predict, sample, report; and flags that are for other families."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from subsong.cli.main import run
from subsong.cli.posing import read_rows
from subsong.inference.load import load_vunet
from subsong.models.portable import ModelDescription, write_model
from subsong.models.vae import VaeConfig
from subsong.recipes import run as recipes
from subsong.synthesis.figures import FigureOptions, write_figures


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return ten figures in nine poses."""
    path = tmp_path_factory.mktemp("figures") / "figures.npz"
    write_figures(path, FigureOptions(num_figures=10, num_poses=9, size=(16, 16)), seed=1)
    return path


@pytest.fixture(scope="module")
def trained(figures: Path) -> Path:
    """Return a run of a tiny network on them."""
    tiny = {
        "model.pose_channels": [8, 16],
        "model.appearance_channels": [8, 16],
        "model.patch_size": 2,
        "model.num_blocks": 1,
        "training.num_epochs": 1,
        "training.device": "cpu",
        "data.known": 0.2,
    }
    return recipes.train("pose-vunet", figures, tiny, "poses", figures.parent / "runs").path


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untrained model of another family."""
    config, path = VaeConfig(), tmp_path_factory.mktemp("digits") / "model"
    preprocessing = {"item_shape": [1, 8, 8], "value_range": [0.0, 1.0]}
    description = ModelDescription("digits-vae", config.model_dump(mode="json"), preprocessing)
    write_model(path, config.build((1, 8, 8)), description)
    return path


def fails(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Return what a command that must fail says."""
    assert run(arguments) == 2
    return capsys.readouterr().err.splitlines()[-1]


def test_training_draws_the_first_validation_rows(trained: Path) -> None:
    with Image.open(trained / "figures" / "prediction_0.png") as image:
        assert image.width > image.height > 500


def test_transfer_shows_eight_of_each_and_says_what_was_left_out(
    trained: Path, figures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "transfer.png"
    arguments = ["transfer", str(trained), "--appearance", str(figures), "--pose", str(figures), "--out", str(out)]
    assert run(arguments) == 0
    told = capsys.readouterr()
    assert told.out.strip() == f"{out}: 8 appearances in 8 poses"
    assert "left out: 2 more appearances and 1 more pose;" in told.err
    assert out.is_file()


def test_transfer_of_everything_fills_a_folder_with_one_picture_each(
    trained: Path, figures: Path, tmp_path: Path
) -> None:
    out = tmp_path / "all"
    assert run(["transfer", str(trained), "-a", str(figures), "-p", str(figures), "--all", "-o", str(out)]) == 0
    table = pl.read_csv(out / "table.csv")
    assert table.height == 90
    assert table.row(10, named=True)["file"] == "figure-001__pose-001.png"
    assert table.row(10, named=True)["appearance"] == "figure-001"
    with Image.open(out / "figure-009__pose-008.png") as image:
        assert image.size == (16, 16)


def test_values_of_a_transfer_are_those_of_the_call(trained: Path, figures: Path, tmp_path: Path) -> None:
    out = tmp_path / "some.npz"
    chosen = ["--identity", "figure-007,figure-002", "--pose-rows", "3,5-6"]
    assert run(["transfer", str(trained), "-a", str(figures), "-p", str(figures), *chosen, "-o", str(out)]) == 0
    made, known = np.load(out), np.load(figures)
    assert made["appearance"].tolist() == ["figure-007", "figure-002"]
    assert made["pose"].tolist() == ["pose-003", "pose-005", "pose-006"]
    assert made["pictures"].shape == (2, 3, 3, 16, 16)
    images = known["images"][[np.flatnonzero(known["identity"] == name)[0] for name in made["appearance"]]]
    model = load_vunet(trained, "cpu")
    shown = model.decode(model.embed(images.transpose(0, 3, 1, 2)), _draw(figures, [3, 5]))
    np.testing.assert_allclose(made["pictures"][[0, 1], [0, 1]], shown, atol=1e-5)


def _draw(figures: Path, rows: list[int]) -> np.ndarray:
    from subsong.sources.keypoints.reading import read_posed_pictures
    from subsong.sources.stickmen import draw_stickmen

    pictures = read_posed_pictures(figures)
    assert pictures.keypoints_NK2 is not None
    assert pictures.skeleton is not None
    return draw_stickmen(pictures.keypoints_NK2[rows], pictures.skeleton, (16, 16), "port")


def test_one_picture_file_is_enough_for_an_appearance(trained: Path, figures: Path, tmp_path: Path) -> None:
    picture, outs = tmp_path / "anna.png", [tmp_path / "file.npz", tmp_path / "row.npz"]
    Image.fromarray(np.load(figures)["images"][4]).save(picture)
    for out, given in zip(outs, (["-a", str(picture)], ["-a", str(figures), "--rows", "4"]), strict=True):
        assert run(["transfer", str(trained), *given, "-p", str(figures), "--pose-rows", "0-2", "-o", str(out)]) == 0
    first, second = (np.load(out) for out in outs)
    assert first["appearance"].tolist() == ["anna"]
    np.testing.assert_array_equal(first["pictures"], second["pictures"])


def test_predict_redraws_every_picture_and_says_how_near_each_comes(
    trained: Path, figures: Path, tmp_path: Path
) -> None:
    assert run(["predict", str(trained), str(figures), "--out", str(tmp_path / "redrawn")]) == 0
    assert run(["predict", str(trained), str(figures), "--out", str(tmp_path / "r.npz"), "--batch-size", "7"]) == 0
    table, made = pl.read_csv(tmp_path / "redrawn" / "table.csv"), np.load(tmp_path / "r.npz")
    assert table.height == len(made["pictures"]) == 90
    assert len(list((tmp_path / "redrawn").glob("*.png"))) == 90
    np.testing.assert_allclose(table["ssim"].to_numpy(), made["ssim"], atol=1e-6)
    assert made["identity"].tolist() == table["identity"].to_list()


def test_sample_draws_equal_pictures_from_equal_seeds(trained: Path, figures: Path, tmp_path: Path) -> None:
    drawn = []
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        out = tmp_path / f"{name}.npz"
        given = ["--pose", str(figures), "--pose-names", "pose-004,pose-001", "--num", "3", "--seed", seed]
        assert run(["sample", str(trained), *given, "--out", str(out)]) == 0
        drawn.append(np.load(out)["pictures"])
    assert drawn[0].shape == (2, 3, 3, 16, 16)
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert np.abs(drawn[0] - drawn[2]).max() > 0


def test_sample_draws_a_grid(trained: Path, figures: Path, tmp_path: Path) -> None:
    out = tmp_path / "samples.png"
    assert run(["sample", str(trained), "--pose", str(figures), "--pose-rows", "0-2", "--out", str(out)]) == 0
    assert out.is_file()


def test_the_report_shows_figures_scores_and_what_another_run_was_told(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text((trained / "config.yaml").read_text().replace("color_L1", "color_L2"))
    assert run(["evaluate", str(trained)]) == 0
    assert run(["report", str(trained), "--against", str(tmp_path)]) == 0
    page = (trained / "report.html").read_text()
    titles = ["Best, median and worst", "Every appearance in every pose", "Draws for a pose", "Between two appearances"]
    for title in [*titles, "What each scale says", "What each scale carries", "Scores beside baselines"]:
        assert title in page
    assert "pose mean" in page
    assert "losses.color_L2.weight" in page
    assert 'src="http' not in page
    assert (trained / "figures" / "transfer_matrix.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "POSES", "FIGURES", "--out", "o", "--species", "Corvus"], "are for lists: leave them out"),
        (["predict", "POSES", "FIGURES", "--out", "o", "--threshold", "0.5"], "are for recordings: leave them out"),
        (["predict", "POSES", "FIGURES"], "say with --out where they go"),
        (["predict", "POSES", "--out", "o"], "one file or folder, not from 0"),
        (["sample", "POSES"], "name pictures of poses with --pose"),
        (["sample", "DIGITS", "--pose", "FIGURES"], "for models of poses (pose-vunet): leave them out"),
        (["transfer", "DIGITS", "-a", "FIGURES", "-p", "FIGURES"], "expected one of poses (pose-vunet)"),
        (["transfer", "POSES", "-a", "FIGURES", "-p", "FIGURES", "--rows", "1-"], "whole numbers from 0 and ranges"),
        (["transfer", "POSES", "-a", "FIGURES", "-p", "FIGURES", "--rows", "1", "--identity", "x"], "give one of them"),
        (["transfer", "POSES", "-a", "FIGURES", "-p", "FIGURES", "-o", "x.jpg"], "expected .png or .npz"),
        (["transfer", "POSES", "-a", "FIGURES", "-p", "FIGURES", "--identity", "figure-0"], "has no identity"),
    ],
)
def test_a_mistake_is_one_sentence(
    arguments: list[str],
    sentence: str,
    trained: Path,
    digits: Path,
    figures: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"POSES": str(trained), "DIGITS": str(digits), "FIGURES": str(figures)}
    assert sentence in fails([places.get(argument, argument) for argument in arguments], capsys)


def test_rows_may_be_ranges() -> None:
    assert read_rows("--rows", "3, 0,5-7") == [3, 0, 5, 6, 7]
