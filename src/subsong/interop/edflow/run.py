"""``edflow``'s command: from its words to a run folder with a configuration in it, and what is done there."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, write_json
from subsong.core.yaml_files import dump_yaml, load_yaml
from subsong.interop.edflow.config import read_edflow_config
from subsong.interop.edflow.folder import (
    EdflowFolder,
    Project,
    create_folder,
    current_time,
    describe_changes,
    make_dated_folder,
    open_project,
    to_writable,
)
from subsong.interop.edflow.outputs import load_outputs
from subsong.interop.edflow.parts import build_datasets, build_iterator, build_splits
from subsong.interop.edflow.reading import ReadConfig
from subsong.interop.edflow.scoring import rescore
from subsong.interop.edflow.settings import Length, Settings, count_debug_rows, read_length, read_settings
from subsong.interop.edflow.start import Start
from subsong.interop.edflow.training import Job, evaluate, open_tensorboard, train
from subsong.recipes.fitting import log_file
from subsong.training.checkpoints import LAST
from subsong.training.environment import collect_environment, read_uncommitted_patch
from subsong.training.run_process import recorded_process

log = logging.getLogger(__name__)


class Command(NamedTuple):
    """What ``edflow`` was told.

    Attributes
    ----------
    bases
        Configurations, merged from left to right.
    overrides
        ``--path/to/key VALUE`` as words.
    name
        Behind the time in the names of folders.
    is_training
        Train; else only evaluate.
    project
        A run folder to go on with, or a configuration in it.
    checkpoint
        A file to start from; its step is in its name.
    is_retraining
        Begin at step 0 with the weights of the checkpoint, in a new run folder.
    is_debug
        A few batches, a few steps, no integrations.
    root
        Folder of run folders.
    """

    bases: Sequence[Path] = ()
    overrides: Sequence[str] = ()
    name: str | None = None
    is_training: bool = False
    project: Path | None = None
    checkpoint: Path | None = None
    is_retraining: bool = False
    is_debug: bool = False
    root: Path = Path("logs")

    @property
    def begins_anew(self) -> bool:
        """Whether a project only lends its configuration and weights."""
        return self.is_retraining or self.is_debug


def run_edflow(command: Command) -> Path:
    """Train or evaluate, and return the run folder.

    Raises
    ------
    Interrupted
        On Ctrl-C or SIGTERM while training; a checkpoint is left.
    SubsongError
        When the configuration, the run folder or the script's parts are not what they should be.
    """
    project = None if command.project is None else open_project(command.project, bool(command.bases))
    bases = [*(() if project is None else project.bases), *command.bases]
    if not bases:
        raise SubsongError("no configuration: give one or more files with -b, or a run folder with -p")
    config = ReadConfig(read_edflow_config(bases, command.overrides))
    checkpoint = _find_checkpoint(command, project)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(_open_folder(command, project))
        folder.train_dir.mkdir(exist_ok=True)
        stack.enter_context(log_file(folder))
        stack.enter_context(recorded_process(folder))
        _run(command, config, folder, checkpoint)
    return folder.path


def rescore_outputs(folder: Path, bases: Sequence[Path], overrides: Sequence[str]) -> dict[str, dict[str, float]]:
    """Run callbacks over stored outputs without a model, and return the numbers of each.

    The configuration is the one stored with the outputs, under the files `bases` and under `overrides`.

    Raises
    ------
    SubsongError
        When the folder holds no outputs, or the configuration names no callback.
    """
    stored = load_outputs(folder).meta.get("config") or {}
    return rescore(folder, ReadConfig(read_edflow_config(bases, overrides, stored)))


def _find_checkpoint(command: Command, project: Project | None) -> Path | None:
    """Return the script's file to start from; None where the engine resumes by itself, or nothing was trained."""
    if command.checkpoint is not None or project is None:
        return command.checkpoint
    is_resumed = command.is_training and not command.begins_anew
    if is_resumed and (project.folder.checkpoint_dir / LAST).is_file():
        return None
    return project.folder.find_checkpoint()


@contextlib.contextmanager
def _open_folder(command: Command, project: Project | None) -> Iterator[EdflowFolder]:
    """Yield the project's folder, or a new one, which goes away when the run fails before it begins."""
    if project is not None and not command.begins_anew:
        yield project.folder
        return
    folder = create_folder(command.root / "debug_runs" if command.is_debug else command.root, command.name)
    try:
        yield folder
    finally:
        if not folder.config_dir.is_dir():
            shutil.rmtree(folder.path, ignore_errors=True)


def _run(command: Command, config: ReadConfig, folder: EdflowFolder, checkpoint: Path | None) -> None:
    settings = read_settings(config, command.is_debug)
    datasets = build_datasets(config)
    num_rows = count_debug_rows(config, settings.batch_size) if command.is_debug else None
    splits = build_splits(datasets, settings.seed, num_rows, command.is_training)
    length = _read_length(command, config, len(splits.train), settings)
    iterator = build_iterator(config, folder.path, datasets, length.num_epochs, settings.seed)
    mode = "train" if command.is_training else "eval"
    _show_config(config, folder, mode)
    _write_environment(folder, settings.seed)
    evaluation_dir = make_dated_folder(folder.evaluation_dir, command.name)
    with _tensorboard(folder, iterator, settings.tensorboard) as writer:
        start = Start(checkpoint, command.begins_anew, lambda: folder.write_config(config, mode, current_time()))
        job = Job(iterator, splits, settings, folder, evaluation_dir, start, writer)
        if command.is_training:
            train(job, length)
        else:
            evaluate(job)


def _read_length(command: Command, config: ReadConfig, num_examples: int, settings: Settings) -> Length:
    if command.is_training:
        return read_length(config, num_examples, settings.batch_size, command.is_debug)
    # These say how long to train: in an evaluation they are neither needed nor superfluous.
    for key in ("num_steps", "num_epochs", "max_batches_per_epoch"):
        config.get(key)
    return Length(0, 1, 1)


def _show_config(config: ReadConfig, folder: EdflowFolder, mode: str) -> None:
    """Show what is used, and what has changed in it since the last start."""
    log.info("%s: the configuration in use\n%s", folder.path, dump_yaml(to_writable(config)))
    last = folder.find_last_config(mode)
    if last is not None:
        for change in describe_changes(load_yaml(last), config):
            log.info("changed since the last start: %s", change)


def _write_environment(folder: EdflowFolder, seed: int) -> None:
    """Write down what the run is made with; a continued one keeps what was written first."""
    if not folder.environment_path.exists():
        write_json(folder.environment_path, collect_environment(seed, "auto", {}))
        patch = read_uncommitted_patch(Path.cwd())
        if patch is not None:
            with atomic_file(folder.path / "code.patch", "w") as file:
                file.write(patch)


@contextlib.contextmanager
def _tensorboard(folder: EdflowFolder, iterator: Any, is_active: bool) -> Iterator[Any]:
    """Yield a TensorBoard writer, which the iterator is given under both of its names, or None."""
    if not is_active:
        yield None
        return
    writer = iterator.tensorboardX_writer = iterator.tensorboard_writer = open_tensorboard(folder.tensorboard_dir)
    try:
        yield writer
    finally:
        writer.close()
