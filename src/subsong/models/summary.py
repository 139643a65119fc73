"""How large a model is, in numbers and in words."""

from __future__ import annotations

from typing import NamedTuple

from torch import nn


class ParameterCount(NamedTuple):
    """Numbers of parameters: all, and those that are trained."""

    total: int
    trainable: int


def count_parameters(model: nn.Module) -> ParameterCount:
    """Return how many parameters `model` has: ``(total, trainable)``.

    Examples
    --------
    >>> count_parameters(nn.Linear(3, 2))
    ParameterCount(total=8, trainable=8)
    """
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return ParameterCount(sum(size for size, _ in sizes), sum(size for size, trainable in sizes if trainable))


def format_model_summary(model: nn.Module) -> str:
    """Return the model's layers, its parameter counts and its size in MB (2**20 bytes), between rules 80 wide."""
    total, trainable = count_parameters(model)
    num_bytes = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    rule = "=" * 80
    return "\n".join(
        [
            rule,
            repr(model),
            rule,
            f"Total parameters: {total:,}",
            f"Trainable parameters: {trainable:,}",
            f"Model size: {num_bytes / 2**20:.2f} MB",
            rule,
        ]
    )


def print_model_summary(model: nn.Module) -> None:
    """Print `format_model_summary` of `model`."""
    print(format_model_summary(model))  # noqa: T201  printing is what the name promises
