"""Posteriors with correlated dimensions, against torch's own distributions."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import LowRankMultivariateNormal, MultivariateNormal, kl_divergence

from subsong.core.noise import ItemNoise
from subsong.models.correlated_posteriors import FullGaussian, LowRankGaussian
from subsong.models.posteriors import DiagonalGaussian, Posterior

NUM_EXAMPLES, LATENT_DIM = 3, 5


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def build(kind: str) -> Posterior:
    mean_BL, log_BL = draw(NUM_EXAMPLES, LATENT_DIM), 0.5 * draw(LATENT_DIM, NUM_EXAMPLES).T
    if kind == "diagonal":
        return DiagonalGaussian(mean_BL, log_BL)
    if kind == "full":
        below_BLL = draw(NUM_EXAMPLES, LATENT_DIM, LATENT_DIM).tril(-1)
        return FullGaussian(mean_BL, below_BLL + torch.diag_embed(log_BL.exp()))
    return LowRankGaussian(mean_BL, draw(NUM_EXAMPLES, LATENT_DIM, int(kind[-1])), log_BL)


KINDS = ("diagonal", "rank 1", "rank 3", "full")


@pytest.fixture(params=KINDS)
def posterior(request: pytest.FixtureRequest) -> Posterior:
    return build(request.param)


def reference(posterior: Posterior) -> MultivariateNormal:
    return MultivariateNormal(posterior.mean_BL, posterior.compute_covariance())


def test_dimensions_sum_to_the_divergence_from_the_prior(posterior: Posterior) -> None:
    prior = MultivariateNormal(torch.zeros(LATENT_DIM), torch.eye(LATENT_DIM))
    torch.testing.assert_close(posterior.compute_kl().sum(dim=1), kl_divergence(reference(posterior), prior))


def test_no_dimension_has_a_negative_divergence(posterior: Posterior) -> None:
    assert (posterior.compute_kl() >= -1e-6).all()


def test_density_is_that_of_the_normal_distribution(posterior: Posterior) -> None:
    z_BL = draw(NUM_EXAMPLES, LATENT_DIM) + 0.3
    torch.testing.assert_close(posterior.log_prob(z_BL), reference(posterior).log_prob(z_BL), rtol=1e-4, atol=1e-4)


def test_variance_of_a_dimension_is_the_diagonal_of_the_covariance(posterior: Posterior) -> None:
    variance_BL = posterior.compute_covariance().diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(posterior.log_variance_BL.exp(), variance_BL)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_have_the_mean_and_covariance_they_should(kind: str) -> None:
    one = build(kind)
    num_draws = 40_000
    many = type(one)(*(part[:1].expand(num_draws, *part.shape[1:]) for part in one))  # type: ignore[attr-defined]
    z_BL = many.sample(ItemNoise(0, torch.arange(num_draws)))
    torch.testing.assert_close(z_BL.mean(dim=0), one.mean_BL[0], atol=0.06, rtol=0)
    torch.testing.assert_close(z_BL.T.cov(), one.compute_covariance()[0], atol=0.2, rtol=0.05)


def test_rank_one_entropy_is_that_of_the_closed_form() -> None:
    posterior = build("rank 1")
    assert isinstance(posterior, LowRankGaussian)
    diagonal_BL = posterior.log_diagonal_BL.exp()
    low_rank = LowRankMultivariateNormal(posterior.mean_BL, posterior.factor_BLR, diagonal_BL)
    second_moment_B = (posterior.mean_BL**2 + posterior.factor_BLR[..., 0] ** 2 + diagonal_BL).sum(dim=1)
    log_det_B = posterior.log_diagonal_BL.sum(dim=1)
    log_det_B = log_det_B + (1 + (posterior.factor_BLR[..., 0] ** 2 / diagonal_BL).sum(dim=1)).log()
    torch.testing.assert_close(posterior.compute_kl().sum(dim=1), 0.5 * (second_moment_B - LATENT_DIM - log_det_B))
    torch.testing.assert_close(posterior.log_prob(posterior.mean_BL), low_rank.log_prob(posterior.mean_BL))


def test_bf16_parameters_give_a_divergence_in_float32() -> None:
    posterior = LowRankGaussian(*(part.bfloat16() for part in build("rank 3")))  # type: ignore[attr-defined]
    assert posterior.compute_kl().dtype == torch.float32
    assert torch.isfinite(posterior.compute_kl()).all()
