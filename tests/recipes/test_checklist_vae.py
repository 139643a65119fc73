"""The checklist recipe: what counts in its loss, what its settings change, and what its map shows of habitats."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.sparse import csr_array

from subsong.core.noise import ItemNoise
from subsong.datasets.checklist_store import write_checklists
from subsong.evaluation.community import score_habitat_recovery
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.load import load_model
from subsong.objectives.objective import build_objective
from subsong.recipes import run as recipes
from subsong.recipes.checklist_vae import RECIPE
from subsong.recipes.configuring import read_run_config, resolve_config
from subsong.recipes.run import Run
from subsong.recipes.wiring import build_module
from subsong.sources.checklists import Checklists, set_covariates
from subsong.synthesis.checklist_world import ChecklistWorldOptions
from subsong.synthesis.checklists import make_checklists
from subsong.training.task import ModelTask

SHORT = {
    "training.num_epochs": 2,
    "training.device": "cpu",
    "training.figure_epochs": None,
    "evaluation.store": "none",
    "evaluation.num_importance_samples": 3,
    "model.latent_dim": 4,
    "model.network.hidden": [16],
}
MADE = make_checklists(ChecklistWorldOptions(num_lists=240, num_species=20, num_localities=40, rarity=1.0), seed=3)
HABITATS = ChecklistWorldOptions(num_lists=1100, num_species=200, num_localities=200, mixed_share=0.0)
"""The setting on which habitats are to be found: pure places, four habitats, 14 species a list of 200."""

PARITY = {
    "model.latent_dim": 16,
    "model.network.hidden": [512, 512, 512],
    "training.corruption": [{"kind": "gaussian", "std": 0.1}],
    "training.rate_schedule": {"kind": "none"},
    "training.batch_size": 128,
    "losses.kl.weight": 1.0,
}
"""The guide's model and training in our words."""


def hide_cells(lists: Checklists, are_found: bool) -> Checklists:
    """Return lists of which every seventh cell is unknown, and holds a detection or nothing below the mask."""
    unknown = np.arange(lists.counts.shape[0] * lists.counts.shape[1]).reshape(lists.counts.shape) % 7 == 0
    counts = np.where(unknown, float(are_found), lists.counts.toarray() != 0)
    return lists._replace(counts=csr_array(counts.astype(np.float32)), unknown=csr_array(unknown))


def train(lists: Checklists, folder: Path, **overrides: Any) -> Run:
    write_checklists(folder / "lists", lists, overwrite=True)
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    return recipes.train("checklist-vae", folder / "lists", {**SHORT, **named}, root=folder / "runs")


def load(run: Run) -> TrainedChecklistVae:
    model = load_model(run.path)
    assert isinstance(model, TrainedChecklistVae)
    return model


def read_weights(run: Run) -> dict[str, np.ndarray]:
    return load_file(run.path / "model" / "model.safetensors")


# Unknown cells


@pytest.mark.parametrize("likelihood", ["bernoulli", "multinomial"])
def test_what_an_unknown_cell_would_hold_changes_neither_loss_nor_gradient(likelihood: str, tmp_path: Path) -> None:
    """Targets under the mask are set to anything; the encoder sees the input, where unknown cells are 0."""
    write_checklists(tmp_path / "lists", hide_cells(MADE.checklists, are_found=False))
    overrides = {**SHORT, "model.likelihood": {"kind": likelihood}, "model.network.activation": "tanh"}
    config: Any
    _, config = resolve_config("checklist-vae", tmp_path / "lists", overrides)
    data = RECIPE.build_data(config)
    module = build_module(RECIPE, config, data)
    task = ModelTask(module, build_objective(config.losses, 100), None)
    batch: Any = data.train.fetch(np.arange(50))
    assert batch.mask is not None
    found = []
    for value in (0.0, 1.0):
        filled = batch._replace(target=torch.where(batch.mask, batch.target, value))
        loss_B = task.objective(module(filled, ItemNoise(0, batch.rows)), filled, 50).total_B
        gradients = torch.autograd.grad(loss_B.mean(), list(module.parameters()))
        found.append((loss_B.detach(), gradients))
    assert torch.equal(found[0][0], found[1][0])
    assert all(torch.equal(first, second) for first, second in zip(found[0][1], found[1][1], strict=True))
    assert all(torch.isfinite(gradient).all() for gradient in found[0][1])


def test_a_species_never_looked_for_on_some_lists_is_not_taken_for_rare(tmp_path: Path) -> None:
    """Of the lists that know of it, a species is on most; on the others it is unknown, which must not lower it."""
    counts = (MADE.checklists.counts.toarray() != 0).astype(np.float32)
    unknown = np.zeros(counts.shape, bool)
    unknown[:, 0] = np.arange(len(counts)) % 4 != 0
    counts[:, 0] = ~unknown[:, 0]
    lists = MADE.checklists._replace(counts=csr_array(counts), unknown=csr_array(unknown))
    model = load(train(lists, tmp_path, training__num_epochs=40, optimizer__learning_rate=0.01))
    assert model.score_species(model.prepare(lists))[:, 0].min() > 0.9


# Settings


def test_covariates_reach_the_decoder_and_change_predictions(tmp_path: Path) -> None:
    run = train(MADE.checklists, tmp_path, data__covariates=["duration_min", "hour"], training__num_epochs=40)
    model = load(run)
    assert [encoder.name for encoder in model.encoders] == ["duration_min", "hour"]
    assert model.module.covariate_dim == 3
    expected = [
        model.score_species(model.prepare(set_covariates(MADE.checklists, {"duration_min": minutes})))
        .sum(axis=1)
        .mean()
        for minutes in (10.0, 240.0)
    ]
    assert expected[1] > 1.02 * expected[0]


def test_covariates_do_not_reach_the_encoder(tmp_path: Path) -> None:
    model = load(train(MADE.checklists, tmp_path, data__covariates=["duration_min"]))
    longer = MADE.checklists.covariates.with_columns(duration_min=300.0)
    changed = MADE.checklists._replace(covariates=longer)
    assert np.array_equal(model.embed(MADE.checklists), model.embed(changed))


def test_a_multinomial_model_learns_shares(tmp_path: Path) -> None:
    run = train(MADE.checklists, tmp_path, model__likelihood={"kind": "multinomial"}, training__num_epochs=15)
    losses = run.history.epochs["validation_loss"].to_list()
    assert min(losses[1:]) < losses[0]
    shares = load(run).score_species(load(run).prepare(MADE.checklists))
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-5)


def test_warm_up_and_free_bits_are_settings_of_the_loss(tmp_path: Path) -> None:
    weight = {"kind": "linear", "start_value": 0.0, "end_value": 0.5, "end_fraction": 0.5}
    run = train(MADE.checklists, tmp_path, losses__kl__weight=weight, losses__kl__free_bits=0.5)
    steps = run.history.steps
    weights, terms = steps["weights_kl"].to_numpy(), steps["train_kl"].drop_nulls().to_numpy()
    assert weights[0] == 0.0
    assert weights.max() > 0.2
    assert terms.min() >= 0.5 * 4


def test_the_guide_s_noise_is_a_setting(tmp_path: Path) -> None:
    noisy = [{"kind": "gaussian", "std": 0.1}]
    weights = [
        read_weights(train(MADE.checklists, tmp_path / str(number), training__corruption=corruption))
        for number, corruption in enumerate((noisy, noisy, []))
    ]
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert any(not np.array_equal(weights[0][name], weights[2][name]) for name in weights[0])


def test_the_same_seed_trains_the_same_model_bit_for_bit(tmp_path: Path) -> None:
    weights = [
        read_weights(train(MADE.checklists, tmp_path / str(number), seed=seed)) for number, seed in enumerate((1, 1, 2))
    ]
    assert all(np.array_equal(weights[0][name], weights[1][name]) for name in weights[0])
    assert any(not np.array_equal(weights[0][name], weights[2][name]) for name in weights[0])


# What a run leaves


def test_results_have_a_random_and_a_blocked_part(tmp_path: Path) -> None:
    run = train(MADE.checklists, tmp_path)
    results = recipes.evaluate(run.path)
    assert results is not None
    for metric in ("ndcg_100", "recall_20", "auc", "completion_loss", "brier", "calibration_error"):
        assert {f"{metric}_random", f"{metric}_blocked"} <= set(results.metrics)
    assert results.num_items == 48


def test_without_groups_the_results_are_in_one_part(tmp_path: Path) -> None:
    results = recipes.evaluate(train(MADE.checklists, tmp_path, data__split__by=None).path)
    assert results is not None
    assert "ndcg_100" in results.metrics


def test_the_portable_model_names_its_species(tmp_path: Path) -> None:
    run = train(MADE.checklists, tmp_path)
    assert json.loads((run.path / "model" / "labels.json").read_text()) == MADE.checklists.species["key"].to_list()
    preprocessing = json.loads((run.path / "model" / "preprocessing.json").read_text())
    assert preprocessing["species_names"] == MADE.checklists.species["name"].to_list()


def test_a_run_goes_on(tmp_path: Path) -> None:
    run = train(MADE.checklists, tmp_path)
    again = recipes.resume(run.path, {"training.num_epochs": 4})
    assert len(again.history.epochs) == 4


# Habitats


def train_on_habitats(folder: Path, overrides: dict[str, Any]) -> tuple[Run, float]:
    """Return a run on `HABITATS`, and how well k-means of the held-out lists' codes agrees with their habitats."""
    write_checklists(folder / "lists", make_checklists(HABITATS, seed=0).checklists)
    quick = {"training.device": "cpu", "training.figure_epochs": None, "evaluation.store": "none"}
    run = recipes.train("checklist-vae", folder / "lists", {**quick, **overrides}, root=folder / "runs")
    test: Any = RECIPE.build_data(read_run_config(run.folder)[1]).test
    assert len(test) == 220
    return run, score_habitat_recovery(load(run).embed(test), test.items["habitat"].to_numpy()).k_means


@pytest.mark.slow
def test_clusters_of_held_out_lists_are_their_habitats(tmp_path: Path) -> None:
    run, agreement = train_on_habitats(tmp_path, {"training.num_epochs": 60})
    assert agreement >= 0.9
    assert run.history.epochs["active_units"][-1] >= 4
    # Not even during the warm-up of the KL, when the code is not yet what it will be.
    assert "warning" not in run.history.epochs.columns


def test_the_guide_s_model_collapses_there_and_the_run_says_what_helps(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "subsong"):
        run, agreement = train_on_habitats(tmp_path, {**PARITY, "training.num_epochs": 10})
    assert run.history.epochs["active_units"].to_list() == [0] * 10
    assert agreement < 0.6
    assert "posterior collapse" in run.history.epochs["warning"][-1]
    for remedy in ("warm up losses.kl.weight", "losses.kl.free_bits", "training.corruption kind masking"):
        assert remedy in caplog.text
