"""How a user's function or module wants to be called: read once from the names of its parameters.

Nothing is found out by calling it and catching the error, which would hide the user's own mistakes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from subsong.core.noise import Noise
from subsong.training.state import State

Forward = Callable[..., Any]
"""The module, or what stands for it: wrapped for several devices, compiled, averaged."""

ForwardCall = Callable[[Forward, Any, Noise | None, State], Any]
"""``(forward, batch, noise, state) -> output``; a model of ours without noise decodes the posterior's mean."""

_ON_REQUEST = ("noise", "state")


def parameter_names(function: Callable[..., Any]) -> list[str]:
    """Return the names of the parameters of a function, or of a module's ``forward``; none where it does not tell."""
    called = function.forward if isinstance(function, nn.Module) else function
    try:
        parameters = inspect.signature(called).parameters.values()
    except (TypeError, ValueError):
        return []
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_ONLY)
    return [parameter.name for parameter in parameters if parameter.kind in named]


def build_forward_call(module: nn.Module) -> ForwardCall:
    """Return how a module is called.

    Its first parameter is given the batch's input, or the whole batch when it is named ``batch``; parameters named
    ``noise`` and ``state`` are given these.
    """
    names = parameter_names(module)
    wanted = [name for name in names if name in _ON_REQUEST]
    if names == ["batch", "noise"]:
        return lambda forward, batch, noise, state: forward(batch, noise)
    if names[:1] == ["batch"]:
        return lambda forward, batch, noise, state: forward(batch, **_choose(wanted, noise, state))
    if not wanted:
        return lambda forward, batch, noise, state: forward(batch[1])
    return lambda forward, batch, noise, state: forward(batch[1], **_choose(wanted, noise, state))


def _choose(wanted: list[str], noise: Noise | None, state: State) -> dict[str, Any]:
    return {name: noise if name == "noise" else state for name in wanted}


def wants_state(function: Callable[..., Any]) -> bool:
    """Return whether a function has a parameter named ``state``."""
    return "state" in parameter_names(function)
