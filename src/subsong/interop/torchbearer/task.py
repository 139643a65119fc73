"""torchbearer's step as a task of the engine: the script's model and criterion, and its events, around one state."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor, nn

from subsong.core.noise import Noise
from subsong.interop.torchbearer.callbacks.base import CallbackList
from subsong.interop.torchbearer.metrics import LOSS_PER_EXAMPLE, MetricList
from subsong.interop.torchbearer.reduction import find_reduction
from subsong.interop.torchbearer.state import (
    BATCH,
    CALLBACK_LIST,
    CRITERION,
    LOSS,
    METRIC_LIST,
    METRICS,
    STOP_TRAINING,
    Y_PRED,
    Y_TRUE,
    State,
    X,
)
from subsong.objectives.objective import LossTable
from subsong.training.calling import Forward, wants_state
from subsong.training.task import keep_tensors
from subsong.training.trial_task import build_criterion_call

Phase = Literal["training", "validation"]


class StopTraining(Exception):
    """A callback has set ``state[torchbearer.STOP_TRAINING]``."""


class TorchbearerTask:
    """Computes a batch as a torchbearer script expects it.

    Parameters
    ----------
    module
        The script's model; given ``state=`` when its ``forward`` has such a parameter.
    state
        The trial's.

    Attributes
    ----------
    phase
        The pass under way, whose events are told; None for a look that the script knows nothing of.
    reduction
        How the criterion reduces over examples, once it is known.
    """

    def __init__(self, module: nn.Module, state: State) -> None:
        self.module, self.state = module, state
        self.phase: Phase | None = None
        self.pass_state = wants_state(module)
        self.reduction: Literal["mean", "sum"] | None = None
        self._next_batch, self._num_rows = 0, 0
        self._criterion_call = build_criterion_call(state[CRITERION])

    def start(self, phase: Phase, first_batch: int = 0) -> None:
        """Begin a pass."""
        self.phase, self._next_batch = phase, first_batch
        metrics: MetricList = self.state[METRIC_LIST]
        metrics.start(self.state, training=phase == "training")
        self.state[METRICS] = {}

    def compute(self, forward: Forward, batch: Any, noise: Noise, step: int, training: bool) -> tuple[LossTable, Any]:
        """Return the loss table and the output of a batch, telling the script's callbacks and metrics on the way."""
        phase = self.phase if training == (self.phase == "training") else None
        state = self.state if phase is not None else State(self.state)
        output = self.predict(forward, batch, state, phase)
        state[LOSS] = self._criterion_call(output, state[Y_TRUE], state)
        if state[LOSS].ndim:
            state[LOSS], self.reduction = state[LOSS].mean(), "mean"
        if self.reduction is None:
            self.reduction = find_reduction(state[CRITERION], self._criterion_call, state, state[LOSS])
        self._tell("on_criterion", state, phase)
        num_rows = self._num_rows = len(batch[0])
        loss = state[LOSS].reshape(())
        state[LOSS_PER_EXAMPLE] = per_example = loss / num_rows if self.reduction == "sum" else loss
        if training and state[STOP_TRAINING]:
            raise StopTraining
        if phase is not None:
            state[METRICS].update(state[METRIC_LIST].process(state))
        if phase == "validation":
            self._tell("on_step", state, phase)
        return LossTable(per_example.expand(num_rows), {}, {}), state[Y_PRED]

    def predict(self, forward: Forward, batch: Any, state: State, phase: Phase | None) -> Any:
        """Return the output of a batch, its sample and forward events told."""
        state[X], state[Y_TRUE] = batch[1], batch[2] if len(batch) > 2 else batch[1]
        if phase is not None:
            state[BATCH] = self._next_batch
            self._next_batch += 1
        self._tell("on_sample", state, phase)
        state[Y_PRED] = forward(state[X], state=state) if self.pass_state else forward(state[X])
        self._tell("on_forward", state, phase)
        return state[Y_PRED]

    def scale_gradient(self) -> None:
        """Make the gradient that of the criterion as the script computes it: a sum stays a sum."""
        gradients = [parameter.grad for parameter in self.module.parameters() if parameter.grad is not None]
        if self.reduction == "sum" and gradients:
            torch._foreach_mul_(gradients, float(self._num_rows))

    def outputs(self, output: Any, batch: Any) -> dict[str, Tensor]:
        """Return the tensors of an output that have one row an example."""
        return keep_tensors(output, len(batch[0]))

    def _tell(self, event: str, state: State, phase: Phase | None) -> None:
        if phase is not None:
            callbacks: CallbackList = state[CALLBACK_LIST]
            callbacks.call(event if phase == "training" else f"{event}_validation", state)
