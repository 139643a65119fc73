"""Each verb does what it says, on the packaged digits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from subsong.cli.main import run
from subsong.core.yaml_files import load_yaml
from subsong.evaluation.store import load_evaluation
from subsong.sources.pictures import read_packaged_digits

TINY = ["--set=training.num_epochs=2", "--set=training.device=cpu", "--set=evaluation.num_importance_samples=5"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run, trained by the command."""
    root = tmp_path_factory.mktemp("runs")
    assert run(["train", "digits-vae", "--root", str(root), "--name", "try", *TINY]) == 0
    (path,) = root.iterdir()
    return path


@pytest.fixture(scope="module")
def evaluated(trained: Path) -> Path:
    """Return the run, evaluated."""
    assert run(["evaluate", str(trained)]) == 0
    return trained


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of pictures like those the model was trained on."""
    path = tmp_path_factory.mktemp("data") / "pictures.npy"
    np.save(path, read_packaged_digits().images[:50, 0])
    return path


def test_train_fills_the_run_folder(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    assert {"config.yaml", "environment.json", "metrics.jsonl", "timings.jsonl", "log.txt"} <= names
    assert {"checkpoints", "model", "figures", "evaluation"} <= names
    assert (trained / "figures" / "reconstruction_0.png").is_file()
    assert (trained / "figures" / "reconstruction_1.png").is_file()
    assert (trained / "figures" / "training_curves.png").is_file()
    assert len(load_evaluation(trained / "evaluation" / "last")) == 180
    assert json.loads((trained / "environment.json").read_text())["data"]["hash_train"]


def test_evaluate_writes_a_store_with_results_beside_baselines(evaluated: Path) -> None:
    store = load_evaluation(evaluated / "evaluation" / "final")
    assert "importance_bound" in store.losses.columns
    results = json.loads((evaluated / "evaluation" / "final" / "results.json").read_text())
    assert results["split"] == "test"
    assert set(results["metrics"]["ssim"]["baselines"]) == {"mean picture", "PCA 20"}
    assert results["metrics"]["importance_weighted"]["value"] < results["metrics"]["negative_elbo"]["value"]


def test_report_is_one_offline_page(evaluated: Path) -> None:
    assert run(["report", str(evaluated)]) == 0
    page = (evaluated / "report.html").read_text()
    for name in ("Reconstructions", "Samples", "A walk along each dimension", "Latent map: UMAP", "Losses by epoch"):
        assert name in page
    assert 'src="http' not in page
    assert (evaluated / "figures" / "latent_umap.png").is_file()


@pytest.mark.parametrize("suffix", [".parquet", ".csv", ".npz"])
def test_embed_writes_codes_with_their_sources(suffix: str, trained: Path, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / f"codes{suffix}"
    assert run(["embed", str(trained), str(pictures), "--out", str(out), "--batch-size", "7"]) == 0
    if suffix == ".npz":
        content = np.load(out)
        assert content["z"].shape == (50, 20)
        assert len(content["source"]) == 50
        return
    table = pl.read_parquet(out) if suffix == ".parquet" else pl.read_csv(out)
    assert len(table) == 50
    assert table.columns[-20:] == [f"z{number}" for number in range(20)]
    assert {"source", "row"} <= set(table.columns)


def test_a_moved_model_folder_embeds_alike(trained: Path, pictures: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(trained / "model", tmp_path / "elsewhere")
    tables = []
    for number, model in enumerate((trained, tmp_path / "elsewhere")):
        out = tmp_path / f"{number}.parquet"
        assert run(["embed", str(model), str(pictures), "--out", str(out)]) == 0
        tables.append(pl.read_parquet(out))
    assert tables[0].equals(tables[1])


def test_evaluate_scores_other_data_with_a_model_folder(trained: Path, pictures: Path, tmp_path: Path) -> None:
    out = tmp_path / "scores"
    arguments = ["evaluate", str(trained / "model"), "--data", str(pictures), "--out", str(out), "--samples", "0"]
    assert run(arguments) == 0
    assert len(load_evaluation(out)) == 50


@pytest.mark.parametrize("suffix", [".png", ".npy"])
def test_sample_writes_pictures(suffix: str, trained: Path, tmp_path: Path) -> None:
    out = tmp_path / f"samples{suffix}"
    assert run(["sample", str(trained), "--out", str(out), "--num", "9"]) == 0
    assert out.stat().st_size > 0


def test_sample_draws_a_grid_by_default(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["sample", str(trained), "--num", "4"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["samples.png"]


def test_runs_lists_them(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["runs", str(trained.parent)]) == 0
    said = capsys.readouterr().out
    assert "digits-vae" in said
    assert "2/2" in said
    assert "finished" in said
    assert run(["runs", "list", str(trained.parent)]) == 0
    assert capsys.readouterr().out == said


def test_config_show_and_init_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "init", "digits-vae", "--full", "--out", str(tmp_path / "full.yaml")]) == 0
    capsys.readouterr()
    shown = []
    for source in ("digits-vae", str(tmp_path / "full.yaml")):
        assert run(["config", "show", source]) == 0
        shown.append(capsys.readouterr().out)
    assert shown[0] == shown[1]
    (tmp_path / "shown.yaml").write_text(shown[0])
    assert run(["config", "show", str(tmp_path / "shown.yaml")]) == 0
    assert capsys.readouterr().out == shown[0]
    assert load_yaml(tmp_path / "shown.yaml").values["model"]["latent_dim"] == 20


def test_config_init_does_not_overwrite(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("recipe: digits-vae\n")
    assert run(["config", "init", "digits-vae", "--out", str(tmp_path / "mine.yaml")]) == 2
    assert (tmp_path / "mine.yaml").read_text() == "recipe: digits-vae\n"


def test_config_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema", "digits-vae"]) == 0
    assert "training" in json.loads(capsys.readouterr().out)["properties"]


def test_config_knows_the_file_of_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config", "schema", "project"]) == 0
    assert "birds" in json.loads(capsys.readouterr().out)["properties"]
    assert run(["config", "init", "project", "--out", str(tmp_path / "project.yaml")]) == 0
    assert load_yaml(tmp_path / "project.yaml").values["recordings"] == "recordings"


def test_doctor_tells_versions(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor"]) == 0
    assert "torch" in capsys.readouterr().out
