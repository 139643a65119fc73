"""What trained models have in common, whatever they do."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import torch
from torch import nn

from subsong.models.portable import ModelDescription

Module = TypeVar("Module", bound=nn.Module)


class TrainedModel(Generic[Module]):
    """A model with its weights, read from a model folder.

    Parameters
    ----------
    module
        In evaluation mode.
    description
        What the folder says of it.
    device
        Where to compute. Results come back as NumPy arrays.
    """

    def __init__(self, module: Module, description: ModelDescription, device: torch.device) -> None:
        self.module, self.description, self.device = module.to(device).eval(), description, device


class Encoder(Protocol):
    """A trained model that gives everything it is shown a place in a latent space.

    Legend: N = examples, L = latent dimensions.
    """

    @property
    def description(self) -> ModelDescription:
        """What its folder says of it."""
        ...

    @property
    def item_shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        ...

    @property
    def latent_dim(self) -> int:
        """L, the length of a code."""
        ...

    def embed(self, data: Any, batch_size: int = ...) -> np.ndarray:
        """Return the code of each example of a dataset, float32, shape (N, L)."""
        ...

    def compute_covariance(self, data: Any, batch_size: int = ...) -> np.ndarray:
        """Return how sure it is of each code, float32, shape (N, L, L).

        Raises
        ------
        SubsongError
            When it is equally sure of all.
        """
        ...
