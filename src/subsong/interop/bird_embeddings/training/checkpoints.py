"""bird-embeddings' checkpoints: their keys, and where a loaded one lets training go on.

A checkpoint that is loaded into a model leaves a note of it, which the next training of that model takes up: this is
how the guide's recipe resumes although it hands the trainer nothing but the model.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import nn
from torch.optim import Optimizer

from subsong.interop.bird_embeddings.checkpoint_files import check_keys, load_weights, read_tensors, write_tensors
from subsong.training.fabric import choose_device

log = logging.getLogger(__name__)

History = dict[str, list[float]]


class ResumePoint(NamedTuple):
    """Where a run stood.

    Attributes
    ----------
    epoch
        Epochs done.
    optimizer_state
        The optimizer's ``state_dict()``, or None where there is none.
    history
        The six lists of the epochs done.
    seed
        Of order and noise, or None where the file does not say.
    """

    epoch: int
    optimizer_state: dict[str, Any] | None
    history: History
    seed: int | None


_RESUME_POINTS: WeakKeyDictionary[nn.Module, ResumePoint] = WeakKeyDictionary()


def find_resume_point(model: nn.Module) -> ResumePoint | None:
    """Return where the checkpoint that was loaded into `model` last lets it go on; None where there is none."""
    return _RESUME_POINTS.get(model)


def forget_resume_point(model: nn.Module) -> None:
    """Drop the note of a loaded checkpoint: the model's weights are no longer its."""
    _RESUME_POINTS.pop(model, None)


def save_checkpoint(
    model: nn.Module,
    optimizer: Optimizer,
    epoch: int,
    train_loss: float,
    val_loss: float,
    filepath: str | Path,
    history: Mapping[str, Sequence[float]] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write model, optimizer and how far training has come, whole or not at all; makes the folder.

    Parameters
    ----------
    model, optimizer
        Their ``state_dict()`` are kept, as ``model_state_dict`` and ``optimizer_state_dict``.
    epoch
        Epochs done.
    train_loss, val_loss
        Of the last of them.
    filepath
        The file, usually ``....pt``.
    history, metadata
        Kept under these names where they are given; plain values and tensors.
    """
    content: dict[str, Any] = {
        "epoch": epoch,
        "model_state_dict": model.state_dict(),
        "optimizer_state_dict": optimizer.state_dict(),
        "train_loss": train_loss,
        "val_loss": val_loss,
    }
    if history is not None:
        content["history"] = {name: [float(value) for value in values] for name, values in history.items()}
    if metadata is not None:
        content["metadata"] = dict(metadata)
    write_tensors(filepath, content)


def load_checkpoint(
    filepath: str | Path,
    model: nn.Module,
    optimizer: Optimizer | None = None,
    device: str = "cpu",
    trust: bool = False,
) -> dict[str, Any]:
    """Read a checkpoint into a model, and an optimizer, in place; the model's next training goes on from there.

    Parameters
    ----------
    filepath
        Written by `save_checkpoint`, here or in bird-embeddings.
    model, optimizer
        Built as they were for training.
    device
        Where the model goes.
    trust
        Whether other objects than tensors and plain values may be unpickled.

    Returns
    -------
    The content of the file, by the keys `save_checkpoint` writes.

    Raises
    ------
    MissingFileError
        When there is no such file (a FileNotFoundError).
    SubsongError
        When it is no checkpoint, or of another model, and when there is no such device.
    """
    checkpoint: dict[str, Any] = read_tensors(filepath, trust)
    check_keys(filepath, checkpoint, ("epoch", "model_state_dict", "optimizer_state_dict"))
    load_weights(filepath, model, checkpoint["model_state_dict"])
    kind: Any = torch.device(device).type
    model.to(choose_device(kind))
    if optimizer is not None:
        optimizer.load_state_dict(checkpoint["optimizer_state_dict"])
    metadata = checkpoint.get("metadata") or {}
    _RESUME_POINTS[model] = ResumePoint(
        int(checkpoint["epoch"]),
        checkpoint["optimizer_state_dict"],
        {name: list(values) for name, values in (checkpoint.get("history") or {}).items()},
        metadata.get("seed"),
    )
    return checkpoint


def save_model_for_inference(
    model: nn.Module,
    filepath: str | Path,
    input_dim: int,
    latent_dim: int,
    hidden_dims: Sequence[int],
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write a trained model for `EmbeddingExtractor`: weights, dimensions and, in `metadata`, ``species`` if you can.

    With the species' names in the file, frames to be embedded are aligned by name.
    """
    content = {
        "model_state_dict": model.state_dict(),
        "input_dim": input_dim,
        "latent_dim": latent_dim,
        "hidden_dims": list(hidden_dims),
        "metadata": dict(metadata or {}),
    }
    write_tensors(filepath, content)
