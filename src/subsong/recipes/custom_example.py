"""What the preset ``custom`` trains until it is told of your own files: a curve with a spread that changes along it.

Written as a user would write it: nothing of Subsong is imported.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

Pair = tuple[Tensor, Tensor]


def make_curve(num_examples: int = 2000, seed: int = 0) -> tuple[Pair, Pair]:
    """Return training and validation points (x, y), shape (N, 1) each, of a noisy sine."""
    generator = torch.Generator().manual_seed(seed)
    x_N1 = torch.rand(num_examples, 1, generator=generator) * 6 - 3
    spread_N1 = 0.1 + 0.1 * x_N1.abs()
    y_N1 = x_N1.sin() + spread_N1 * torch.randn(num_examples, 1, generator=generator)
    num_train = num_examples * 4 // 5
    return (x_N1[:num_train], y_N1[:num_train]), (x_N1[num_train:], y_N1[num_train:])


class CurveOutput(NamedTuple):
    """Mean and log standard deviation of y at each x, shape (B, 1) each."""

    mean: Tensor
    log_spread: Tensor


class CurveModel(nn.Module):
    """A small network from x to mean and spread of y."""

    def __init__(self, hidden: int = 32) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, 2))

    def forward(self, x: Tensor) -> CurveOutput:
        """Return the output for inputs of shape (B, 1)."""
        both_B2 = self.layers(x)
        return CurveOutput(both_B2[:, :1], both_B2[:, 1:])


class HasTarget(NamedTuple):
    """What the loss needs of a batch: the targets, shape (B, 1)."""

    target: Tensor


def compute_gaussian_loss(output: CurveOutput, batch: HasTarget) -> Tensor:
    """Return the negative log-density of each y, up to a constant, shape (B,)."""
    deviation = (batch.target - output.mean) / output.log_spread.exp()
    return (0.5 * deviation.square() + output.log_spread).sum(dim=1)
