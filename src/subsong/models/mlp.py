"""Fully connected encoders and decoders.

Legend: B = examples, D = entries of an example, L = latent dimensions, C = conditions.
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

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "tanh": nn.Tanh, "silu": nn.SiLU}


class MlpConfig(ConfigBase):
    """Fully connected layers; the decoder mirrors the encoder."""

    kind: Literal["mlp"] = "mlp"
    hidden: tuple[int, ...] = Field((400,), description="Widths of the encoder's hidden layers, from the data inwards.")
    activation: Literal["relu", "tanh", "silu"] = Field("relu", description="What follows each hidden layer.")
    layer_norm: bool = Field(False, description="Normalise each hidden layer's values over its units.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Share of the encoder's hidden units left out while training.")

    def build(
        self, item_shape: Sequence[int], latent_dim: int, condition_dim: int = 0
    ) -> tuple[MlpEncoder, MlpDecoder]:
        """Return an encoder and a decoder for examples of `item_shape`.

        Parameters
        ----------
        item_shape
            Shape of one example.
        latent_dim
            L.
        condition_dim
            Numbers the decoder is given besides the code.
        """
        sizes = (math.prod(item_shape), *self.hidden)
        encoder = MlpEncoder(self._build_layers(sizes, self.dropout), sizes[-1], latent_dim)
        sizes = (latent_dim + condition_dim, *self.hidden[::-1])
        return encoder, MlpDecoder(self._build_layers(sizes, dropout=0.0), sizes[-1], item_shape)

    def _build_layers(self, sizes: Sequence[int], dropout: float) -> nn.Sequential:
        layers: list[nn.Module] = []
        for size_in, size_out in itertools.pairwise(sizes):
            layers.append(nn.Linear(size_in, size_out))
            layers += [nn.LayerNorm(size_out)] if self.layer_norm else []
            layers.append(_ACTIVATIONS[self.activation]())
            layers += [nn.Dropout(dropout)] if dropout else []
        return nn.Sequential(*layers)


class MlpEncoder(nn.Module):
    """Examples of any shape -> posterior: (B, ...) -> mean and log-variance (B, L).

    Parameters
    ----------
    layers
        (B, D) -> (B, `width`).
    width
        Units of the last hidden layer.
    latent_dim
        L.
    """

    def __init__(self, layers: nn.Module, width: int, latent_dim: int) -> None:
        super().__init__()
        self.layers = layers
        self.mean = nn.Linear(width, latent_dim)
        self.log_variance = nn.Linear(width, latent_dim)

    def forward(self, x: Tensor) -> DiagonalGaussian:
        """Return the posterior of examples `x`, shape (B, ...)."""
        hidden_BD = self.layers(x.flatten(1))
        return DiagonalGaussian(self.mean(hidden_BD), self.log_variance(hidden_BD))


class MlpDecoder(nn.Module):
    """Latent codes, and what they are conditioned on -> parameters of the likelihood: (B, L + C) -> (B, ...).

    Parameters
    ----------
    layers
        (B, L + C) -> (B, `width`).
    width
        Units of the last hidden layer.
    item_shape
        Shape of one example.
    """

    def __init__(self, layers: nn.Module, width: int, item_shape: Sequence[int]) -> None:
        super().__init__()
        self.item_shape = tuple(item_shape)
        self.layers = layers
        self.parameters_out = nn.Linear(width, math.prod(self.item_shape))

    def forward(self, z_BL: Tensor) -> Tensor:
        """Return the likelihood's parameters, shape (B, *item_shape)."""
        out_BD: Tensor = self.parameters_out(self.layers(z_BL))
        return out_BD.reshape(-1, *self.item_shape)
