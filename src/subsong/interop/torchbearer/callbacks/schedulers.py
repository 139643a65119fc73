"""torch's learning-rate schedules as callbacks, stepped after every epoch or every batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from torch.optim import Optimizer, lr_scheduler

from subsong.interop.torchbearer import state as keys
from subsong.interop.torchbearer.callbacks.base import Callback
from subsong.interop.torchbearer.callbacks.monitor import read_metric
from subsong.interop.torchbearer.state import State
from subsong.training.optimizers import restore_schedule, schedule_state

Rate = Callable[[int], float]


class TorchScheduler(Callback):
    """Steps a schedule of torch's.

    Parameters
    ----------
    scheduler_builder
        Makes it for an optimizer.
    monitor
        A metric it is told, or None.
    step_on_batch
        Step after every batch.
    """

    def __init__(
        self,
        scheduler_builder: Callable[[Optimizer], Any],
        monitor: str | None = None,
        step_on_batch: bool = False,
    ) -> None:
        self.build, self.monitor, self.step_on_batch = scheduler_builder, monitor, step_on_batch
        self.scheduler: Any = None
        self._saved: dict[str, Any] | None = None

    def on_start(self, state: State) -> None:
        """Make the schedule, unless it goes on from an earlier run."""
        if self.scheduler is None:
            rates = [group["lr"] for group in state[keys.OPTIMIZER].param_groups]
            self.scheduler = self.build(state[keys.OPTIMIZER])
            if self._saved is not None:
                restore_schedule(self.scheduler, self._saved)
                for group, rate in zip(state[keys.OPTIMIZER].param_groups, rates, strict=True):
                    group["lr"] = rate

    def _step(self, state: State) -> None:
        if self.monitor is None:
            self.scheduler.step()
        else:
            self.scheduler.step(read_metric(state, self.monitor))

    def on_step_training(self, state: State) -> None:
        """Step after a batch."""
        if self.step_on_batch:
            self._step(state)

    def on_end_epoch(self, state: State) -> None:
        """Step after an epoch."""
        if not self.step_on_batch:
            self._step(state)

    def state_dict(self) -> dict[str, Any]:
        """Return the schedule's plain numbers."""
        return schedule_state(self.scheduler)

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Callback:
        """Put back what `state_dict` returned."""
        self._saved = dict(state_dict) or None
        return self


class LambdaLR(TorchScheduler):
    """The rate times a function of the epoch."""

    def __init__(self, lr_lambda: Rate | list[Rate], last_epoch: int = -1, step_on_batch: bool = False) -> None:
        super().__init__(lambda opt: lr_scheduler.LambdaLR(opt, lr_lambda, last_epoch), None, step_on_batch)


class StepLR(TorchScheduler):
    """The rate falls by `gamma` every `step_size` epochs."""

    def __init__(self, step_size: int, gamma: float = 0.1, last_epoch: int = -1, step_on_batch: bool = False) -> None:
        super().__init__(lambda opt: lr_scheduler.StepLR(opt, step_size, gamma, last_epoch), None, step_on_batch)


class MultiStepLR(TorchScheduler):
    """The rate falls by `gamma` at each of the epochs in `milestones`."""

    def __init__(
        self, milestones: Sequence[int], gamma: float = 0.1, last_epoch: int = -1, step_on_batch: bool = False
    ) -> None:
        super().__init__(lambda opt: lr_scheduler.MultiStepLR(opt, milestones, gamma, last_epoch), None, step_on_batch)


class ExponentialLR(TorchScheduler):
    """The rate falls by `gamma` every epoch."""

    def __init__(self, gamma: float, last_epoch: int = -1, step_on_batch: bool = False) -> None:
        super().__init__(lambda opt: lr_scheduler.ExponentialLR(opt, gamma, last_epoch), None, step_on_batch)


class CosineAnnealingLR(TorchScheduler):
    """The rate falls along half a cosine to `eta_min` in `T_max` epochs."""

    def __init__(
        self,
        T_max: int,
        eta_min: float = 0,
        last_epoch: int = -1,
        step_on_batch: bool = False,
    ) -> None:
        super().__init__(
            lambda opt: lr_scheduler.CosineAnnealingLR(opt, T_max, eta_min, last_epoch), None, step_on_batch
        )


class ReduceLROnPlateau(TorchScheduler):
    """The rate falls by `factor` when `monitor` has not improved for `patience` epochs."""

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: Literal["min", "max"] = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0,
        step_on_batch: bool = False,
    ) -> None:
        super().__init__(
            lambda opt: lr_scheduler.ReduceLROnPlateau(
                opt, mode, factor, patience, threshold, cooldown=cooldown, min_lr=min_lr
            ),
            monitor,
            step_on_batch,
        )


class CyclicLR(TorchScheduler):
    """The rate goes up and down between `base_lr` and `max_lr`, a step at every batch.

    Notes
    -----
    Momentum is left as it is; `monitor` is for old scripts, and ignored, for the schedule knows no metric.
    """

    def __init__(
        self,
        base_lr: float,
        max_lr: float,
        monitor: str | None = None,
        step_size_up: int = 2000,
        step_size_down: int | None = None,
        mode: Literal["triangular", "triangular2", "exp_range"] = "triangular",
        gamma: float = 1.0,
        step_on_batch: bool = True,
    ) -> None:
        super().__init__(
            lambda opt: lr_scheduler.CyclicLR(
                opt, base_lr, max_lr, step_size_up, step_size_down, mode, gamma, cycle_momentum=False
            ),
            None,
            step_on_batch,
        )
