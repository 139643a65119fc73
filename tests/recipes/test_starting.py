"""Runs that begin with the weights of a trained model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.models.portable import read_weights
from subsong.recipes import run as recipes
from subsong.recipes.catalogue import load_recipe
from subsong.recipes.configuring import resolve_config
from subsong.recipes.wiring import build_module

DIGITS: dict[str, Any] = {
    "training.num_epochs": 1,
    "training.batch_size": 500,
    "training.device": "cpu",
    "training.figure_epochs": None,
    "evaluation.store": "none",
}
SMALL = {**DIGITS, "model.network.hidden": [8], "model.latent_dim": 3}


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> recipes.Run:
    return recipes.train("digits-vae", overrides=SMALL, root=tmp_path_factory.mktemp("digits"))


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return the settings of a tiny segmenter on made-up song."""
    tiny = load_recipe("song-segmenter").tiny_overrides(tmp_path_factory.mktemp("song"))
    settings = {"data.num_chunks": 8, "data.augmentation": [], "decoding_search": None}
    return {**tiny, **settings, **DIGITS, "training.batch_size": 8}


@pytest.fixture(scope="module")
def labels(song: dict[str, Any]) -> list[str]:
    from subsong.datasets.song.store import load_song

    return [one.name for one in load_song(Path(song["data.path"])).classes]


@pytest.fixture(scope="module")
def segmenter(song: dict[str, Any], labels: list[str], tmp_path_factory: pytest.TempPathFactory) -> recipes.Run:
    """Return a segmenter of the second and the third label."""
    settings = {**song, "data.labels": labels[1:3]}
    return recipes.train("song-segmenter", overrides=settings, root=tmp_path_factory.mktemp("runs"))


def read_start(run: recipes.Run) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run.folder.environment_path.read_text())["start"]
    return found


def weights_of(run: recipes.Run) -> dict[str, torch.Tensor]:
    return read_weights(run.folder.model_dir)[0]


def begin(recipe: str, overrides: dict[str, Any], start: Path) -> tuple[dict[str, torch.Tensor], Any]:
    """Return the weights that a run from `start` begins with, and what was said of them."""
    from subsong.recipes.starting import start_weights

    family, config = resolve_config(recipe, None, overrides, start)
    data = family.build_data(config)
    module = build_module(family, config, data)
    said = start_weights(module, family, config, data)
    return module.state_dict(), said


def test_a_run_begins_with_the_model_s_weights_and_its_network(digits: recipes.Run) -> None:
    begun, said = begin("digits-vae", DIGITS, digits.path)
    trained = weights_of(digits)
    assert all(torch.equal(begun[name], value) for name, value in trained.items())
    assert (said.num_taken, said.fresh) == (len(trained), ())


def test_what_does_not_fit_begins_anew_and_is_named(digits: recipes.Run) -> None:
    _, said = begin("digits-vae", {**DIGITS, "model.latent_dim": 5}, digits.path)
    assert 0 < said.num_taken < len(weights_of(digits))
    assert any("weight" in name for name in said.fresh)


def test_a_run_says_what_it_began_with_and_goes_on_without_the_model(digits: recipes.Run, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(digits.folder.model_dir, model)
    longer = {**DIGITS, "training.num_epochs": 2}
    whole = recipes.train("digits-vae", overrides=longer, root=tmp_path / "whole", start_from=model)
    half = recipes.train("digits-vae", overrides=DIGITS, root=tmp_path / "half", start_from=model)
    shutil.rmtree(model)
    start = read_start(half)
    assert start["model"] == str(model)
    assert "starts from" in half.folder.log_path.read_text()
    half = recipes.resume(half.path, {"training.num_epochs": 2})
    assert read_start(half) == start
    expected = weights_of(whole)
    assert all(torch.equal(value, expected[name]) for name, value in weights_of(half).items())
    assert half.history.epochs.equals(whole.history.epochs)


def test_a_configuration_says_it_as_well(digits: recipes.Run) -> None:
    _, config = resolve_config("digits-vae", None, {"start_from": str(digits.path)})
    assert config.start_from == digits.path
    assert config.model.latent_dim == 3  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("recipe", "overrides", "message"),
    [
        ("syllable-vae", {}, "is a model of digits-vae, and syllable-vae is to be trained"),
        ("digits-vae", {"start_from": "nowhere"}, "nowhere is not a model folder"),
    ],
)
def test_a_model_of_another_recipe_or_none_is_one_sentence(
    recipe: str, overrides: dict[str, Any], message: str, digits: recipes.Run
) -> None:
    start = None if overrides else digits.path
    with pytest.raises(SubsongError, match=message):
        resolve_config(recipe, None, overrides, start)


def test_classes_of_the_same_name_keep_their_rows(
    segmenter: recipes.Run, song: dict[str, Any], labels: list[str]
) -> None:
    begun, said = begin("song-segmenter", {**song, "data.labels": labels[:3]}, segmenter.path)
    trained = weights_of(segmenter)
    for name in ("head.weight", "head.bias"):
        assert torch.equal(begun[name][1:3], trained[name][:2])
        assert torch.equal(begun[name][3:], trained[name][2:]), "borders of all segments are the same"
    assert said.fresh == (f"head of segment {labels[0]!r}",)
    assert all(torch.equal(begun[name], value) for name, value in trained.items() if not name.startswith("head"))


def test_new_rows_are_a_function_of_the_seed(segmenter: recipes.Run, song: dict[str, Any], labels: list[str]) -> None:
    settings = {**song, "data.labels": labels[:3]}
    first, second = (begin("song-segmenter", settings, segmenter.path)[0] for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    other, _ = begin("song-segmenter", {**settings, "seed": 1}, segmenter.path)
    assert not torch.equal(first["head.weight"][0], other["head.weight"][0])


def test_frames_are_the_model_s(segmenter: recipes.Run, song: dict[str, Any]) -> None:
    _, config = resolve_config("song-segmenter", None, song, segmenter.path)
    theirs = read_weights(segmenter.folder.model_dir)[1].preprocessing["spectrogram"]
    assert config.data.spectrogram.model_dump(mode="json") == theirs  # type: ignore[attr-defined]
    window = theirs["window_size"] * 2
    other = {**song, "data.spectrogram": {**theirs, "window_size": window}}
    with pytest.raises(SubsongError, match=rf"data\.spectrogram\.window_size is {window}, and {window // 2} in the"):
        resolve_config("song-segmenter", None, other, segmenter.path)


def test_another_sample_rate_is_one_sentence(segmenter: recipes.Run, song: dict[str, Any], tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(segmenter.folder.model_dir, model)
    told = json.loads((model / "preprocessing.json").read_text())
    (model / "preprocessing.json").write_text(json.dumps({**told, "sample_rate_hz": 96_000}))
    with pytest.raises(SubsongError, match="prepare them with --set sample_rate_hz=96000"):
        begin("song-segmenter", song, model)


def test_a_network_in_which_nothing_fits_is_refused(segmenter: recipes.Run, song: dict[str, Any]) -> None:
    tcn = {"channels": 12, "dilations": [1], "num_stacks": 1}
    plain = {**song, "model.frontend": {"kind": "plain"}, "model.tcn": tcn}
    with pytest.raises(SubsongError, match="has no weight that fits the network of this run"):
        begin("song-segmenter", plain, segmenter.path)
