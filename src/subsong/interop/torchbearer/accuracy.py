"""Which accuracy fits a criterion, and the accuracies themselves: one value per example.

Legend: B = examples, K = classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from subsong.core.errors import SubsongError

Hits = Callable[[Tensor, Tensor], Tensor]


def compute_categorical_hits(output: Tensor, target: Tensor) -> Tensor:
    """Return 1 where the largest of (B, K, ...) scores is the target's class; mean over positions, shape (B,)."""
    return (output.argmax(dim=1) == target).float().reshape(len(target), -1).mean(dim=1)


def compute_top_hits(output: Tensor, target: Tensor, num: int) -> Tensor:
    """Return 1 where the target's class is among the `num` largest of (B, K) scores, shape (B,)."""
    top = output.topk(min(num, output.shape[1]), dim=1).indices
    return (top == target[:, None]).any(dim=1).float()


def compute_binary_hits(output: Tensor, target: Tensor, threshold: float = 0.5) -> Tensor:
    """Return the share of entries that lie on the target's side of the threshold, shape (B,)."""
    hits = (output > threshold) == (target.reshape(output.shape) > 0.5)
    return hits.float().reshape(len(output), -1).mean(dim=1)


def compute_logit_hits(output: Tensor, target: Tensor) -> Tensor:
    """Return `compute_binary_hits` of logits, whose threshold is 0."""
    return compute_binary_hits(output, target, threshold=0.0)


def compute_squared_error(output: Tensor, target: Tensor) -> Tensor:
    """Return the mean squared error over the entries of each example, shape (B,)."""
    return (output - target.reshape(output.shape)).square().reshape(len(output), -1).mean(dim=1)


_BY_CRITERION: dict[str, Hits] = {
    "crossentropyloss": compute_categorical_hits,
    "cross_entropy": compute_categorical_hits,
    "nllloss": compute_categorical_hits,
    "nll_loss": compute_categorical_hits,
    "mseloss": compute_squared_error,
    "mse_loss": compute_squared_error,
    "bceloss": compute_binary_hits,
    "binary_cross_entropy": compute_binary_hits,
    "bcewithlogitsloss": compute_logit_hits,
    "binary_cross_entropy_with_logits": compute_logit_hits,
}


def find_accuracy(criterion: Any, output: Any, target: Any) -> Hits:
    """Return the accuracy for a criterion, by its class or function, else by what output and target are.

    Raises
    ------
    SubsongError
        When neither says which accuracy is meant.
    """
    name = str(getattr(criterion, "__name__", type(criterion).__name__)).lower()
    if name in _BY_CRITERION:
        return _BY_CRITERION[name]
    are_tensors = isinstance(output, Tensor) and isinstance(target, Tensor)
    if are_tensors and not torch.is_floating_point(target) and output.ndim == target.ndim + 1:
        return compute_categorical_hits
    raise SubsongError(
        f"'acc' cannot tell which accuracy fits the criterion {name}: name binary_acc, cat_acc or mse in its place"
    )
