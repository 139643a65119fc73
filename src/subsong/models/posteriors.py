"""Posteriors over the latent code: what all of them offer, and the one with independent dimensions.

Legend: B = examples, L = latent dimensions.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from subsong.core.noise import Noise


class Posterior(Protocol):
    """q(z | x) of a batch."""

    @property
    def mean_BL(self) -> Tensor:
        """The mean, shape (B, L)."""
        ...

    @property
    def log_variance_BL(self) -> Tensor:
        """Natural logarithm of the variance of each dimension by itself, shape (B, L)."""
        ...

    def sample(self, noise: Noise) -> Tensor:
        """Return one draw an example, shape (B, L), with a gradient to the parameters (reparameterised)."""
        ...

    def log_prob(self, z_BL: Tensor) -> Tensor:
        """Return the log density at `z_BL` in nats, shape (B,)."""
        ...

    def compute_kl(self) -> Tensor:
        """Return the divergence from the standard normal prior in nats, shape (B, L); none is below 0.

        The sum over dimensions is the divergence. Where dimensions are correlated, each counts what it tells beyond
        those before it.
        """
        ...

    def compute_covariance(self) -> Tensor:
        """Return the covariance, shape (B, L, L)."""
        ...


class DiagonalGaussian(NamedTuple):
    """A normal posterior with independent dimensions.

    Attributes
    ----------
    mean_BL, log_variance_BL
        Mean and natural logarithm of the variance, shape (B, L).
    """

    mean_BL: Tensor
    log_variance_BL: Tensor

    def sample(self, noise: Noise) -> Tensor:
        """Return one draw an example, shape (B, L), with a gradient to both parameters (reparameterised)."""
        return self.mean_BL + (0.5 * self.log_variance_BL).exp() * noise.normal(self.mean_BL)

    def log_prob(self, z_BL: Tensor) -> Tensor:
        """Return the log density at `z_BL` in nats, shape (B,)."""
        squared_BL = (z_BL - self.mean_BL) ** 2 * (-self.log_variance_BL).exp()
        return -0.5 * (squared_BL + self.log_variance_BL + math.log(2 * math.pi)).sum(dim=-1)

    def compute_kl(self) -> Tensor:
        """Return the divergence from the standard normal prior of each dimension, in nats, shape (B, L).

        ``KL(N(m, v) || N(0, 1)) = (m^2 + v - log v - 1) / 2`` (Kingma & Welling 2014, appendix B).
        """
        # In float32 also under bf16, whose three digits would make the sum over dimensions coarse.
        mean_BL, log_variance_BL = self.mean_BL.float(), self.log_variance_BL.float()
        return 0.5 * (mean_BL**2 + log_variance_BL.exp() - log_variance_BL - 1.0)

    def compute_covariance(self) -> Tensor:
        """Return the covariance, shape (B, L, L)."""
        return torch.diag_embed(self.log_variance_BL.float().exp())


def compute_kl_between(q: DiagonalGaussian, p: DiagonalGaussian) -> Tensor:
    """Return KL(q || p) of each dimension in nats, shape (B, L)."""
    ratio_BL = (q.log_variance_BL - p.log_variance_BL).exp()
    distance_BL = (q.mean_BL - p.mean_BL) ** 2 * (-p.log_variance_BL).exp()
    return 0.5 * (ratio_BL + distance_BL + p.log_variance_BL - q.log_variance_BL - 1.0)


def standard_normal_log_prob(z_BL: Tensor) -> Tensor:
    """Return the log density of the prior N(0, I) at `z_BL` in nats, shape (B,)."""
    return -0.5 * (z_BL**2 + math.log(2 * math.pi)).sum(dim=-1)
