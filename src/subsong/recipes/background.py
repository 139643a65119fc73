"""Training in a process of its own: started here, detached, and everything it prints kept in its run folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from subsong.core.overrides import Overrides
from subsong.core.processes import start_detached
from subsong.recipes.configuring import read_run_config, resolve_config
from subsong.recipes.run import DEFAULT_ROOT, create_run
from subsong.recipes.starting import start_weights
from subsong.recipes.wiring import build_module
from subsong.training.fabric import build_fabric
from subsong.training.run_folder import RunFolder, open_run_folder
from subsong.training.run_process import RunProcess, check_free, describe_process, write_process


def train_in_background(
    sources: str | Path | Sequence[str | Path],
    data: str | Path | None = None,
    overrides: Overrides | None = None,
    name: str | None = None,
    root: str | Path = DEFAULT_ROOT,
    start_from: str | Path | None = None,
) -> tuple[RunFolder, RunProcess]:
    """Check everything that can be checked, make the run folder, and train in a process of its own.

    Parameters
    ----------
    sources, data, overrides, name, root, start_from
        As for `subsong.recipes.run.train`.

    Returns
    -------
    The run folder and the process, which is just starting and outlives this one.

    Raises
    ------
    SubsongError
        For wrong settings, data or models; then there is neither folder nor process.
    """
    recipe, config = resolve_config(sources, data, overrides, start_from)
    build_fabric(config.training)
    splits = recipe.build_data(config)
    module = build_module(recipe, config, splits)
    if config.start_from is not None:
        start_weights(module, recipe, config, splits)
    run = create_run(config, name or recipe.name, root)
    return run, _start(run, ())


def resume_in_background(path: str | Path, overrides: Sequence[str] = ()) -> tuple[RunFolder, RunProcess]:
    """Go on with a run from its last checkpoint, in a process of its own.

    Parameters
    ----------
    path
        The run folder.
    overrides
        Changed settings, ``["training.num_epochs=20"]``; with any, the run is another one from here on.

    Raises
    ------
    SubsongError
        When it is no run folder, or a process trains it already.
    """
    run = open_run_folder(path)
    check_free(run)
    recipe, config = read_run_config(run)
    recipe.build_data(config)
    return run, _start(run, overrides)


def _start(run: RunFolder, overrides: Sequence[str]) -> RunProcess:
    settings = [part for override in overrides for part in ("--set", override)]
    command = [sys.executable, "-m", "subsong", "train", "--resume", str(run.path), *settings]
    pid = start_detached(command, run.console_path)
    process = describe_process(pid)
    write_process(run, process)
    return process
