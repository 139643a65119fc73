"""The engine: one loop that trains any task, with the promises every recipe inherits.

- The state of a run is its position, weights, optimizer, schedules, callbacks and sums. All randomness is a function of
  the seed and the position (``core/seeds.py``), so a run that is killed and resumed equals one that was not.
- Metrics at the steps of the log schedule, each with one validation batch scored without an update.
- The whole validation split after each epoch, into the evaluation store.
- A loss that is not finite stops the run before the update and names the rows.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import Optimizer

from subsong.core.errors import Interrupted, SubsongError
from subsong.core.seeds import derive_seed, seed_global_generators
from subsong.datasets.types import DrawnDataset, Splits
from subsong.training import engine_state
from subsong.training.callbacks.base import Callback
from subsong.training.clock import Clock
from subsong.training.config import EvaluationConfig, OptimizerConfig, TrainingConfig
from subsong.training.history import JsonLines
from subsong.training.loader import BatchLoader
from subsong.training.log_schedule import is_log_step
from subsong.training.position import Plan, Position, StepRows
from subsong.training.run_folder import RunFolder
from subsong.training.signals import StopSignals
from subsong.training.sums import RunningSums, means_of
from subsong.training.task import Task
from subsong.training.updater import Updater, Updates
from subsong.training.validation import Validation
from subsong.training.validator import Validator

log = logging.getLogger(__name__)


class EngineSettings(NamedTuple):
    """The parts of a run's configuration the engine reads, and the run's seed.

    The optimizer may also be one that is built already, over parameters of the module.
    """

    training: TrainingConfig
    optimizer: OptimizerConfig | Optimizer
    evaluation: EvaluationConfig
    seed: int


class Engine:
    """Trains a task.

    Parameters
    ----------
    task
        Module, loss, outputs. The module is moved to the device.
    data
        Training and validation examples.
    settings
        How to train.
    fabric
        Devices and precision.
    run
        Where the run's files go, or None to keep nothing on disk.
    callbacks
        Look on, in this order.
    updater
        What updates the weights; None builds it from the settings.

    Attributes
    ----------
    position
        How much of the run is done.
    records
        The records of the epochs this process has done.
    """

    def __init__(
        self,
        task: Task,
        data: Splits,
        settings: EngineSettings,
        fabric: Fabric,
        run: RunFolder | None = None,
        callbacks: Sequence[Callback] = (),
        updater: Updates | None = None,
    ) -> None:
        self.task, self.data, self.settings, self.fabric, self.run = task, data, settings, fabric, run
        self.config, self.seed = settings.training, settings.seed
        self.device: torch.device = fabric.device
        self.callbacks = [c for c in callbacks if self.is_first_process or c.everywhere]
        self.plan = self._build_plan()
        self.num_epochs = self.config.num_epochs
        self.num_steps = self.num_epochs * self.plan.num_batches
        self.updater: Updates = updater or Updater(
            task, data.train, self.config, settings.optimizer, fabric, settings.seed, self.num_steps
        )
        self.validator = Validator(self)
        self.position, self.sums, self.clock = Position(), RunningSums(), Clock()
        self.best_loss, self.improved, self.stop_reason = math.inf, False, ""
        self.records: list[dict[str, Any]] = []
        self.metrics = JsonLines(run.metrics_path if run and self.is_first_process else None)
        self.timings = JsonLines(run.timings_path if run and self.is_first_process else None)
        self._step_callbacks = [c for c in self.callbacks if type(c).on_step is not Callback.on_step]
        self._gradient_callbacks = [c for c in self.callbacks if type(c).on_gradient is not Callback.on_gradient]
        self._signals, self._is_between_states, self._saved_at = StopSignals(), False, time.monotonic()

    def _build_plan(self) -> Plan:
        config, num_examples = self.config, len(self.data.train)
        ranks = (self.fabric.global_rank, self.fabric.world_size)
        plan = Plan(num_examples, config, self.seed, ranks)
        if plan.num_batches == 0:
            raise SubsongError(
                f"{num_examples} training examples make no batch of {config.batch_size}: lower training.batch_size, "
                "or set training.drop_last to false"
            )
        return plan

    @property
    def is_first_process(self) -> bool:
        """Whether this process writes the files."""
        return self.fabric.is_global_zero

    @property
    def evaluated_module(self) -> nn.Module:
        """The module that is evaluated and exported: the running average of the weights, where there is one."""
        return self.updater.averaged_module

    def stop(self, reason: str) -> None:
        """Ask for the end of the run after the epoch under way."""
        self.stop_reason = reason

    def fit(self) -> None:
        """Train from where the run stands to its end.

        Raises
        ------
        Interrupted
            On Ctrl-C or SIGTERM; a checkpoint of this moment is left.
        SubsongError
            When the loss is not finite, or the disk is full; the last good checkpoint stays.
        """
        if self.run is not None:
            engine_state.resume(self)
        for callback in self.callbacks:
            callback.on_start(self)
        try:
            with self._signals:
                while self.position.epoch < self.num_epochs and not self.stop_reason:
                    self._run_epoch()
        except BaseException as error:
            self._leave_checkpoint(error)
            raise
        finally:
            for callback in self.callbacks:
                callback.on_end(self)
        if self.stop_reason:
            log.info("stopped after epoch %d: %s", self.position.epoch, self.stop_reason)

    def _run_epoch(self) -> None:
        self.clock.start_epoch()
        self._train_epoch()
        self.clock.end_training()
        is_last = self.position.epoch + 1 == self.num_epochs
        is_due = is_last or (self.position.epoch + 1) % self.settings.evaluation.every_epochs == 0
        validation = self._validate() if is_due and len(self.data.validation) else None
        self.clock.end_epoch()
        self._is_between_states = True
        self._end_epoch(validation)
        self._is_between_states = False
        self._save_epoch()
        for callback in self.callbacks:
            callback.on_epoch_end(self)
        self._check_signal()

    def _validate(self) -> Validation:
        for callback in self.callbacks:
            callback.on_validation_start(self)
        return self.validator.score_split()

    def _end_epoch(self, validation: Validation | None) -> None:
        """Tell everyone how the epoch went, write its record and move on to the next."""
        record: dict[str, Any] = {"event": "epoch", "epoch": self.position.epoch, "step": self.position.step}
        record["train"] = self.sums.means(self.reduce)
        record["learning_rate"] = self.updater.learning_rate
        record["order"] = self.position.order_digest
        if validation is not None:
            record["validation"] = validation.losses
        self._judge(record["train"]["loss"], validation)
        for callback in self.callbacks:
            callback.on_epoch(self, record, validation)
        self.metrics.append(record)
        self.timings.append({"event": "epoch", "epoch": self.position.epoch, **self.clock.summary()})
        self.records.append(record)
        self.position.end_epoch()
        self.sums = RunningSums()

    def _judge(self, train_loss: float, validation: Validation | None) -> None:
        """Note whether this epoch is the best so far: by validation, or by training where there is no such split."""
        is_judged = validation is not None or not len(self.data.validation)
        loss = train_loss if validation is None else validation.losses["loss"]
        self.improved = is_judged and loss < self.best_loss
        if self.improved:
            self.best_loss = loss
        if is_judged:
            self.updater.end_epoch(loss)

    def _save_epoch(self) -> None:
        if self.config.watch.non_finite:
            self.updater.check_weights()
        self.validator.keep(self.position.epoch, self.improved)
        every = self.config.checkpoint.every_epochs
        is_kept = every is not None and self.position.epoch % every == 0
        self._save(self.improved, f"epoch-{self.position.epoch:04d}.ckpt" if is_kept else None)

    def _train_epoch(self) -> None:
        self.task.module.train()
        for callback in self.callbacks:
            callback.on_epoch_start(self)
        if isinstance(self.data.train, DrawnDataset):
            self.data.train.start_epoch(self.position.epoch)
        steps = self.plan.steps(self.position.epoch, self.position.batch)
        loader = BatchLoader(self.data.train, self.config.num_prefetched)
        batches = loader.iterate([step.rows_G[part] for step in steps for part in step.parts])
        for step in steps:
            self.updater.stopwatch.start()
            self._train_step(step, batches)
            self.clock.count(len(step.rows_G), loader.wait_s)
            for callback in self._step_callbacks:
                callback.on_step(self)
            self._save_within_epoch()
            self._check_signal()

    def _train_step(self, rows: StepRows, batches: Iterator[Any]) -> None:
        # A user's module may draw from the global generators: these, too, are a function of the position.
        seed = derive_seed(self.seed, "global", self.position.step, self.fabric.global_rank)
        seed_global_generators(seed, self.device)
        tables = self.updater.compute_gradient(self.position.step, rows, batches)
        for callback in self._gradient_callbacks:
            callback.on_gradient(self)
        if is_log_step(self.position.step, self.config.log_steps):
            sums = RunningSums()
            for table in tables:
                sums.add(table)
            self._log_step(sums, tables[0].weights)
        self._is_between_states = True
        self.updater.apply_gradient()
        if self.config.debug_timing and is_log_step(self.position.step, self.config.log_steps):
            self.timings.append({"event": "step", "step": self.position.step, **self.updater.stopwatch.laps})
        for table in tables:
            self.sums.add(table)
        self.position.advance(rows.rows_G)
        self._is_between_states = False

    def _log_step(self, sums: RunningSums, weights: Any) -> None:
        record: dict[str, Any] = {"event": "step", "step": self.position.step, "epoch": self.position.epoch}
        record["train"] = sums.means(self.reduce)
        record["weights"] = dict(weights)
        record["learning_rate"] = self.updater.learning_rate
        if len(self.data.validation):
            record["validation"] = means_of(self.validator.score_one_batch(self.position.step))
            self.task.module.train()
        self.metrics.append(record)
        for callback in self.callbacks:
            callback.on_log(self, record)

    def reduce(self, values: Tensor) -> Tensor:
        """Return the sum of a tensor over the processes; every process must call this."""
        if self.fabric.world_size == 1:
            return values
        summed = self.fabric.all_reduce(values.to(self.device), reduce_op="sum")
        assert isinstance(summed, Tensor)
        return summed.cpu()

    def _check_signal(self) -> None:
        number = self._signals.received or 0
        if self.fabric.world_size > 1:
            number = int(self.reduce(torch.tensor([float(number)])).max())
        if number:
            where = f"; go on with: subsong train --resume {self.run.path}" if self.run else ""
            step = f"step {self.position.step} of {self.num_steps}"
            raise Interrupted(f"stopped at {step}, checkpoint saved{where}", self._signals.received or number)

    def _save_within_epoch(self) -> None:
        config = self.config.checkpoint
        is_step = config.every_steps is not None and self.position.step % config.every_steps == 0
        waited_s = time.monotonic() - self._saved_at
        is_time = config.every_minutes is not None and waited_s > 60 * config.every_minutes
        # Clocks of several processes differ, and all must save together.
        if is_step or (is_time and self.fabric.world_size == 1):
            self._save()

    def _save(self, is_best: bool = False, keep_as: str | None = None) -> None:
        if self.run is not None:
            engine_state.save(self, is_best, keep_as)
            self._saved_at = time.monotonic()

    def _leave_checkpoint(self, error: BaseException) -> None:
        """Keep this moment when it is a good and whole one: not within an update, nor with weights that diverged."""
        is_alone = self.fabric.world_size == 1 or isinstance(error, Interrupted)
        if self.run is None or self._is_between_states or not is_alone:
            return
        try:
            self.updater.check_weights()
            self._save()
        except SubsongError as save_error:
            log.warning("no checkpoint could be left: %s", save_error)
