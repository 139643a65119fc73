"""The family of syllables, from recordings to a map: trained, read alike elsewhere, scored, drawn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.syllables.dataset import load_syllables
from subsong.inference.load import load_model
from subsong.inference.projection import load_projection
from subsong.inference.syllables import TrainedSyllableVae
from subsong.recipes import run as recipes
from subsong.recipes import use
from subsong.recipes.configuring import resolve_config
from subsong.recipes.mapping import map_sounds
from subsong.recipes.prepare import CONTACT_SHEET_NAME, prepare_syllables
from subsong.recipes.summaries import inspect_data
from subsong.recipes.syllable_vae import RECIPE
from subsong.synthesis.song import SongOptions, write_songs

TINY: dict[str, Any] = {
    "model.architecture": {"kind": "residual", "channels": [8, 16], "num_blocks": [0, 1], "feature_dim": 32},
    "model.latent_dim": 8,
    "training.num_epochs": 4,
    "training.batch_size": 8,
    "training.figure_epochs": None,
    "training.device": "cpu",
    "evaluation.num_importance_samples": 2,
}
SPECTROGRAM = {"spectrogram.num_freq_bins": 24, "spectrogram.num_time_bins": 24}


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colony")
    options = SongOptions(num_birds=1, num_days=2, num_songs=5, num_motifs=(1, 2), reverberation_s=0.0)
    write_songs(folder, options, seed=2)
    return folder


@pytest.fixture(scope="module")
def store(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_syllables(
        songs, tmp_path_factory.mktemp("stores") / "syllables", overrides={**SPECTROGRAM, "features": False}
    ).path


@pytest.fixture(scope="module")
def run_path(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = {**TINY, "data.path": str(store)}
    return recipes.train("syllable-vae", overrides=overrides, root=tmp_path_factory.mktemp("runs")).path


def load(path: Path) -> TrainedSyllableVae:
    model = load_model(path)
    assert isinstance(model, TrainedSyllableVae)
    return model


def test_a_store_comes_with_a_contact_sheet(store: Path) -> None:
    assert (store / CONTACT_SHEET_NAME).read_bytes().startswith(b"\x89PNG")


def test_recordings_are_read_as_the_model_was_trained(songs: Path, store: Path, run_path: Path) -> None:
    model = load(run_path)
    from_store, from_songs = model.read_syllables(store), model.read_syllables(songs)
    np.testing.assert_array_equal(model.embed(from_store), model.embed(from_songs))


def test_a_store_made_with_other_settings_is_refused(songs: Path, run_path: Path, tmp_path: Path) -> None:
    other = prepare_syllables(songs, tmp_path / "other", overrides={**SPECTROGRAM, "spectrogram.high_hz": 8000.0})
    with pytest.raises(SubsongError, match=r"spectrogram\.high_hz = 8000\.0, the model was trained with 10000"):
        load(run_path).read_syllables(other.path)


def test_an_embedding_says_where_each_code_comes_from_and_how_sure_it_is(
    store: Path, run_path: Path, tmp_path: Path
) -> None:
    out = tmp_path / "codes.parquet"
    num_items, latent_dim = use.embed_data(run_path, store, out, with_covariance=True)
    table = pl.read_parquet(out)
    assert table.height == num_items
    assert {"source", "row", "onset_s", "offset_s", "label", "z0", f"v{latent_dim - 1}"} <= set(table.columns)
    assert (table["v0"] > 0).all()


def test_a_run_is_scored_on_recordings_it_was_not_trained_on(run_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subsong.reports.latent.lay_out_by_umap", lambda latents, start, seed, options: start)
    results = recipes.evaluate(run_path)
    assert results is not None
    assert {"negative_elbo", "importance_weighted", "neighbour_accuracy", "ssim"} <= set(results.metrics)
    assert results.metrics["negative_elbo"].unit == "nats per syllable"
    page = recipes.report(run_path).read_text()
    assert "nats per syllable" in page
    assert (run_path / "figures/reconstructions.png").is_file()


def test_the_map_is_one_page_with_its_data_beside_it(songs: Path, run_path: Path, tmp_path: Path) -> None:
    found = map_sounds(run_path, songs, tmp_path / "map.html", kind="pca", colour_by="session")
    assert found.has_sound
    assert found.page_path.read_text().startswith("<!doctype html>")
    table = pl.read_csv(found.table_path)
    assert table.height == found.num_items
    assert {"id", "label", "x", "y"} <= set(table.columns)


def test_another_bird_can_be_placed_on_a_map(store: Path, run_path: Path, tmp_path: Path) -> None:
    first = map_sounds(run_path, store, tmp_path / "first.html", kind="pca")
    again = map_sounds(run_path, store, tmp_path / "again.html", onto=first.projection_path)
    assert not first.has_sound
    one, other = (pl.read_csv(found.table_path).select("x", "y").to_numpy() for found in (first, again))
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert load_projection(again.projection_path).kind == "pca"


def test_a_map_of_an_unknown_column_names_those_there_are(store: Path, run_path: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"no column 'lable'.*label"):
        map_sounds(run_path, store, tmp_path / "map.html", colour_by="lable")


def test_the_portable_folder_tells_how_spectrograms_are_made(run_path: Path) -> None:
    preprocessing = json.loads((run_path / "model/preprocessing.json").read_text())
    assert preprocessing["reading"]["spectrogram"]["log_low"] is not None
    assert preprocessing["reading"]["annotations"] is None


def test_a_broken_network_is_told_from_one_that_learns(store: Path) -> None:
    config = resolve_config("syllable-vae", None, {**TINY, "data.path": str(store)})[1]
    data = RECIPE.build_data(config)
    baseline, perfect = RECIPE.compute_baseline(config, data), RECIPE.compute_perfect_reconstruction(config, data)
    assert baseline is not None
    assert baseline > perfect


def test_a_store_can_be_looked_at_before_training(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inspect_data(store, tmp_path / "labels.csv")
    items = load_syllables(store).items
    shown = capsys.readouterr().out
    assert f"{items.height:,} syllables from {items['source'].n_unique()} recordings" in shown
    assert "session: " in shown
    table = pl.read_csv(tmp_path / "labels.csv")
    assert table["num_syllables"].sum() == items.height
    assert set(table["label"]) == set(items["label"])
