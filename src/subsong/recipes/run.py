"""Train, evaluate and report: one call each, the same from Python and from the command line."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from lightning_fabric import Fabric
from torch import nn

from subsong.core.config_files import merge_files, validate_config
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, read_json, write_json
from subsong.core.overrides import Overrides
from subsong.core.raw_config import RawConfig, merge_configs
from subsong.core.seeds import derive_seed, set_seed
from subsong.core.yaml_files import dump_yaml, load_yaml
from subsong.datasets.corruption import build_corruption
from subsong.datasets.order import num_batches
from subsong.datasets.types import Splits
from subsong.inference.results import RESULTS_NAME, Results, read_results
from subsong.objectives.objective import build_objective
from subsong.recipes.base import Recipe, RunConfig
from subsong.recipes.catalogue import list_presets, list_recipes, load_preset, load_recipe
from subsong.recipes.differences import compare_runs
from subsong.recipes.starting import read_start, start_weights, take_architecture
from subsong.reports.page import write_report
from subsong.reports.run_report import write_curves
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.collapse import CollapseWatch
from subsong.training.callbacks.early_stopping import EarlyStopping
from subsong.training.callbacks.export import ModelExport
from subsong.training.callbacks.figures import Figures
from subsong.training.callbacks.progress import ProgressBar
from subsong.training.callbacks.tensorboard import TensorBoard
from subsong.training.checkpoints import LAST
from subsong.training.engine import Engine, EngineSettings
from subsong.training.environment import collect_environment, read_uncommitted_patch
from subsong.training.fabric import build_fabric, is_started_elsewhere
from subsong.training.history import History, read_history
from subsong.training.run_folder import RunFolder, create_run_folder, open_run_folder
from subsong.training.run_process import recorded_process
from subsong.training.task import ModelTask

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


def resolve_config(
    sources: str | Path | Sequence[str | Path],
    data: str | Path | None = None,
    overrides: Overrides | None = None,
    start_from: str | Path | None = None,
) -> tuple[Recipe, RunConfig]:
    """Return the recipe and the checked configuration of a run.

    Parameters
    ----------
    sources
        Recipe names and YAML files, merged deeply from left to right over the preset of their recipe.
    data
        Sets ``data.path``.
    overrides
        ``["losses.kl.weight=2"]`` or ``{"losses.kl.weight": 2}``.
    start_from
        Sets ``start_from``: a trained model, whose network takes the place of the preset's.

    Raises
    ------
    SubsongError
        For a key or value that is not one; names the file, the line and the nearest key. For a model to start from
        that is none, or is of another recipe.
    """
    names = [sources] if isinstance(sources, str | Path) else list(sources)
    known = list_presets()
    files = [name for name in names if str(name) not in known]
    presets = [str(name) for name in names if str(name) in known]
    _check_files(files)
    named, written = merge_configs([load_preset(name) for name in presets]), merge_configs([*map(load_yaml, files)])
    recipe = load_recipe(_recipe_name(merge_configs([named, written]), names))
    preset = merge_configs([load_preset(recipe.name), named])
    paths = {"data.path": data, "start_from": start_from}
    more = {key: str(Path(path).expanduser().resolve()) for key, path in paths.items() if path is not None}
    raw = merge_files((), more, merge_files((), overrides, merge_configs([preset, written])))
    if raw.values.get("start_from") is None:
        return recipe, validate_config(recipe.config_class, raw)
    start = read_start(raw.values["start_from"], recipe)
    preset = take_architecture(preset, start)
    raw = merge_files((), more, merge_files((), overrides, merge_configs([preset, written])))
    return recipe, recipe.adopt_preprocessing(validate_config(recipe.config_class, raw), start.description)


def _check_files(files: Sequence[str | Path]) -> None:
    for file in files:
        if not Path(file).exists() and Path(file).suffix not in (".yaml", ".yml"):
            load_recipe(str(file))  # names the nearest recipe


def _recipe_name(layers: RawConfig, names: Sequence[str | Path]) -> str:
    name = layers.values.get("recipe")
    if not isinstance(name, str):
        given = ", ".join(str(name) for name in names) or "nothing"
        raise SubsongError(f"no recipe in {given}: name one of {', '.join(list_recipes())}, or a file with 'recipe:'")
    return name


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
    fabric.launch(partial(_fit, path=run.path))
    return Run(run)


def create_run(config: RunConfig, name: str, root: str | Path = DEFAULT_ROOT) -> RunFolder:
    """Make the folder of a new run, with its configuration."""
    run = create_run_folder(root, name)
    _write_config(run, config)
    return run


def _create_and_fit(fabric: Fabric, create: Callable[[], RunFolder]) -> Path:
    """Train as one of several processes that all ran the same command: the first of them names the run."""
    named = str(create().path) if fabric.is_global_zero else ""
    path = Path(fabric.broadcast(named))
    _fit(fabric, path)
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
        _write_config(run, validate_config(recipe.config_class, raw))
        log.warning("%s goes on with changed settings: it no longer equals an uninterrupted run", run.path)
    fit_run(run)
    return Run(run)


def _write_config(run: RunFolder, config: RunConfig) -> None:
    with atomic_file(run.config_path, "w") as file:
        file.write(format_config(config))


def format_config(config: RunConfig) -> str:
    """Return a configuration as YAML, in the order people think of it."""
    values = config.model_dump(mode="json")
    first = [key for key in ("recipe", "seed", "data", "model", "losses") if key in values]
    return dump_yaml({key: values[key] for key in [*first, *values]})


def read_run_config(run: RunFolder) -> tuple[Recipe, Any]:
    """Return the recipe and the configuration a run folder holds."""
    raw = load_yaml(run.config_path)
    recipe = load_recipe(_recipe_name(raw, [run.config_path]))
    return recipe, validate_config(recipe.config_class, raw)


def fit_run(run: RunFolder) -> None:
    """Train the run in a folder from where it stands: from the beginning, or from its last checkpoint."""
    _, config = read_run_config(run)
    fabric = build_fabric(config.training)
    fabric.launch(partial(_fit, path=run.path))


def _fit(fabric: Fabric, path: Path) -> None:
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
