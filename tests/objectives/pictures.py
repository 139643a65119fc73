"""Pictures and what a model makes of them, for the tests of terms that compare pictures."""

from __future__ import annotations

from types import SimpleNamespace

import torch
from torch import Tensor

from subsong.datasets.types import Batch


def draw_pictures(num_rows, num_channels=3, height=16, width=16, seed=0):
    """Return pictures with values in [-1, 1], shape (B, C, H, W)."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(num_rows, num_channels, height, width, generator=generator) * 2 - 1


def compute(term, prediction, target, mask=None) -> Tensor:
    """Return a term of a model that expected `prediction`, shape (B,)."""
    output = SimpleNamespace(likelihood=SimpleNamespace(mean=prediction))
    return term.build()(output, Batch(torch.arange(len(target)), target, target, mask), 0, 1)


def compute_gradient(term, prediction, target) -> Tensor:
    """Return how the sum of a term changes with the prediction."""
    prediction = prediction.clone().requires_grad_()
    compute(term, prediction, target).sum().backward()
    assert prediction.grad is not None
    return prediction.grad
