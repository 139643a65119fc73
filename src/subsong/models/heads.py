"""Heads: the last layers of an encoder, which turn features into a posterior of the configured form.

Legend: B = examples, D = features, L = latent dimensions, R = rank.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.models.correlated_posteriors import FullGaussian, LowRankGaussian
from subsong.models.posteriors import DiagonalGaussian, Posterior

_MAX_LOG_VARIANCE = 15.0


class DiagonalConfig(ConfigBase):
    """Independent dimensions."""

    kind: Literal["diagonal"] = "diagonal"

    def build(self, feature_dim: int, latent_dim: int) -> nn.Module:
        """Return a head (B, D) -> posterior over (B, L)."""
        return DiagonalHead(feature_dim, latent_dim)


class LowRankConfig(ConfigBase):
    """A diagonal and a few directions in which dimensions vary together."""

    kind: Literal["low_rank"] = "low_rank"
    rank: int = Field(1, ge=1, description="Directions; 1 is AVA's posterior.")

    def build(self, feature_dim: int, latent_dim: int) -> nn.Module:
        """Return a head (B, D) -> posterior over (B, L)."""
        return LowRankHead(feature_dim, latent_dim, self.rank)


class FullConfig(ConfigBase):
    """Any covariance; L (L + 3) / 2 numbers an example."""

    kind: Literal["full"] = "full"

    def build(self, feature_dim: int, latent_dim: int) -> nn.Module:
        """Return a head (B, D) -> posterior over (B, L)."""
        return FullHead(feature_dim, latent_dim)


PosteriorConfig = Annotated[DiagonalConfig | LowRankConfig | FullConfig, Field(discriminator="kind")]


class DiagonalHead(nn.Module):
    """Features (B, D) -> `DiagonalGaussian` over (B, L)."""

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.log_variance = nn.Linear(feature_dim, latent_dim)

    def forward(self, features_BD: Tensor) -> Posterior:
        """Return the posterior."""
        return DiagonalGaussian(self.mean(features_BD), bound_log_variance(self.log_variance(features_BD)))


class LowRankHead(nn.Module):
    """Features (B, D) -> `LowRankGaussian` over (B, L)."""

    def __init__(self, feature_dim: int, latent_dim: int, rank: int) -> None:
        super().__init__()
        self.rank = rank
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.factor = nn.Linear(feature_dim, latent_dim * rank)
        self.log_diagonal = nn.Linear(feature_dim, latent_dim)

    def forward(self, features_BD: Tensor) -> Posterior:
        """Return the posterior."""
        factor_BLR = self.factor(features_BD).reshape(len(features_BD), -1, self.rank)
        return LowRankGaussian(self.mean(features_BD), factor_BLR, bound_log_variance(self.log_diagonal(features_BD)))


class FullHead(nn.Module):
    """Features (B, D) -> `FullGaussian` over (B, L)."""

    _place: Tensor

    def __init__(self, feature_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.mean = nn.Linear(feature_dim, latent_dim)
        self.log_scale = nn.Linear(feature_dim, latent_dim)
        self.below = nn.Linear(feature_dim, latent_dim * (latent_dim - 1) // 2)
        rows, columns = torch.tril_indices(latent_dim, latent_dim, offset=-1)
        self.register_buffer("_place", rows * latent_dim + columns, persistent=False)

    def forward(self, features_BD: Tensor) -> Posterior:
        """Return the posterior."""
        mean_BL, log_scale_BL = self.mean(features_BD), 0.5 * bound_log_variance(self.log_scale(features_BD)).float()
        num_rows, latent_dim = mean_BL.shape
        empty = log_scale_BL.new_zeros(num_rows, latent_dim * latent_dim)
        below_BLL = empty.index_copy(1, self._place, self.below(features_BD).float()).reshape(
            -1, latent_dim, latent_dim
        )
        return FullGaussian(mean_BL, below_BLL + torch.diag_embed(log_scale_BL.exp()))


def bound_log_variance(log_variance: Tensor) -> Tensor:
    """Return log-variances within ±15, so that no exponential overflows, whatever the weights do."""
    return log_variance.clamp(-_MAX_LOG_VARIANCE, _MAX_LOG_VARIANCE)
