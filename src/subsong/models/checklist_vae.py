"""A VAE of checklists: what is found on a list depends on its community, and on who looked for how long and when.

Legend: B = lists, D = species, L = latent dimensions, C = encoded covariates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.models.likelihoods import BernoulliConfig, Likelihood, MultinomialConfig
from subsong.models.mlp import MlpConfig, MlpDecoder
from subsong.models.posteriors import Posterior
from subsong.models.vae import HasInput, Vae

_SMALLEST_PREVALENCE = 1e-3


class ChecklistVaeConfig(ConfigBase):
    """Detections -> community -> detections, with covariates given to the decoder alone."""

    kind: Literal["checklist-vae"] = "checklist-vae"
    latent_dim: int = Field(32, ge=1, description="Dimensions of the latent code.")
    network: MlpConfig = Field(MlpConfig(hidden=(200,)), description="The layers of encoder and decoder.")
    likelihood: BernoulliConfig | MultinomialConfig = Field(
        BernoulliConfig(), discriminator="kind", description="bernoulli: each species by itself; multinomial: shares."
    )
    normalize_input: bool = Field(
        False, description="Scale each list to length 1 (L2), so that the code follows composition, not length."
    )
    covariate_dim: int = Field(0, ge=0, description="Encoded covariates; set from data.covariates.")

    def build(self, item_shape: Sequence[int]) -> ChecklistVae:
        """Return an untrained model for lists of `item_shape` (D,), drawn from torch's global generator."""
        encoder, decoder = self.network.build(item_shape, self.latent_dim, self.covariate_dim)
        return ChecklistVae(encoder, decoder, self)


class ChecklistVae(Vae):
    """A VAE whose decoder is told the covariates of a list.

    Parameters
    ----------
    encoder
        (B, D) -> posterior over (B, L). It is not told the covariates: a code must not depend on what the
        decoder can know without it.
    decoder
        (B, L + C) -> logits, (B, D).
    config
        What it was built from.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, config: ChecklistVaeConfig) -> None:
        super().__init__(encoder, decoder, config.likelihood, config.latent_dim)
        self.normalize_input, self.covariate_dim = config.normalize_input, config.covariate_dim

    def encode(self, x: Tensor) -> Posterior:
        """Return q(z | x) of lists `x`, shape (B, D)."""
        return super().encode(torch.nn.functional.normalize(x, dim=-1) if self.normalize_input else x)

    def condition(self, batch: HasInput) -> Tensor | None:
        """Return the covariates of a batch, shape (B, C)."""
        covariates_BC: Tensor | None = getattr(batch, "covariates", None)
        return covariates_BC

    def decode(self, z_BL: Tensor, condition_BC: Tensor | None = None) -> Likelihood:
        """Return p(x | z, covariates); without covariates those of a mean list (all zeros) are taken."""
        if condition_BC is None:
            condition_BC = z_BL.new_zeros(len(z_BL), self.covariate_dim)
        return super().decode(torch.cat([z_BL, condition_BC], dim=-1))

    def start_at_prevalence(self, prevalence_D: np.ndarray) -> None:
        """Set the output's offset so that an untrained model predicts each species' prevalence, (D,) in [0, 1].

        Training then spends no step on learning which species are rare.
        """
        assert isinstance(self.decoder, MlpDecoder)
        probability_D = np.clip(prevalence_D, _SMALLEST_PREVALENCE, 1 - _SMALLEST_PREVALENCE)
        offset_D = np.log(probability_D)
        if isinstance(self.likelihood, BernoulliConfig):
            offset_D -= np.log1p(-probability_D)
        with torch.no_grad():
            self.decoder.parameters_out.bias.copy_(torch.from_numpy(offset_D))
