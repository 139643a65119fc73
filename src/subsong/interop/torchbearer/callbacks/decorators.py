"""Decorators that make a callback of a function of the state, one an event.

They stack: ``@on_start`` above ``@on_end`` makes one callback of both events.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from subsong.interop.torchbearer.callbacks.base import EVENTS, Callback
from subsong.interop.torchbearer.state import EPOCH, LOSS, State

Function = Callable[..., Any]
Condition = Callable[[State], bool]


class FunctionCallback(Callback):
    """Calls one function at chosen events.

    Parameters
    ----------
    function
        Given the state.
    events
        At which it is called.
    """

    def __init__(self, function: Function, events: tuple[str, ...] = ()) -> None:
        self.function, self.events, self.conditions = function, events, list[Condition]()
        for event in events:
            setattr(self, event, self._call)

    def _call(self, state: State) -> None:
        if all(condition(state) for condition in self.conditions):
            self.function(state)

    def __call__(self, state: State) -> Any:
        """Call the function itself."""
        return self.function(state)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        """Return the method of an object, when a method was decorated."""
        if instance is None:
            return self
        bound = FunctionCallback(lambda state: self.function(instance, state))
        bound.conditions = self.conditions
        return bound._call

    def __str__(self) -> str:
        return str(getattr(self.function, "__name__", type(self).__name__))


def bind_to(target: str) -> Callable[[Function | Callback], FunctionCallback]:
    """Return a decorator that calls a function at the event `target`."""

    def decorate(function: Function | Callback) -> FunctionCallback:
        if not isinstance(function, FunctionCallback):
            assert callable(function)
            return FunctionCallback(function, (target,))
        bound = FunctionCallback(function.function, (*function.events, target))
        bound.conditions = list(function.conditions)
        return bound

    decorate.__name__ = target
    decorate.__doc__ = f"Make a callback that is called {target.replace('_', ' ')}."
    return decorate


(
    on_init,
    on_start,
    on_start_epoch,
    on_start_training,
    on_sample,
    on_forward,
    on_criterion,
    on_backward,
    on_step_training,
    on_end_training,
    on_start_validation,
    on_sample_validation,
    on_forward_validation,
    on_criterion_validation,
    on_step_validation,
    on_end_validation,
    on_end_epoch,
    on_checkpoint,
    on_end,
) = (bind_to(event) for event in EVENTS)


def add_to_loss(function: Function) -> FunctionCallback:
    """Make a callback that adds what a function of the state returns to the loss, in training and validation."""

    def add(state: State) -> None:
        state[LOSS] = state[LOSS] + function(state)

    add.__name__ = getattr(function, "__name__", "add_to_loss")
    return FunctionCallback(add, ("on_criterion", "on_criterion_validation"))


def only_if(condition: Condition) -> Callable[[Function | FunctionCallback], FunctionCallback]:
    """Return a decorator under which a callback is called only where `condition` of the state holds."""

    def decorate(function: Function | FunctionCallback) -> FunctionCallback:
        callback = function if isinstance(function, FunctionCallback) else FunctionCallback(function)
        callback.conditions.append(condition)
        return callback

    return decorate


def once(function: Function | FunctionCallback) -> FunctionCallback:
    """Let a callback be called once only."""
    done: list[bool] = []

    def is_first(state: State) -> bool:
        done.append(True)
        return len(done) == 1

    return only_if(is_first)(function)


def once_per_epoch(function: Function | FunctionCallback) -> FunctionCallback:
    """Let a callback be called once in every epoch only."""
    seen: set[Any] = set()

    def is_first(state: State) -> bool:
        is_new = state[EPOCH] not in seen
        seen.add(state[EPOCH])
        return is_new

    return only_if(is_first)(function)
