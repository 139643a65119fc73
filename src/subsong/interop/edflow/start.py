"""Where a run begins, and what of its configuration nobody has read."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.interop.edflow.folder import current_time, find_step
from subsong.interop.edflow.reading import ReadConfig, describe_unread
from subsong.interop.edflow.task import StepOpTask
from subsong.interop.edflow.updates import restore
from subsong.training.callbacks.base import Callback
from subsong.training.engine import Engine
from subsong.training.position import Plan, Position
from subsong.training.sums import RunningSums

log = logging.getLogger(__name__)


class Start(NamedTuple):
    """How a run begins.

    Attributes
    ----------
    checkpoint
        The script's file to start from, or None.
    is_retraining
        Count steps from 0, whatever the checkpoint's name says.
    tell
        Called when weights and configuration were found to fit, before the first batch.
    """

    checkpoint: Path | None
    is_retraining: bool
    tell: Callable[[], object]

    @property
    def step(self) -> int:
        """Updates that were done when the checkpoint was written."""
        return 0 if self.checkpoint is None or self.is_retraining else find_step(self.checkpoint)


class StartFrom(Callback):
    """Puts the engine where a run begins: at a checkpoint that was named, else where the engine itself resumes.

    Parameters
    ----------
    task
        Whose iterator is restored.
    start
        How.
    """

    def __init__(self, task: StepOpTask, start: Start) -> None:
        self.task, self.start = task, start

    def on_start(self, engine: Engine) -> None:
        """Take the place of what the engine resumed; an epoch that a shorter run cut off goes on where it stopped."""
        checkpoint = self.start.checkpoint
        step = engine.position.step if checkpoint is None else self.start.step
        if step >= engine.num_steps:
            raise SubsongError(
                f"{step} steps are done, the configuration asks for {engine.num_steps}: give more num_steps "
                "or num_epochs, or evaluate without -t"
            )
        if checkpoint is not None:
            restore(self.task.iterator, checkpoint)
            engine.position, engine.sums = find_position(engine.plan, step), RunningSums()
            _set_aside_metrics(engine, step)
            log.info("started from %s, at step %d", checkpoint, step)
        engine.position.epoch, engine.position.batch = divmod(step, engine.plan.num_batches)
        self.start.tell()


def find_position(plan: Plan, step: int) -> Position:
    """Return where a run stands after so many updates: the order of examples is a function of the seed alone."""
    position = Position()
    while position.step < step:
        for rows in plan.steps(position.epoch)[: step - position.step]:
            position.advance(rows.rows_G)
        if position.batch == plan.num_batches:
            position.end_epoch()
    return position


def _set_aside_metrics(engine: Engine, step: int) -> None:
    """Cut off the records of steps that are trained again; all of them stay in a file beside."""
    path = engine.metrics.path
    if path is None or not path.is_file() or not path.stat().st_size:
        return
    num_bytes = 0
    with open(path, "rb") as file:
        for line in file:
            record = json.loads(line)
            # The record of a step is of the update after it, that of an epoch of the updates before it.
            if record["step"] + (record["event"] == "step") > step:
                break
            num_bytes += len(line)
    if num_bytes < path.stat().st_size:
        shutil.copyfile(path, path.with_name(f"metrics_until_{current_time()}.jsonl"))
        engine.metrics.cut(num_bytes)


class UnreadKeys(Callback):
    """Warns of keys of the configuration that nobody has read once every part of the program has run.

    Parameters
    ----------
    config
        Remembers what was read.
    """

    def __init__(self, config: ReadConfig) -> None:
        self.config = config
        self._is_told = False

    def on_epoch_end(self, engine: Engine) -> None:
        """Warn once."""
        self.tell()

    def tell(self) -> None:
        """Warn once."""
        if not self._is_told:
            for sentence in describe_unread(self.config):
                log.warning(sentence)
        self._is_told = True
