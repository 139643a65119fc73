"""From a configuration to an engine: data, model, objective, corruption and callbacks wired together."""

from __future__ import annotations

from functools import partial
from typing import Any

from lightning_fabric import Fabric
from torch import nn

from subsong.core.seeds import derive_seed, set_seed
from subsong.datasets.corruption import build_corruption
from subsong.datasets.order import num_batches
from subsong.datasets.types import Splits
from subsong.objectives.objective import build_objective
from subsong.recipes.base import Recipe
from subsong.reports.run_report import write_curves
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.collapse import CollapseWatch
from subsong.training.callbacks.early_stopping import EarlyStopping
from subsong.training.callbacks.export import ModelExport
from subsong.training.callbacks.figures import Figures
from subsong.training.callbacks.progress import ProgressBar
from subsong.training.callbacks.tensorboard import TensorBoard
from subsong.training.engine import Engine, EngineSettings
from subsong.training.run_folder import RunFolder
from subsong.training.task import ModelTask


def build_engine(
    recipe: Recipe, config: Any, data: Splits, fabric: Fabric, run: RunFolder | None, module: nn.Module | None = None
) -> Engine:
    """Wire data, model, objective, corruption and callbacks of a configuration to an engine.

    The model is built here unless it is given.
    """
    training = config.training
    num_steps = training.num_epochs * num_batches(len(data.train), training.batch_size, training.drop_last)
    module = build_module(recipe, config, data) if module is None else module
    corrupt = build_corruption(training.corruption, recipe.value_range(data)) if training.corruption else None
    task = ModelTask(module, build_objective(config.losses, num_steps), corrupt)
    settings = EngineSettings(training, config.optimizer, config.evaluation, config.seed)
    return Engine(task, data, settings, fabric, run, _build_callbacks(recipe, config, data, run))


def build_module(recipe: Recipe, config: Any, data: Splits) -> nn.Module:
    """Build the untrained model; its first weights are a function of the seed."""
    set_seed(derive_seed(config.seed, "weights"))
    return recipe.build_model(config, data)


def _build_callbacks(recipe: Recipe, config: Any, data: Splits, run: RunFolder | None) -> list[Callback]:
    training = config.training
    callbacks: list[Callback] = []
    if training.watch.collapse and len(data.validation):
        perfect = recipe.compute_perfect_reconstruction(config, data)
        callbacks.append(CollapseWatch(recipe.compute_baseline(config, data), recipe.collapse_remedies, perfect))
    if training.early_stopping is not None:
        callbacks.append(EarlyStopping(training.early_stopping.patience, training.early_stopping.min_delta))
    if run is not None:
        callbacks.append(ModelExport(recipe.describe_model(config, data)))
        if training.figure_epochs is not None:
            draw = partial(write_curves, units=recipe.loss_units(config))
            callbacks.append(Figures(recipe.plots(config, data), training.figure_epochs, draw))
        if training.tensorboard:
            callbacks.append(TensorBoard(run.tensorboard_dir))
    return [*callbacks, ProgressBar()]
