"""AVA's ``checkpoint_NNN.tar``: a state dict a layer, the optimizer's, the losses; written and read, not executed."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from subsong.core.errors import SubsongError
from subsong.interop.bird_embeddings.checkpoint_files import check_keys, load_weights, read_tensors, write_tensors
from subsong.interop.bird_embeddings.training.callbacks import restore_optimizer

LAYER_NAMES = (
    *("fc1", "fc2", "fc31", "fc32", "fc33", "fc41", "fc42", "fc43", "fc5", "fc6", "fc7", "fc8"),
    *(f"bn{number}" for number in range(1, 15)),
    *(f"conv{number}" for number in range(1, 8)),
    *(f"convt{number}" for number in range(1, 8)),
)
_PLAIN = ("optimizer_state", "loss", "z_dim", "epoch")
_ON_ANY_TORCH: dict[str, None] = {"fused": None, "foreach": None}
log = logging.getLogger(__name__)


def iterate_layers(network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield AVA's forty layers by name, from a network with an ``encoder`` and a ``decoder``."""
    found = dict([*network.encoder.named_children(), *network.decoder.named_children()])  # type: ignore[union-attr]
    for name in LAYER_NAMES:
        yield name, found[name]


def write_ava_checkpoint(
    path: str | Path, network: nn.Module, optimizer: Optimizer, details: Mapping[str, Any]
) -> None:
    """Write a checkpoint that AVA reads too, whole or not at all.

    Parameters
    ----------
    path
        The file.
    network, optimizer
        What was trained, and with what.
    details
        ``loss``, ``z_dim``, ``epoch``, ``lr``, ``save_dir``; ``model_precision`` and ``seed``, which AVA ignores.
    """
    optimizer_state = optimizer.state_dict()
    # Which kernel steps is this machine's affair, and an older torch knows other ones.
    groups = [{**group, **_ON_ANY_TORCH} for group in optimizer_state["param_groups"]]
    layers = {name: _lay_out(layer.state_dict()) for name, layer in iterate_layers(network)}
    moments = {number: _lay_out(moment) for number, moment in optimizer_state["state"].items()}
    write_tensors(path, {**layers, "optimizer_state": {"state": moments, "param_groups": groups}, **details})


def _lay_out(tensors: Mapping[str, Any]) -> dict[str, Any]:
    """Return tensors laid out as AVA has them: ours may have their channels last."""
    return {name: tensor.contiguous() if isinstance(tensor, Tensor) else tensor for name, tensor in tensors.items()}


def read_ava_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of AVA's or ours, to the CPU, executing nothing in it.

    Raises
    ------
    SubsongError
        When there is no such file, or it is none of AVA's checkpoints.
    """
    content: dict[str, Any] = read_tensors(path)
    check_keys(path, content, (*LAYER_NAMES, *_PLAIN))
    return content


def load_ava_weights(path: str | Path, content: Mapping[str, Any], network: nn.Module) -> None:
    """Put a checkpoint's weights into a network with an ``encoder`` and a ``decoder``.

    Raises
    ------
    SubsongError
        When they are of another network; nothing is changed then.
    """
    weights: dict[str, Any] = {}
    for name in LAYER_NAMES:
        if not isinstance(content[name], Mapping):
            raise SubsongError(f"{path}: layer {name} is a {type(content[name]).__name__}, expected a dict of tensors")
        weights.update({f"{name}.{key}": value for key, value in content[name].items()})
    load_weights(path, nn.ModuleDict(dict(iterate_layers(network))), weights)


def load_ava_checkpoint(path: str | Path, content: Mapping[str, Any], network: nn.Module, optimizer: Optimizer) -> None:
    """Put a checkpoint's weights and moments into a network and its optimizer, whose settings stay.

    Raises
    ------
    SubsongError
        When they are of another network; nothing is changed then.
    """
    load_ava_weights(path, content, network)
    restore_optimizer(optimizer, content["optimizer_state"])
    # A fused optimizer walks through memory, and takes moments to lie as their parameter does.
    for parameter, moments in optimizer.state.items():
        for name, moment in moments.items():
            if isinstance(moment, Tensor) and moment.shape == parameter.shape:
                moments[name] = torch.empty_like(parameter).copy_(moment)
    rate, ours = content["optimizer_state"]["param_groups"][0]["lr"], optimizer.param_groups[0]["lr"]
    if rate != ours:
        log.warning("%s was trained with lr=%g, this model goes on with lr=%g", path, rate, ours)
