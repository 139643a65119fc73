"""The VAE of spectrograms: which network, which posterior, which precision.

Legend: B = examples, L = latent dimensions, F, T = bins of frequency and time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import torch
from pydantic import Field, field_validator
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.models.ava import AvaConfig
from subsong.models.likelihoods import GaussianConfig, LearnedGaussianConfig, Likelihood
from subsong.models.residual import ResidualConfig
from subsong.models.vae import Vae


class SyllableVaeConfig(ConfigBase):
    """Spectrogram -> syllable -> spectrogram."""

    kind: Literal["syllable-vae"] = "syllable-vae"
    architecture: Annotated[ResidualConfig | AvaConfig, Field(discriminator="kind")] = Field(
        ResidualConfig(), description="residual: ours, smaller and faster, any size; ava: AVA's own, for parity."
    )
    latent_dim: int = Field(32, ge=1, description="Dimensions of the latent code.")
    likelihood: Annotated[GaussianConfig | LearnedGaussianConfig, Field(discriminator="kind")] = Field(
        GaussianConfig(), description="gaussian: of fixed precision (AVA's model_precision); learned_gaussian."
    )

    @field_validator("architecture", mode="before")
    @classmethod
    def _by_name(cls, value: Any) -> Any:
        """Let an architecture be called by its name alone: ``architecture: ava``."""
        return {"kind": value} if isinstance(value, str) else value

    def build(self, item_shape: Sequence[int]) -> SyllableVae:
        """Return an untrained model for spectrograms of `item_shape` (F, T), drawn from torch's global generator."""
        encoder, decoder = self.architecture.build(item_shape, self.latent_dim)
        return SyllableVae(encoder, decoder, self)


class SyllableVae(Vae):
    """A VAE of spectrograms, whose precision may be learned.

    Parameters
    ----------
    encoder
        (B, F, T) -> posterior over (B, L).
    decoder
        (B, L) -> expected spectrograms, (B, F, T).
    config
        What it was built from.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, config: SyllableVaeConfig) -> None:
        super().__init__(encoder, decoder, config.likelihood, config.latent_dim)
        self.log_precision: nn.Parameter | None = None
        if isinstance(config.likelihood, LearnedGaussianConfig):
            self.log_precision = nn.Parameter(torch.tensor(math.log(config.likelihood.precision)))

    def decode(self, z_BL: Tensor, condition_BC: Tensor | None = None) -> Likelihood:
        """Return p(x | z) of latent codes."""
        mean_BFT = self.decoder(z_BL)
        if isinstance(self.likelihood, LearnedGaussianConfig):
            return self.likelihood.build(mean_BFT, self.log_precision)
        return self.likelihood.build(mean_BFT)
