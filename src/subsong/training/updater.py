"""One update of the weights: gradient of a batch, perhaps in parts, clipping, optimizer, schedule, running average.

Legend: G = rows of an update over all devices and micro-batches, B = rows of one micro-batch on this device.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from subsong.core.errors import SubsongError
from subsong.core.noise import StepNoise
from subsong.datasets.types import Dataset, describe_row
from subsong.objectives.objective import LossTable
from subsong.training.clock import Stopwatch
from subsong.training.config import OptimizerConfig, TrainingConfig
from subsong.training.optimizers import build_optimizer, build_rate_schedule, restore_schedule, schedule_state
from subsong.training.position import StepRows
from subsong.training.task import Task
from subsong.training.validation import move_batch


class Updates(Protocol):
    """What the engine needs of whoever updates the weights: `Updater`, or another program's own update."""

    optimizer: Any
    stopwatch: Stopwatch

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        ...

    @property
    def averaged_module(self) -> nn.Module:
        """The module that is evaluated."""
        ...

    def compute_gradient(self, step: int, rows: StepRows, batches: Iterator[Any]) -> list[LossTable]:
        """Do all of an update that leaves the weights as they are, and return the loss of its micro-batches."""
        ...

    def apply_gradient(self) -> None:
        """Change the weights."""
        ...

    def end_epoch(self, validation_loss: float) -> None:
        """Learn how the epoch ended."""
        ...

    def check_weights(self) -> None:
        """Raise SubsongError when the weights are not worth keeping."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Return weights and all an update depends on, as tensors and plain values; ``model`` is the weights."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` returned."""
        ...


class Updater:
    """Computes and applies gradients of a task.

    Parameters
    ----------
    task
        Its module is moved to the device.
    dataset
        The training examples, to name a bad row.
    config, optimizer
        Parts of the run's configuration; the optimizer may also be one that is built already.
    fabric
        Devices and precision.
    seed
        The run's.
    num_steps
        Updates in the run, for the learning-rate schedule.
    """

    def __init__(
        self,
        task: Task,
        dataset: Dataset,
        config: TrainingConfig,
        optimizer: OptimizerConfig | Optimizer,
        fabric: Fabric,
        seed: int,
        num_steps: int,
    ) -> None:
        self.task, self.dataset, self.config, self.fabric, self.seed = task, dataset, config, fabric, seed
        module = torch.compile(task.module) if config.compile else task.module
        assert isinstance(module, nn.Module)
        self._wrapped = fabric.setup_module(module)
        # Fabric's wrapper costs a tenth of a small step; alone on a device it does nothing that is needed.
        self._forward = self._wrapped if fabric.world_size > 1 else module
        self.optimizer = build_optimizer(optimizer, task.module.parameters())
        self._wrapped_optimizer: Any = fabric.setup_optimizers(self.optimizer)
        self.rate_schedule = build_rate_schedule(config.rate_schedule, self.optimizer, num_steps)
        self._settings = "" if isinstance(optimizer, Optimizer) else optimizer.model_dump_json()
        self.ema = _build_average(task.module, config.ema_decay)
        self.stopwatch = Stopwatch(config.debug_timing, fabric.device)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        return float(self.optimizer.param_groups[0]["lr"])

    @property
    def averaged_module(self) -> nn.Module:
        """The running average of the weights where there is one, else the module itself."""
        module: nn.Module = self.task.module if self.ema is None else self.ema.module
        return module

    def compute_gradient(self, step: int, rows: StepRows, batches: Iterator[Any]) -> list[LossTable]:
        """Add up the gradient of one update and return the loss tables of its micro-batches.

        Parameters
        ----------
        step
            Updates done so far.
        rows
            Which rows the update uses.
        batches
            Yields the batch of each of ``rows.parts``.

        Raises
        ------
        SubsongError
            When the loss is not finite; names the rows. The weights are as they were.
        """
        last = len(rows.parts) - 1
        return [
            self._compute_part(step, rows.rows_G, part, next(batches), number == last)
            for number, part in enumerate(rows.parts)
        ]

    def _compute_part(self, step: int, rows_G: np.ndarray, part: np.ndarray, batch: Any, is_last: bool) -> LossTable:
        self.stopwatch.lap("data_s")
        batch = move_batch(batch, self.fabric.device)
        positions_B = None if len(part) == len(rows_G) else torch.from_numpy(part)
        noise = StepNoise(self.seed, step, len(rows_G), positions_B, self.fabric.device)
        with self._hold_gradients(is_last), self.fabric.autocast():
            table, _ = self.task.compute(self._forward, batch, noise, step, training=True)
            # Over several processes gradients are averaged: scale so that the average is the mean over all G rows.
            loss = table.total_B.sum() * (self.fabric.world_size / len(rows_G))
            self.stopwatch.lap("forward_s")
            self._check_loss(step, loss, table, batch)
            self.fabric.backward(loss)
        self.stopwatch.lap("backward_s")
        return table

    def _hold_gradients(self, is_last: bool) -> contextlib.AbstractContextManager[None]:
        """Exchange gradients between processes only with the last micro-batch."""
        if self.fabric.world_size == 1:
            return contextlib.nullcontext()
        return self.fabric.no_backward_sync(self._wrapped, enabled=not is_last)

    def _check_loss(self, step: int, loss: torch.Tensor, table: LossTable, batch: Any) -> None:
        if not self.config.watch.non_finite or math.isfinite(loss.item()):
            return
        bad = (~torch.isfinite(table.total_B)).nonzero().flatten().tolist()
        rows = "; ".join(describe_row(self.dataset, int(batch[0][position])) for position in bad[:3])
        more = f" and {len(bad) - 3} more" if len(bad) > 3 else ""
        names = [name for name, value in table.terms.items() if not bool(torch.isfinite(value).all())]
        raise SubsongError(
            f"the loss is not finite at step {step} (term {', '.join(names)}) for {rows}{more}: look at these inputs "
            "for NaN or extreme values, or lower optimizer.learning_rate; the last good state is kept"
        )

    def apply_gradient(self) -> None:
        """Clip the gradient, update the weights, the learning rate and the running average."""
        clipping = self.config.gradient_clipping
        if clipping is not None:
            self.fabric.clip_gradients(
                self._wrapped, self._wrapped_optimizer, clip_val=clipping.max_value, max_norm=clipping.max_norm
            )
        needs_wrapper = self.fabric.world_size > 1 or self.config.precision == "float16"
        (self._wrapped_optimizer if needs_wrapper else self.optimizer).step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.rate_schedule is not None and not isinstance(self.rate_schedule, ReduceLROnPlateau):
            self.rate_schedule.step()
        if self.ema is not None:
            self.ema.update_parameters(self.task.module)
        self.stopwatch.lap("update_s")

    def end_epoch(self, validation_loss: float) -> None:
        """Tell a plateau schedule how the epoch ended."""
        if isinstance(self.rate_schedule, ReduceLROnPlateau):
            self.rate_schedule.step(validation_loss)

    def check_weights(self) -> None:
        """Raise SubsongError when a parameter is no longer finite."""
        for name, parameter in self.task.module.named_parameters():
            if not bool(torch.isfinite(parameter).all()):
                raise SubsongError(
                    f"parameter {name} is no longer finite: lower optimizer.learning_rate or set "
                    "training.gradient_clipping; the last good checkpoint is kept"
                )

    def state_dict(self) -> dict[str, Any]:
        """Return weights, optimizer, schedule and running average as tensors and plain values."""
        return {
            "model": self.task.module.state_dict(),
            "ema": self.ema.state_dict() if self.ema is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "optimizer_settings": self._settings,
            "rate_schedule": schedule_state(self.rate_schedule),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Put back what `state_dict` returned."""
        self.task.module.load_state_dict(state["model"])
        if self.ema is not None and state["ema"] is not None:
            self.ema.load_state_dict(state["ema"])
        built = [
            {key: value for key, value in group.items() if key != "params"} for group in self.optimizer.param_groups
        ]
        self.optimizer.load_state_dict(state["optimizer"])
        if state["optimizer_settings"] == self._settings:
            restore_schedule(self.rate_schedule, state["rate_schedule"])
            return
        # Resumed with another learning rate, say: keep the moments, take the new settings.
        for group, settings in zip(self.optimizer.param_groups, built, strict=True):
            group.update(settings)
        rates = ("base_lrs", "_last_lr")
        kept = {name: value for name, value in state["rate_schedule"].items() if name not in rates}
        restore_schedule(self.rate_schedule, kept)


def _build_average(module: nn.Module, decay: float | None) -> AveragedModel | None:
    if decay is None:
        return None
    return AveragedModel(module, multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]
