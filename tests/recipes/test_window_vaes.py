"""The two families of windows: drawn, trained, read alike elsewhere, scored, mapped; and what they say of bad data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from subsong.core.errors import SubsongError
from subsong.datasets.motifs.building import build_motifs
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.dataset import DrawnWindows
from subsong.datasets.windows.reading import WindowReading
from subsong.inference.load import load_model
from subsong.inference.windows import TrainedWindowVae
from subsong.recipes import run as recipes
from subsong.recipes import use
from subsong.recipes.catalogue import load_recipe
from subsong.recipes.configuring import resolve_config
from subsong.recipes.mapping import map_sounds
from subsong.recipes.summaries import inspect_data
from subsong.synthesis.song import SongOptions, make_bird, write_songs

TINY: dict[str, Any] = {
    "data.num_windows": 128,
    "data.num_held_out": 48,
    "model.architecture": {"kind": "residual", "channels": [8, 16], "num_blocks": [0, 1], "feature_dim": 32},
    "model.latent_dim": 8,
    "training.num_epochs": 3,
    "training.batch_size": 16,
    "training.figure_epochs": None,
    "training.device": "cpu",
    "evaluation.num_importance_samples": 2,
}
SONG = SongOptions(num_birds=1, num_days=1, num_songs=6, num_motifs=(2, 2), motif_fidelity=1.0, reverberation_s=0.0)
SPECTROGRAM = {"num_freq_bins": 24, "num_time_bins": 24, "max_duration_s": 0.12}
READING = WindowReading.model_validate({"spectrogram": SPECTROGRAM, "merge_gap_s": 0.2})


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("colony")
    write_songs(folder, SONG, seed=2)
    return folder


@pytest.fixture(scope="module")
def store(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_windows(songs, tmp_path_factory.mktemp("stores") / "windows", READING).path


@pytest.fixture(scope="module")
def run_path(store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    overrides = {**TINY, "data.path": str(store)}
    return recipes.train("shotgun-vae", overrides=overrides, root=tmp_path_factory.mktemp("runs")).path


@pytest.fixture(scope="module")
def motifs(songs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    bird = make_bird(2, 1, SONG)
    motif = [bird.types[number].label for number in bird.motif]
    reading = MotifReading.model_validate({"motif": motif, "spectrogram": SPECTROGRAM, "split_by": "rendition"})
    return build_motifs(songs, tmp_path_factory.mktemp("stores") / "motifs", reading).path


def load(path: Path) -> TrainedWindowVae:
    model = load_model(path)
    assert isinstance(model, TrainedWindowVae)
    return model


def draw(recipe_name: str, path: Path, **settings: Any) -> DrawnWindows:
    overrides = {**TINY, **settings, "data.path": str(path)}
    recipe, config = resolve_config(recipe_name, None, overrides)
    train = recipe.build_data(config).train
    assert isinstance(train, DrawnWindows)
    return train


def test_a_run_is_scored_on_windows_of_recordings_it_was_not_trained_on(
    run_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("subsong.reports.latent.lay_out_by_umap", lambda latents, start, seed, options: start)
    results = recipes.evaluate(run_path)
    assert results is not None
    assert results.num_items == 48
    assert results.metrics["negative_elbo"].unit == "nats per window"
    assert "nats per window" in recipes.report(run_path).read_text()


def test_baselines_are_fitted_to_the_same_windows_however_long_the_run_was(run_path: Path) -> None:
    first, again = recipes.evaluate(run_path), recipes.evaluate(run_path)
    assert first is not None
    assert again is not None
    assert first.metrics["l1"].baselines == again.metrics["l1"].baselines


def test_recordings_are_read_as_the_model_was_trained(songs: Path, store: Path, run_path: Path) -> None:
    model = load(run_path)
    from_store, from_songs = model.read_windows(store), model.read_windows(songs)
    np.testing.assert_array_equal(model.embed(from_store), model.embed(from_songs))


def test_a_store_of_other_windows_is_read_but_not_one_of_other_spectrograms(
    songs: Path, store: Path, run_path: Path, tmp_path: Path
) -> None:
    model = load(run_path)
    ours = model.reading.spectrogram
    longer, other = (
        READING.model_copy(update={"spectrogram": ours.model_copy(update=update)})
        for update in ({"max_duration_s": 0.2, "num_time_bins": 40}, {"high_hz": 8000.0})
    )
    build_windows(songs, tmp_path / "longer", longer)
    assert model.read_windows(tmp_path / "longer").item_shape == model.item_shape
    build_windows(songs, tmp_path / "other", other)
    with pytest.raises(SubsongError, match=r"spectrogram\.high_hz = 8000\.0, the model was trained with 10000"):
        model.read_windows(tmp_path / "other")


def test_windows_are_embedded_with_their_times(store: Path, run_path: Path, tmp_path: Path) -> None:
    num_items, _ = use.embed_data(run_path, store, tmp_path / "codes.parquet")
    table = pl.read_parquet(tmp_path / "codes.parquet")
    assert table.height == num_items
    assert (table["offset_s"] - table["onset_s"]).to_numpy() == pytest.approx(0.12)


def test_windows_can_be_mapped_and_heard(songs: Path, run_path: Path, tmp_path: Path) -> None:
    found = map_sounds(run_path, songs, tmp_path / "map.html", kind="pca")
    assert found.has_sound
    assert pl.read_csv(found.table_path)["id"].is_unique().all()


def test_the_length_of_windows_is_a_setting_of_the_run(store: Path) -> None:
    train = draw("shotgun-vae", store, **{"data.window_s": 0.05, "data.num_time_bins": 10})
    assert train.item_shape == (24, 10)
    assert (train.items["offset_s"] - train.items["onset_s"]).to_numpy() == pytest.approx(0.05)


def test_windows_longer_than_any_region_are_refused_with_the_longest(store: Path) -> None:
    with pytest.raises(SubsongError, match=r"no region holds a window of 100 s: the longest of \d+ lasts"):
        draw("shotgun-vae", store, **{"data.window_s": 100.0})


def test_silence_is_left_out_and_silence_alone_is_refused(songs: Path, tmp_path: Path) -> None:
    reading = WindowReading.model_validate({"spectrogram": SPECTROGRAM, "regions": "recordings"})
    store = build_windows(songs, tmp_path / "whole", reading).path
    loudest = draw("shotgun-vae", store, **{"data.min_peak": 0.9}).fetch(np.arange(128)).input.amax(dim=(1, 2))
    unasked = draw("shotgun-vae", store).fetch(np.arange(128)).input.amax(dim=(1, 2))
    assert loudest.min() > 0.8
    assert unasked.min() < 0.8
    quiet = reading.spectrogram.model_copy(update={"log_low": 20.0, "log_high": 30.0})
    dark = build_windows(songs, tmp_path / "dark", reading.model_copy(update={"spectrogram": quiet})).path
    with pytest.raises(SubsongError, match=r"no window is as loud as data\.min_peak"):
        draw("shotgun-vae", dark, **{"data.min_peak": 0.9})


def test_the_portable_folder_tells_how_windows_are_made(run_path: Path) -> None:
    preprocessing = json.loads((run_path / "model/preprocessing.json").read_text())
    assert preprocessing["kind"] == "windows"
    assert preprocessing["window_s"] == 0.12
    assert preprocessing["reading"]["spectrogram"]["log_low"] is not None
    assert preprocessing["reading"]["annotations"] is None


def test_a_warped_model_is_trained_on_renditions_that_were_not_held_out(motifs: Path, tmp_path: Path) -> None:
    overrides = {**TINY, "data.path": str(motifs)}
    run = recipes.train("warped-shotgun-vae", overrides=overrides, root=tmp_path)
    recipe, config = resolve_config("warped-shotgun-vae", None, overrides)
    data = recipe.build_data(config)
    splits = [set(part.items["split"]) for part in data if part is not None]  # type: ignore[attr-defined]
    assert splits == [{"train"}, {"validation"}, {"test"}]
    windows = load(run.path).read_windows(motifs)
    assert windows.item_shape == (24, 24)
    # In the template's time, as everywhere else: equal steps are the same moments of all renditions.
    steps_N = windows.items["template_start_s"].to_numpy() / config.data.window_s
    np.testing.assert_allclose(steps_N, steps_N.round(), atol=1e-9)


def test_warped_windows_last_as_long_as_the_template_says(motifs: Path) -> None:
    """Renditions differ in tempo by some percent, and so do their windows."""
    items = draw("warped-shotgun-vae", motifs).items
    duration_s = (items["offset_s"] - items["onset_s"]).to_numpy()
    assert duration_s.mean() == pytest.approx(0.08, rel=0.05)
    assert duration_s.std() > 1e-4


def test_a_store_of_windows_is_no_store_of_motifs(store: Path, motifs: Path) -> None:
    with pytest.raises(SubsongError, match="expected one of motifs"):
        draw("warped-shotgun-vae", store)


def test_stores_can_be_looked_at_before_training(
    store: Path, motifs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    inspect_data(store, tmp_path / "regions.csv")
    inspect_data(motifs)
    said = capsys.readouterr().out
    assert "6 recordings" in said
    assert "renditions" in said
    assert "split: train (" in said
    assert pl.read_csv(tmp_path / "regions.csv")["num_regions"].sum() == 6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shotgun-vae", "warped-shotgun-vae"])
def test_without_data_song_is_made_up_and_other_recordings_are_read_alike(name: str) -> None:
    recipe = load_recipe(name)
    _, config = resolve_config(name, None, TINY)
    description = recipe.describe_model(config, recipe.build_data(config))
    assert description.preprocessing["reading"]["spectrogram"]["log_low"] is not None


def test_recordings_are_read_for_windows_of_the_length_of_the_model(songs: Path, store: Path, tmp_path: Path) -> None:
    overrides = {**TINY, "data.path": str(store), "data.window_s": 0.05, "training.num_epochs": 1}
    model = load(recipes.train("shotgun-vae", overrides=overrides, root=tmp_path).path)
    assert model.reading.spectrogram.max_duration_s == 0.05


@pytest.mark.parametrize("recipe_name", ["shotgun-vae", "warped-shotgun-vae"])
def test_windows_shorter_than_a_frame_step_are_refused(recipe_name: str, store: Path, motifs: Path) -> None:
    path = store if recipe_name == "shotgun-vae" else motifs
    with pytest.raises(SubsongError, match="shorter than the step from one frame"):
        draw(recipe_name, path, **{"data.window_s": 1e-9})
