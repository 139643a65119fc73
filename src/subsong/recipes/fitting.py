"""Training a run from where it stands: everything is built from its folder, on each of its processes."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from lightning_fabric import Fabric
from torch import nn

from subsong.core.files import atomic_file, read_json, write_json
from subsong.datasets.types import Splits
from subsong.recipes.base import Recipe
from subsong.recipes.configuring import read_run_config
from subsong.recipes.starting import start_weights
from subsong.recipes.wiring import build_engine, build_module
from subsong.training.checkpoints import LAST
from subsong.training.engine import Engine
from subsong.training.environment import collect_environment, read_uncommitted_patch
from subsong.training.fabric import build_fabric
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import recorded_process


def fit_run(run: RunFolder) -> None:
    """Train the run in a folder from where it stands: from the beginning, or from its last checkpoint."""
    _, config = read_run_config(run)
    fabric = build_fabric(config.training)
    fabric.launch(partial(fit_one_process, path=run.path))


def fit_one_process(fabric: Fabric, path: Path) -> None:
    """Train on one process of a run; each of them builds everything from the folder."""
    run = RunFolder(path)
    recipe, config = read_run_config(run)
    told = run if fabric.is_global_zero else None
    with log_file(told), recorded_process(told):
        data = recipe.build_data(config)
        module = build_module(recipe, config, data)
        start = _start(run, recipe, config, data, module)
        engine = build_engine(recipe, config, data, fabric, run, module)
        if fabric.is_global_zero:
            _write_environment(run, recipe.describe_data(config, data), config, engine, start)
        engine.fit()
        if fabric.is_global_zero:
            recipe.finish(config, data, run)


def _start(run: RunFolder, recipe: Recipe, config: Any, data: Splits, module: nn.Module) -> dict[str, Any] | None:
    """Give a new run the weights of the model it starts from, and return what the environment says of that.

    A run that goes on has weights of its own; the model it once started from may be gone.
    """
    if config.start_from is None:
        return None
    if (run.checkpoint_dir / LAST).is_file():
        environment: dict[str, Any] = read_json(run.environment_path) if run.environment_path.is_file() else {}
        return environment.get("start")
    return start_weights(module, recipe, config, data)._asdict()


def _write_environment(
    run: RunFolder, data: dict[str, Any], config: Any, engine: Engine, start: dict[str, Any] | None
) -> None:
    environment = collect_environment(config.seed, engine.device.type, data)
    write_json(run.environment_path, {**environment, "precision": config.training.precision, "start": start})
    patch = read_uncommitted_patch(Path.cwd())
    if patch is not None:
        with atomic_file(run.path / "code.patch", "w") as file:
            file.write(patch)


@contextlib.contextmanager
def log_file(run: RunFolder | None) -> Iterator[None]:
    """Write what is logged to the run's ``log.txt`` while the block runs."""
    if run is None:
        yield
        return
    handler = logging.FileHandler(run.log_path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("subsong")
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO if level == logging.NOTSET else min(level, logging.INFO))
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        handler.close()
