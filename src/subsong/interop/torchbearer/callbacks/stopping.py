"""Callbacks that end a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch

from subsong.interop.torchbearer import state as keys
from subsong.interop.torchbearer.callbacks.base import Callback
from subsong.interop.torchbearer.callbacks.monitor import Monitor
from subsong.interop.torchbearer.state import State


class EarlyStopping(Callback):
    """Ends the run when `monitor` has not improved for more than `patience` looks.

    Parameters
    ----------
    monitor
        A reported metric.
    min_delta
        Smallest improvement that counts.
    patience
        Looks without improvement that are borne; with 0 the first one ends the run.
    mode
        ``"min"``, ``"max"``, or by the name.
    step_on_batch
        Look after every batch.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: Literal["auto", "min", "max"] = "auto",
        step_on_batch: bool = False,
    ) -> None:
        self.monitor, self.patience, self.step_on_batch = Monitor(monitor, mode, min_delta), patience, step_on_batch
        self.num_waited = 0

    def _look(self, state: State) -> None:
        if self.monitor.has_improved(state):
            self.num_waited = 0
            return
        self.num_waited += 1
        if self.num_waited > self.patience:
            state[keys.STOP_TRAINING] = True

    def on_step_training(self, state: State) -> None:
        """Look at a batch."""
        if self.step_on_batch:
            self._look(state)

    def on_end_epoch(self, state: State) -> None:
        """Look at an epoch."""
        if not self.step_on_batch:
            self._look(state)

    def state_dict(self) -> dict[str, Any]:
        """Return the best value and the count."""
        return {"wait": self.num_waited, "best": self.monitor.best}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Callback:
        """Put back what `state_dict` returned."""
        self.num_waited, self.monitor.best = state_dict["wait"], state_dict["best"]
        return self


class TerminateOnNaN(Callback):
    """Ends the run at the first loss that is not finite, before it is learned from.

    Parameters
    ----------
    monitor
        Kept for old scripts: whatever it says, the loss of every batch is looked at.
    """

    def __init__(self, monitor: str = "running_loss") -> None:
        self.monitor = monitor

    def on_criterion(self, state: State) -> None:
        """Look at the loss."""
        if not bool(torch.isfinite(state[keys.LOSS]).all()):
            state[keys.STOP_TRAINING] = True
