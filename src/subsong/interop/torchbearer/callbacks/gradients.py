"""Callbacks on gradients and weights, at every batch."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from subsong.interop.torchbearer import state as keys
from subsong.interop.torchbearer.callbacks.base import Callback
from subsong.interop.torchbearer.state import State


class _OnParameters(Callback):
    """Acts on some parameters, or on all of the model's."""

    def __init__(self, params: Iterable[nn.Parameter] | None) -> None:
        # A list, for an iterator would be used up by the first batch.
        self.params = None if params is None else list(params)

    def find(self, state: State) -> list[nn.Parameter]:
        """Return the parameters that are trained."""
        params = state[keys.MODEL].parameters() if self.params is None else self.params
        return [parameter for parameter in params if parameter.requires_grad]


class GradientNormClipping(_OnParameters):
    """Bounds the norm of the gradient over all parameters."""

    def __init__(self, max_norm: float, norm_type: float = 2, params: Iterable[nn.Parameter] | None = None) -> None:
        super().__init__(params)
        self.max_norm, self.norm_type = max_norm, norm_type

    def on_backward(self, state: State) -> None:
        """Clip."""
        torch.nn.utils.clip_grad_norm_(self.find(state), self.max_norm, self.norm_type)


class GradientClipping(_OnParameters):
    """Bounds the absolute value of each entry of the gradient."""

    def __init__(self, clip_value: float, params: Iterable[nn.Parameter] | None = None) -> None:
        super().__init__(params)
        self.clip_value = clip_value

    def on_backward(self, state: State) -> None:
        """Clip."""
        torch.nn.utils.clip_grad_value_(self.find(state), self.clip_value)


class WeightDecay(_OnParameters):
    """Adds ``rate`` times the p-norm of each parameter to the loss.

    Notes
    -----
    This is the norm and not its square, as torchbearer has it: L2WeightDecay is not an optimizer's ``weight_decay``.
    """

    def __init__(self, rate: float = 5e-4, p: float = 2, params: Iterable[nn.Parameter] | None = None) -> None:
        super().__init__(params)
        self.rate, self.p = rate, p

    def on_criterion(self, state: State) -> None:
        """Add the penalty."""
        penalty: Tensor = torch.stack([torch.linalg.vector_norm(p, self.p) for p in self.find(state)]).sum()
        state[keys.LOSS] = state[keys.LOSS] + self.rate * penalty


class L1WeightDecay(WeightDecay):
    """Adds ``rate`` times the sum of absolute weights to the loss."""

    def __init__(self, rate: float = 5e-4, params: Iterable[nn.Parameter] | None = None) -> None:
        super().__init__(rate, 1, params)


class L2WeightDecay(WeightDecay):
    """Adds ``rate`` times the Euclidean norm of each parameter to the loss."""

    def __init__(self, rate: float = 5e-4, params: Iterable[nn.Parameter] | None = None) -> None:
        super().__init__(rate, 2, params)
