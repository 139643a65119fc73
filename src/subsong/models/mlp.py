"""Fully connected encoders and decoders.

Legend: B = examples, D = entries of an example, L = latent dimensions.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.models.posteriors import DiagonalGaussian


class MlpConfig(ConfigBase):
    """Fully connected layers with ReLU between them; the decoder mirrors the encoder."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[int, ...] = Field((400,), description="Widths of the encoder's hidden layers, from the data inwards.")

    def build(self, item_shape: Sequence[int], latent_dim: int) -> tuple[MlpEncoder, MlpDecoder]:
        """Return an encoder and a decoder for examples of `item_shape`."""
        return MlpEncoder(item_shape, self.hidden, latent_dim), MlpDecoder(latent_dim, self.hidden[::-1], item_shape)


def _build_layers(sizes: Sequence[int]) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size_in, size_out in itertools.pairwise(sizes):
        layers += [nn.Linear(size_in, size_out), nn.ReLU()]
    return nn.Sequential(*layers)


class MlpEncoder(nn.Module):
    """Examples of any shape -> posterior: (B, ...) -> mean and log-variance (B, L)."""

    def __init__(self, item_shape: Sequence[int], hidden: Sequence[int], latent_dim: int) -> None:
        super().__init__()
        sizes = [math.prod(item_shape), *hidden]
        self.layers = _build_layers(sizes)
        self.mean = nn.Linear(sizes[-1], latent_dim)
        self.log_variance = nn.Linear(sizes[-1], latent_dim)

    def forward(self, x: Tensor) -> DiagonalGaussian:
        """Return the posterior of examples `x`, shape (B, ...)."""
        hidden_BD = self.layers(x.flatten(1))
        return DiagonalGaussian(self.mean(hidden_BD), self.log_variance(hidden_BD))


class MlpDecoder(nn.Module):
    """Latent codes -> parameters of the likelihood: (B, L) -> (B, ...)."""

    def __init__(self, latent_dim: int, hidden: Sequence[int], item_shape: Sequence[int]) -> None:
        super().__init__()
        self.item_shape = tuple(item_shape)
        sizes = [latent_dim, *hidden]
        self.layers = _build_layers(sizes)
        self.parameters_out = nn.Linear(sizes[-1], math.prod(self.item_shape))

    def forward(self, z_BL: Tensor) -> Tensor:
        """Return the likelihood's parameters, shape (B, *item_shape)."""
        out_BD: Tensor = self.parameters_out(self.layers(z_BL))
        return out_BD.reshape(-1, *self.item_shape)
