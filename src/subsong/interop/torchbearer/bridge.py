"""The engine's events, told to a torchbearer script as its own."""

from __future__ import annotations

from typing import Any

from subsong.interop.torchbearer.callbacks.base import CallbackList
from subsong.interop.torchbearer.metrics import MetricList
from subsong.interop.torchbearer.state import (
    CALLBACK_LIST,
    EPOCH,
    GENERATOR,
    HISTORY,
    METRIC_LIST,
    METRICS,
    OPTIMIZER,
    STEPS,
    STOP_TRAINING,
    TRAIN_GENERATOR,
    TRAIN_STEPS,
    VALIDATION_GENERATOR,
    VALIDATION_STEPS,
)
from subsong.interop.torchbearer.task import StopTraining, TorchbearerTask
from subsong.training.callbacks.base import Callback
from subsong.training.engine import Engine
from subsong.training.validation import Validation


class Bridge(Callback):
    """Tells a script's callbacks what happens in the engine, and the engine when they want it to stop.

    Attributes
    ----------
    first_epoch
        The engine's number of the epoch the script calls `first_epoch_called`.
    """

    def __init__(self, task: TorchbearerTask) -> None:
        self.task, self.state = task, task.state
        self.first_epoch = self.first_epoch_called = 0
        self._training: dict[str, Any] = {}

    def _tell(self, event: str) -> None:
        callbacks: CallbackList = self.state[CALLBACK_LIST]
        callbacks.call(event, self.state)

    def on_start(self, engine: Engine) -> None:
        """Hand over the optimizer in use."""
        self.state[OPTIMIZER], self.state[STOP_TRAINING] = engine.updater.optimizer, False
        self._tell("on_start")

    def on_epoch_start(self, engine: Engine) -> None:
        """Begin an epoch and its training."""
        self.state[EPOCH] = engine.position.epoch - self.first_epoch + self.first_epoch_called
        self.state[GENERATOR], self.state[STEPS] = self.state[TRAIN_GENERATOR], self.state[TRAIN_STEPS]
        self._tell("on_start_epoch")
        self.task.start("training", engine.position.batch)
        self._tell("on_start_training")

    def on_gradient(self, engine: Engine) -> None:
        """Let the script see, and change, the gradient of its own loss."""
        self.task.scale_gradient()
        self._tell("on_backward")

    def on_step(self, engine: Engine) -> None:
        """Tell of an update, and stop when asked to."""
        self._tell("on_step_training")
        if self.state[STOP_TRAINING]:
            raise StopTraining

    def _end_training(self) -> None:
        metrics: MetricList = self.state[METRIC_LIST]
        self.state[METRICS].update(metrics.process_final(self.state))
        self._training = dict(self.state[METRICS])
        self._tell("on_end_training")

    def on_validation_start(self, engine: Engine) -> None:
        """End the training of an epoch, begin its validation."""
        self._end_training()
        self.state[GENERATOR], self.state[STEPS] = self.state[VALIDATION_GENERATOR], self.state[VALIDATION_STEPS]
        self.task.start("validation")
        self._tell("on_start_validation")

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """End an epoch; its metrics stand in the state and in the history."""
        if validation is None:
            self._end_training()
            self.state[METRICS] = self._training
        else:
            found = self.end_validation("val")
            self.state[METRICS] = {**self._training, **found}
        self._tell("on_end_epoch")
        steps = {"train_steps": self.state[TRAIN_STEPS], "validation_steps": self.state[VALIDATION_STEPS]}
        self.state[HISTORY].append({**self.state[METRICS], **steps})

    def end_validation(self, prefix: str) -> dict[str, Any]:
        """End a pass without updates and return its metrics."""
        metrics: MetricList = self.state[METRIC_LIST]
        found = {f"{prefix}_{name}": value for name, value in metrics.process_final(self.state).items()}
        self.state[METRICS] = found
        self._tell("on_end_validation")
        self.task.phase = None
        return found

    def on_epoch_end(self, engine: Engine) -> None:
        """Let the script save its checkpoint, and stop when asked to."""
        self._tell("on_checkpoint")
        if self.state[STOP_TRAINING]:
            engine.stop("a callback asked for it")

    def on_end(self, engine: Engine) -> None:
        """The run is over."""
        self.task.phase = None
        self._tell("on_end")
