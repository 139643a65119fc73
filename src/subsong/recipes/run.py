"""Train, evaluate and report: one call each, the same from Python and from the command line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from lightning_fabric import Fabric

from subsong.core.config_files import merge_files, validate_config
from subsong.core.overrides import Overrides
from subsong.core.yaml_files import load_yaml
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.recipes.base import RunConfig
from subsong.recipes.configuring import read_run_config, resolve_config, write_run_config
from subsong.recipes.differences import compare_runs
from subsong.recipes.fitting import fit_one_process, fit_run
from subsong.reports.page import write_report
from subsong.training.fabric import build_fabric, is_started_elsewhere
from subsong.training.history import History, read_history
from subsong.training.run_folder import RunFolder, create_run_folder, open_run_folder

log = logging.getLogger(__name__)

DEFAULT_ROOT = "runs"


class Run(NamedTuple):
    """A run folder in Python.

    Attributes
    ----------
    folder
        Its places.
    """

    folder: RunFolder

    @property
    def path(self) -> Path:
        """The run folder."""
        return self.folder.path

    @property
    def history(self) -> History:
        """What happened, as tables ``epochs`` and ``steps``."""
        return read_history(self.folder.metrics_path)

    @property
    def config(self) -> RunConfig:
        """The resolved configuration."""
        config: RunConfig = read_run_config(self.folder)[1]
        return config

    @property
    def results(self) -> Results:
        """The numbers of the final evaluation."""
        return read_results(self.folder.evaluation_dir / "final" / RESULTS_NAME)


def train(
    sources: str | Path | Sequence[str | Path],
    data: str | Path | None = None,
    overrides: Overrides | None = None,
    name: str | None = None,
    root: str | Path = DEFAULT_ROOT,
    start_from: str | Path | None = None,
) -> Run:
    """Train a model.

    Parameters
    ----------
    sources
        A recipe, such as ``"digits-vae"``, a YAML file, or several of both, merged from left to right.
    data
        Where the data are, in place of the configuration's ``data.path``.
    overrides
        Single settings: ``{"training.num_epochs": 5}``.
    name
        Of the run folder, behind which its time is written; the recipe's by default.
    root
        Folder of run folders.
    start_from
        A trained model, or its run, whose weights the training begins with.

    Raises
    ------
    SubsongError
        For wrong input, each in one sentence; `Interrupted` when asked to stop, with a checkpoint left behind.
    """
    recipe, config = resolve_config(sources, data, overrides, start_from)
    fabric = build_fabric(config.training)
    create = partial(create_run, config, name or recipe.name, root)
    if is_started_elsewhere(config.training):
        return Run(RunFolder(fabric.launch(partial(_create_and_fit, create=create))))
    run = create()
    fabric.launch(partial(fit_one_process, path=run.path))
    return Run(run)


def create_run(config: RunConfig, name: str, root: str | Path = DEFAULT_ROOT) -> RunFolder:
    """Make the folder of a new run, with its configuration."""
    run = create_run_folder(root, name)
    write_run_config(run, config)
    return run


def _create_and_fit(fabric: Fabric, create: Callable[[], RunFolder]) -> Path:
    """Train as one of several processes that all ran the same command: the first of them names the run."""
    named = str(create().path) if fabric.is_global_zero else ""
    path = Path(fabric.broadcast(named))
    fit_one_process(fabric, path)
    return path


def resume(path: str | Path, overrides: Overrides | None = None) -> Run:
    """Go on with a run from its last checkpoint; the result equals that of a run that was never interrupted.

    Parameters
    ----------
    path
        The run folder.
    overrides
        Changed settings, such as ``{"training.num_epochs": 20}``; with any, the run is another one from here on.
    """
    run = open_run_folder(path)
    if overrides:
        recipe, _ = read_run_config(run)
        raw = merge_files((), overrides, load_yaml(run.config_path))
        write_run_config(run, validate_config(recipe.config_class, raw))
        log.warning("%s goes on with changed settings: it no longer equals an uninterrupted run", run.path)
    fit_run(run)
    return Run(run)


def evaluate(path: str | Path, trust: bool = False) -> Results | None:
    """Score a run's trained model on its test split (validation, where there is none), with baselines.

    Parameters
    ----------
    path
        The run folder. Its data must be where they were.
    trust
        Whether a user's own model class may be imported, which executes its file.

    Returns
    -------
    The numbers, also kept in ``evaluation/final``; None for a family or model that has none beyond its losses.
    """
    run = open_run_folder(path)
    recipe, config = read_run_config(run)
    folder = recipe.evaluate(config, recipe.build_data(config), run, trust)
    return None if folder is None else read_results(folder / RESULTS_NAME)


def report(path: str | Path, trust: bool = False, against: str | Path | None = None) -> Path:
    """Write a run's page, one self-contained HTML file, and return its path; the data are not needed.

    With `against`, another run, the page says which settings the two do not share.
    """
    run = open_run_folder(path)
    differences = None if against is None else compare_runs(path, against)
    recipe, config = read_run_config(run)
    write_report(run.report_path, recipe.report(config, run, trust)._replace(differences=differences))
    return run.report_path


def load_run(path: str | Path) -> Run:
    """Return the run in a folder: its configuration, history and results."""
    return Run(open_run_folder(path))
