"""Posteriors whose dimensions are correlated: of low rank, and with a whole covariance.

Everything is computed in float32 also under bf16, whose three digits would make determinants coarse.

Legend: B = examples, L = latent dimensions, R = rank.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

from subsong.core.noise import Noise

_LOG_2PI = math.log(2 * math.pi)


class LowRankGaussian(NamedTuple):
    """A normal posterior with covariance ``U U^T + diag(d)``.

    With R = 1 it is AVA's (Goffinet et al. 2021, doi:10.7554/eLife.67855).

    Attributes
    ----------
    mean_BL
        Mean, shape (B, L).
    factor_BLR
        U, shape (B, L, R).
    log_diagonal_BL
        Natural logarithm of d, shape (B, L).
    """

    mean_BL: Tensor
    factor_BLR: Tensor
    log_diagonal_BL: Tensor

    @property
    def log_variance_BL(self) -> Tensor:
        """Natural logarithm of the variance of each dimension by itself, shape (B, L)."""
        return self._compute_variance().log()

    def sample(self, noise: Noise) -> Tensor:
        """Return one draw an example, shape (B, L)."""
        shared_BR = noise.normal(self.factor_BLR[:, 0].float())
        own_BL = noise.normal(self.mean_BL.float())
        shared_BL = (self.factor_BLR.float() * shared_BR[:, None]).sum(dim=-1)
        return self.mean_BL.float() + shared_BL + (0.5 * self.log_diagonal_BL.float()).exp() * own_BL

    def log_prob(self, z_BL: Tensor) -> Tensor:
        """Return the log density at `z_BL` in nats, shape (B,), by the lemmas of Woodbury and of determinants."""
        offset_BL = z_BL.float() - self.mean_BL.float()
        scaled_BL = offset_BL * (-self.log_diagonal_BL.float()).exp()
        inner_BRR = self._accumulate()[:, -1]
        projected_BR1: Tensor = (self.factor_BLR.float() * scaled_BL[..., None]).sum(dim=1)[..., None]
        explained_B: Tensor = (projected_BR1 * torch.linalg.solve(inner_BRR, projected_BR1)).sum(dim=(1, 2))
        log_det_B = self.log_diagonal_BL.float().sum(dim=-1) + _log_det(inner_BRR)
        squared_B = (offset_BL * scaled_BL).sum(dim=-1) - explained_B
        return -0.5 * (squared_B + log_det_B + offset_BL.shape[1] * _LOG_2PI)

    def compute_kl(self) -> Tensor:
        """Return the divergence from the prior of each dimension given those before it, in nats, shape (B, L)."""
        # The variance of dimension l given 0..l-1 is d_l |M_l| / |M_(l-1)|, M_l = I + sum_(j<=l) u_j u_j^T / d_j.
        log_det_BL = _log_det(self._accumulate())
        step_BL = torch.diff(log_det_BL, dim=1, prepend=torch.zeros_like(log_det_BL[:, :1]))
        return _compute_chained_kl(self.mean_BL, self._compute_variance(), self.log_diagonal_BL.float() + step_BL)

    def compute_covariance(self) -> Tensor:
        """Return the covariance, shape (B, L, L)."""
        factor_BLR = self.factor_BLR.float()
        return factor_BLR @ factor_BLR.mT + torch.diag_embed(self.log_diagonal_BL.float().exp())

    def _compute_variance(self) -> Tensor:
        return self.factor_BLR.float().square().sum(dim=-1) + self.log_diagonal_BL.float().exp()

    def _accumulate(self) -> Tensor:
        """Return M_l of every l, shape (B, L, R, R)."""
        factor_BLR = self.factor_BLR.float()
        scaled_BLR = factor_BLR * (-self.log_diagonal_BL.float()).exp()[..., None]
        outer_BLRR = factor_BLR[..., :, None] * scaled_BLR[..., None, :]
        return outer_BLRR.cumsum(dim=1) + torch.eye(factor_BLR.shape[-1], device=factor_BLR.device)


class FullGaussian(NamedTuple):
    """A normal posterior with any covariance, by its Cholesky factor C.

    Attributes
    ----------
    mean_BL
        Mean, shape (B, L).
    cholesky_BLL
        C, lower triangular with a positive diagonal, shape (B, L, L).
    """

    mean_BL: Tensor
    cholesky_BLL: Tensor

    @property
    def log_variance_BL(self) -> Tensor:
        """Natural logarithm of the variance of each dimension by itself, shape (B, L)."""
        return self.cholesky_BLL.float().square().sum(dim=-1).log()

    def sample(self, noise: Noise) -> Tensor:
        """Return one draw an example, shape (B, L)."""
        noise_BL = noise.normal(self.mean_BL.float())
        return self.mean_BL.float() + (self.cholesky_BLL.float() @ noise_BL[..., None])[..., 0]

    def log_prob(self, z_BL: Tensor) -> Tensor:
        """Return the log density at `z_BL` in nats, shape (B,)."""
        offset_BL1 = (z_BL.float() - self.mean_BL.float())[..., None]
        white_BL: Tensor = torch.linalg.solve_triangular(self.cholesky_BLL.float(), offset_BL1, upper=False)[..., 0]
        return -0.5 * (white_BL.square() + self._log_conditional_variance() + _LOG_2PI).sum(dim=-1)

    def compute_kl(self) -> Tensor:
        """Return the divergence from the prior of each dimension given those before it, in nats, shape (B, L)."""
        variance_BL = self.cholesky_BLL.float().square().sum(dim=-1)
        return _compute_chained_kl(self.mean_BL, variance_BL, self._log_conditional_variance())

    def compute_covariance(self) -> Tensor:
        """Return the covariance, shape (B, L, L)."""
        return self.cholesky_BLL.float() @ self.cholesky_BLL.float().mT

    def _log_conditional_variance(self) -> Tensor:
        return 2 * self.cholesky_BLL.float().diagonal(dim1=-2, dim2=-1).log()


def _log_det(matrix: Tensor) -> Tensor:
    """Return the logarithms of the determinants of positive definite matrices, shape (..., R, R) -> (...)."""
    if matrix.shape[-1] == 1:
        return matrix[..., 0, 0].log()
    diagonal: Tensor = torch.linalg.cholesky(matrix).diagonal(dim1=-2, dim2=-1)
    return 2 * diagonal.log().sum(dim=-1)


def _compute_chained_kl(mean_BL: Tensor, variance_BL: Tensor, log_conditional_variance_BL: Tensor) -> Tensor:
    """Return ``KL(q || N(0, I))`` by the chain rule over dimensions.

    ``sum_l (m_l^2 + v_l - 1 - log c_l) / 2`` with v the marginal variances and c those given the dimensions before:
    ``log |S| = sum_l log c_l``. As c <= v, no summand is below 0.
    """
    return 0.5 * (mean_BL.float() ** 2 + variance_BL - log_conditional_variance_BL - 1.0)
