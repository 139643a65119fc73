"""Weights from one model to another: which of them fit, and what the rest begins with.

Legend: N = rows of a layer's output.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from subsong.core.errors import SubsongError
from subsong.models.portable import ModelDescription

Weights = Mapping[str, Tensor]


class AlignedWeights(NamedTuple):
    """A trained model's weights in the order of another model's classes or columns.

    Attributes
    ----------
    weights
        By name.
    fresh
        What of them is the other model's own untrained beginning, in words.
    """

    weights: Weights
    fresh: tuple[str, ...]


class TakenWeights(NamedTuple):
    """What became of the weights of a module that took over those of another.

    Attributes
    ----------
    num_taken
        Parameters and buffers that were taken over.
    fresh
        Names of those that were not: the other has none of this name and shape.
    """

    num_taken: int
    fresh: tuple[str, ...]


def take_weights(module: nn.Module, weights: Weights) -> TakenWeights:
    """Give a module those of `weights` that have the name and shape of its own; the others stay as they are."""
    own = module.state_dict()
    taken = {name: value for name, value in weights.items() if name in own and own[name].shape == value.shape}
    module.load_state_dict({**own, **taken})
    return TakenWeights(len(taken), tuple(name for name in own if name not in taken))


def take_rows(own_N: Tensor, weights_N: Tensor, own_keys: Sequence[Hashable], their_keys: Sequence[Hashable]) -> Tensor:
    """Return a layer's weights with the rows of another such layer where both have a row of the same key.

    Parameters
    ----------
    own_N, weights_N
        Shapes (N, ...) and (N', ...), alike but for the number of rows.
    own_keys, their_keys
        What each row is for.

    Returns
    -------
    Of the shape of `own_N`, which also gives the rows whose key is new.
    """
    their_row = {key: row for row, key in enumerate(their_keys)}
    rows = [their_row.get(key) for key in own_keys]
    return torch.stack([own_N[k] if row is None else weights_N[row].to(own_N) for k, row in enumerate(rows)])


def check_same_input(start: ModelDescription, ours: ModelDescription) -> None:
    """Raise SubsongError when two models are shown inputs of different shapes, or have different columns."""
    theirs, own = (list(one.preprocessing.get("item_shape", ())) for one in (start, ours))
    if theirs != own:
        raise SubsongError(
            f"the model to start from is shown inputs of shape {theirs}, the data of this run have {own}: prepare the "
            "data as its were"
        )
    if start.labels != ours.labels:
        raise SubsongError(
            f"the model to start from has {_count(start.labels)}, the data of this run have {_count(ours.labels)}, "
            "or others: prepare the data with its species or classes"
        )


def _count(labels: Sequence[str] | None) -> str:
    return "no named columns" if labels is None else f"{len(labels)} named columns"
