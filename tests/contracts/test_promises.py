"""What every recipe promises: it builds, learns, reaches its parameters, reloads, and does not depend on batches."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from subsong.core.noise import ItemNoise, StepNoise
from subsong.datasets.types import Splits
from subsong.models.portable import read_model
from subsong.objectives.objective import build_objective
from subsong.recipes import run as recipes
from subsong.recipes.base import Recipe
from subsong.recipes.configuring import resolve_config
from subsong.recipes.wiring import build_module
from subsong.training.task import ModelTask
from subsong.training.validation import SplitScorer, collect_validation

REFERENCE = Path(__file__).with_name("reference")


@pytest.fixture
def built(recipe_name: str, overrides: dict[str, Any]) -> tuple[Recipe, Any, Splits, ModelTask]:
    """Return a recipe's parts, untrained."""
    recipe, config = resolve_config(recipe_name, None, overrides)
    data = recipe.build_data(config)
    module = build_module(recipe, config, data)
    return recipe, config, data, ModelTask(module, build_objective(config.losses, 100))


def compute_loss(task: ModelTask, data: Splits, num_rows: int, step: int = 0) -> torch.Tensor:
    batch = data.train.fetch(np.arange(num_rows))
    table, _ = task.compute(task.module, batch, StepNoise(0, step, num_rows), step, training=True)
    return table.total_B.mean()


def test_every_parameter_receives_a_gradient(built: tuple[Recipe, Any, Splits, ModelTask]) -> None:
    _, _, data, task = built
    compute_loss(task, data, 32).backward()
    silent = [name for name, p in task.module.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


def test_it_overfits_eight_examples(built: tuple[Recipe, Any, Splits, ModelTask]) -> None:
    _, _, data, task = built
    optimizer = torch.optim.Adam(task.module.parameters(), lr=3e-3)
    losses: list[float] = []
    for step in range(200):
        optimizer.zero_grad()
        loss = compute_loss(task, data, 8, step)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        if has_learned(losses):
            return
    pytest.fail(f"after 200 steps the loss is {losses[-1]:.4g}, from {losses[0]:.4g}")


def has_learned(losses: list[float]) -> bool:
    """Whether ten steps in a row lie well below the first."""
    return len(losses) > 10 and float(np.mean(losses[-10:])) < losses[0] - 0.4 * abs(losses[0])


@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_scores_do_not_depend_on_the_batch_size(batch_size: int, built: tuple[Recipe, Any, Splits, ModelTask]) -> None:
    _, _, data, task = built
    task.module.eval()
    results = []
    for size in (batch_size, 1000):
        scorer = SplitScorer(task, 0, size, torch.device("cpu"))
        num_items = min(100, len(data.validation))
        batches = scorer.score_batches(task.module, data.validation, scorer.blocks(num_items))
        results.append(collect_validation(batches, num_items).losses)
    assert results[0] == pytest.approx(results[1], rel=1e-5)


def test_noise_of_an_example_does_not_depend_on_its_neighbours() -> None:
    whole = ItemNoise(3, np.arange(10)).normal(torch.zeros(10, 4))
    part = ItemNoise(3, np.array([7, 2])).normal(torch.zeros(2, 4))
    assert torch.equal(part, whole[[7, 2]])


def test_the_exported_model_equals_the_trained_one(recipe_name: str, overrides: dict[str, Any], tmp_path: Path) -> None:
    run = recipes.train(recipe_name, overrides={**overrides, "training.num_epochs": 1}, root=tmp_path / "runs")
    module, description = read_model(run.folder.model_dir, trust=True)
    assert description.recipe == recipe_name
    state = torch.load(run.folder.checkpoint_dir / "best.ckpt", weights_only=True)["model"]
    assert all(torch.equal(value, state[name]) for name, value in module.state_dict().items())
    names = {path.name for path in run.folder.model_dir.iterdir()}
    assert names == {"model.safetensors", "config.json", "preprocessing.json", "labels.json", "card.md"}
    assert (run.path / "environment.json").is_file()
    assert recipes.report(run.path, trust=True).read_text().startswith("<!doctype html>")


def test_same_seed_same_curve_and_a_refactor_keeps_it(
    recipe_name: str, overrides: dict[str, Any], tmp_path: Path
) -> None:
    """Two runs agree bit for bit; the stored curve holds on other processors to their rounding."""
    curves = []
    for name in ("first", "second"):
        run = recipes.train(recipe_name, overrides=overrides, root=tmp_path / name)
        curves.append(run.history.epochs["validation_loss"].to_list())
    assert curves[0] == curves[1]
    path = REFERENCE / f"{recipe_name}.json"
    assert path.is_file(), f"store this curve in {path}: {json.dumps(curves[0])}"
    assert curves[0] == pytest.approx(json.loads(path.read_text()), rel=1e-4)
