"""bird-embeddings' summary of a model."""

from __future__ import annotations

from torch import nn

from subsong.models.summary import count_parameters


def print_model_summary(model: nn.Module) -> None:
    """Print the model's layers, its numbers of parameters and their size in MB (2**20 bytes), 80 characters wide."""
    total, trainable = count_parameters(model)
    num_bytes = sum(parameter.numel() * parameter.element_size() for parameter in model.parameters())
    lines = [
        "=" * 80,
        "Model Summary",
        "=" * 80,
        repr(model),
        "-" * 80,
        f"Total parameters: {total:,}",
        f"Trainable parameters: {trainable:,}",
        f"Model size: {num_bytes / 2**20:.2f} MB",
        "=" * 80,
    ]
    print("\n".join(lines))  # noqa: T201  printing is what the name promises
