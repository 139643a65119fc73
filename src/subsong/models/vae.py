"""The variational autoencoder: an encoder, a posterior, a decoder, a likelihood (Kingma & Welling 2014).

Legend: B = examples, L = latent dimensions, C = numbers of a condition, ... = the shape of one example.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, Protocol

from pydantic import Field
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.core.noise import Noise
from subsong.models.likelihoods import BernoulliConfig, LearnedGaussianConfig, Likelihood, LikelihoodConfig
from subsong.models.mlp import MlpConfig
from subsong.models.posteriors import Posterior


class VaeOutput(NamedTuple):
    """What a VAE returns for a batch.

    Attributes
    ----------
    posterior
        q(z | x).
    z_BL
        The code that was decoded: a draw where noise was given, else the posterior's mean; shape (B, L).
    likelihood
        p(x | z).
    """

    posterior: Posterior
    z_BL: Tensor
    likelihood: Likelihood

    def outputs(self, batch: Any) -> dict[str, Tensor]:
        """Return what an evaluation keeps: mean and log-variance of the posterior, reconstruction and target."""
        return {
            "latent_mean": self.posterior.mean_BL,
            "latent_log_variance": self.posterior.log_variance_BL,
            "reconstruction": self.likelihood.mean,
            "target": batch.target,
        }


class HasInput(Protocol):
    """A batch with an ``input``, shape (B, ...)."""

    @property
    def input(self) -> Tensor:
        """What the model sees."""
        ...


class VaeConfig(ConfigBase):
    """Encoder, latent code and likelihood."""

    kind: Literal["vae"] = "vae"
    latent_dim: int = Field(20, ge=1, description="Dimensions of the latent code.")
    network: MlpConfig = Field(MlpConfig(), description="The layers of encoder and decoder.")
    likelihood: LikelihoodConfig = Field(BernoulliConfig(), description="How data scatter around the decoder's output.")

    def build(self, item_shape: Sequence[int]) -> Vae:
        """Return an untrained model for examples of `item_shape`, drawn from torch's global generator."""
        encoder, decoder = self.network.build(item_shape, self.latent_dim)
        return Vae(encoder, decoder, self.likelihood, self.latent_dim)


class Vae(nn.Module):
    """Encoder -> posterior -> code -> decoder -> likelihood.

    Parameters
    ----------
    encoder
        (B, ...) -> posterior over (B, L).
    decoder
        (B, L) -> parameters of the likelihood, (B, ...).
    likelihood
        Turns these parameters into a distribution.
    latent_dim
        L.
    """

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        likelihood: LikelihoodConfig | LearnedGaussianConfig,
        latent_dim: int,
    ) -> None:
        super().__init__()
        self.encoder, self.decoder = encoder, decoder
        self.likelihood, self.latent_dim = likelihood, latent_dim

    def forward(self, batch: HasInput, noise: Noise | None = None) -> VaeOutput:
        """Encode and decode a batch; without `noise` the posterior's mean is decoded."""
        posterior = self.encode(batch.input)
        z_BL = posterior.mean_BL if noise is None else posterior.sample(noise)
        return VaeOutput(posterior, z_BL, self.decode(z_BL, self.condition(batch)))

    def condition(self, batch: HasInput) -> Tensor | None:
        """Return what a batch tells the decoder besides the code, shape (B, C); here nothing."""
        return None

    def encode(self, x: Tensor) -> Posterior:
        """Return q(z | x) of examples `x`, shape (B, ...)."""
        posterior: Posterior = self.encoder(x)
        return posterior

    def decode(self, z_BL: Tensor, condition_BC: Tensor | None = None) -> Likelihood:
        """Return p(x | z) of latent codes `z_BL`, shape (B, L), under a condition where the model has any."""
        return self.likelihood.build(self.decoder(z_BL))
