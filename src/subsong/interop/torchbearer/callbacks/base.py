"""torchbearer's callbacks: nineteen events of a run, each of which is given the state."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from subsong.core.errors import SubsongError
from subsong.interop.torchbearer.state import State

EVENTS = (
    "on_init",
    "on_start",
    "on_start_epoch",
    "on_start_training",
    "on_sample",
    "on_forward",
    "on_criterion",
    "on_backward",
    "on_step_training",
    "on_end_training",
    "on_start_validation",
    "on_sample_validation",
    "on_forward_validation",
    "on_criterion_validation",
    "on_step_validation",
    "on_end_validation",
    "on_end_epoch",
    "on_checkpoint",
    "on_end",
)
"""All events; those of a validation pass are also those of ``evaluate`` and ``predict``."""


class Callback:
    """Takes part in a run: a subclass defines the events it wants, each with the state as its argument."""

    def on_init(self, state: State) -> None:
        """Once, when the trial is made."""

    def on_start(self, state: State) -> None:
        """Before a run."""

    def on_start_epoch(self, state: State) -> None:
        """Before an epoch."""

    def on_start_training(self, state: State) -> None:
        """Before an epoch's training."""

    def on_sample(self, state: State) -> None:
        """With a training batch."""

    def on_forward(self, state: State) -> None:
        """With the model's output."""

    def on_criterion(self, state: State) -> None:
        """With the loss, which may be replaced."""

    def on_backward(self, state: State) -> None:
        """With the gradient, before the update."""

    def on_step_training(self, state: State) -> None:
        """After the update."""

    def on_end_training(self, state: State) -> None:
        """After an epoch's training."""

    def on_start_validation(self, state: State) -> None:
        """Before a validation pass."""

    def on_sample_validation(self, state: State) -> None:
        """With a validation batch."""

    def on_forward_validation(self, state: State) -> None:
        """With the model's output for it."""

    def on_criterion_validation(self, state: State) -> None:
        """With its loss, which may be replaced."""

    def on_step_validation(self, state: State) -> None:
        """After a validation batch."""

    def on_end_validation(self, state: State) -> None:
        """After a validation pass."""

    def on_end_epoch(self, state: State) -> None:
        """After an epoch, its metrics in the state."""

    def on_checkpoint(self, state: State) -> None:
        """After an epoch, its record in the history."""

    def on_end(self, state: State) -> None:
        """After a run."""

    def state_dict(self) -> dict[str, Any]:
        """Return what must survive an interruption, as tensors and plain values."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Callback:
        """Put back what `state_dict` returned."""
        return self

    def __str__(self) -> str:
        return type(self).__name__


class CallbackList(Callback):
    """Several callbacks as one, called in their order."""

    def __init__(self, callback_list: Iterable[Callback]) -> None:
        self.callback_list: list[Callback] = []
        for callback in callback_list:
            self.append(callback)

    def append(self, callback: Callback) -> None:
        """Add a callback, or those of another list.

        Raises
        ------
        SubsongError
            When it is no callback.
        """
        if isinstance(callback, CallbackList):
            self.callback_list += callback.callback_list
        elif isinstance(callback, Callback):
            self.callback_list.append(callback)
        else:
            raise SubsongError(
                f"{callback!r} is not a callback: subclass torchbearer.callbacks.Callback, or put a decorator such as "
                "@torchbearer.callbacks.on_step_training above a function of the state"
            )

    def __iter__(self) -> Iterator[Callback]:
        return iter(self.callback_list)

    def call(self, event: str, state: State) -> None:
        """Tell every callback of an event."""
        for callback in self.callback_list:
            getattr(callback, event)(state)

    def state_dict(self) -> dict[str, Any]:
        """Return the states of all, by their number and class."""
        return {f"{number}-{callback}": callback.state_dict() for number, callback in enumerate(self)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> CallbackList:
        """Put back what `state_dict` returned, where number and class are the same."""
        for number, callback in enumerate(self):
            if f"{number}-{callback}" in state_dict:
                callback.load_state_dict(state_dict[f"{number}-{callback}"])
        return self


def _forward_event(event: str) -> Callable[[CallbackList, State], None]:
    def tell(self: CallbackList, state: State) -> None:
        self.call(event, state)

    tell.__name__ = event
    tell.__doc__ = f"Tell every callback of ``{event}``."
    return tell


for _event in EVENTS:
    setattr(CallbackList, _event, _forward_event(_event))
