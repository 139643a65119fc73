"""Posteriors and likelihoods against numbers worked out by hand and against torch.distributions."""

from __future__ import annotations

import math

import pytest
import torch
from torch import distributions

from subsong.core.noise import ItemNoise
from subsong.models.likelihoods import Bernoulli, BernoulliConfig, Gaussian, GaussianConfig
from subsong.models.posteriors import DiagonalGaussian, compute_kl_between, standard_normal_log_prob


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


POSTERIOR = DiagonalGaussian(draw(6, 3), draw(6, 3, seed=1))


def as_normal(posterior):
    return distributions.Normal(posterior.mean_BL, (0.5 * posterior.log_variance_BL).exp())


@pytest.mark.parametrize(
    ("mean", "variance", "kl"),
    [
        (0.0, 1.0, 0.0),
        (1.0, 1.0, 0.5),
        (2.0, 1.0, 2.0),
        (0.0, math.e, 0.5 * (math.e - 2)),
        (0.0, 1 / math.e, 0.5 / math.e),
        (1.0, 4.0, 2 - math.log(2)),
    ],
)
def test_kl_by_hand(mean, variance, kl):
    posterior = DiagonalGaussian(torch.tensor([[mean]]), torch.tensor([[math.log(variance)]]))
    assert posterior.compute_kl().item() == pytest.approx(kl, abs=1e-6)


def test_kl_agrees_with_torch():
    expected = distributions.kl_divergence(as_normal(POSTERIOR), distributions.Normal(0.0, 1.0))
    torch.testing.assert_close(POSTERIOR.compute_kl(), expected)


def test_kl_between_two_posteriors_agrees_with_torch():
    other = DiagonalGaussian(draw(6, 3, seed=2), draw(6, 3, seed=3))
    expected = distributions.kl_divergence(as_normal(POSTERIOR), as_normal(other))
    torch.testing.assert_close(compute_kl_between(POSTERIOR, other), expected)


def test_kl_between_a_posterior_and_the_prior_is_its_kl():
    prior = DiagonalGaussian(torch.zeros(6, 3), torch.zeros(6, 3))
    torch.testing.assert_close(compute_kl_between(POSTERIOR, prior), POSTERIOR.compute_kl())


def test_the_kl_is_computed_in_float32_also_of_bf16():
    assert DiagonalGaussian(*(part.bfloat16() for part in POSTERIOR)).compute_kl().dtype == torch.float32


def test_densities_agree_with_torch():
    z = draw(6, 3, seed=4)
    torch.testing.assert_close(POSTERIOR.log_prob(z), as_normal(POSTERIOR).log_prob(z).sum(1))
    torch.testing.assert_close(standard_normal_log_prob(z), distributions.Normal(0.0, 1.0).log_prob(z).sum(1))


def test_draws_have_the_posterior_s_moments():
    posterior = DiagonalGaussian(torch.full((20_000, 1), 3.0), torch.full((20_000, 1), math.log(0.25)))
    z = posterior.sample(ItemNoise(0, torch.arange(20_000)))
    assert z.mean().item() == pytest.approx(3.0, abs=0.02)
    assert z.std().item() == pytest.approx(0.5, abs=0.02)


def test_draws_have_gradients_to_both_parameters():
    posterior = DiagonalGaussian(torch.zeros(2, 3, requires_grad=True), torch.zeros(2, 3, requires_grad=True))
    posterior.sample(ItemNoise(0, torch.arange(2))).sum().backward()
    assert torch.equal(posterior.mean_BL.grad, torch.ones(2, 3))
    assert bool((posterior.log_variance_BL.grad != 0).all())


def test_bernoulli_agrees_with_torch():
    logits, target = draw(5, 1, 2, 2), (draw(5, 1, 2, 2, seed=1) > 0).float()
    expected = distributions.Bernoulli(logits=logits).log_prob(target).flatten(1).sum(1)
    torch.testing.assert_close(Bernoulli(logits).log_prob(target), expected)
    torch.testing.assert_close(Bernoulli(logits).mean, torch.sigmoid(logits))


def test_bernoulli_of_grey_values_by_hand():
    probability, target = torch.tensor([[0.8, 0.3]]), torch.tensor([[0.25, 1.0]])
    expected = 0.25 * math.log(0.8) + 0.75 * math.log(0.2) + math.log(0.3)
    assert Bernoulli(torch.logit(probability)).log_prob(target).item() == pytest.approx(expected, rel=1e-6)


def test_bernoulli_stays_finite_for_extreme_logits():
    log_prob = Bernoulli(torch.tensor([[1e4, -1e4]])).log_prob(torch.tensor([[0.0, 1.0]]))
    assert log_prob.item() == pytest.approx(-2e4)


@pytest.mark.parametrize("precision", [0.5, 1.0, 10.0])
def test_gaussian_agrees_with_torch(precision):
    mean, target = draw(5, 2, 3), draw(5, 2, 3, seed=1)
    expected = distributions.Normal(mean, precision**-0.5).log_prob(target).flatten(1).sum(1)
    torch.testing.assert_close(Gaussian(mean, precision).log_prob(target), expected)


@pytest.mark.parametrize("likelihood", [Bernoulli(draw(4, 3)), Gaussian(draw(4, 3), 2.0)])
def test_masked_entries_do_not_count(likelihood):
    target, mask = torch.rand(4, 3), torch.tensor([True, False, True])
    kept = type(likelihood)(likelihood[0][:, mask], *likelihood[1:])
    torch.testing.assert_close(likelihood.log_prob(target, mask.expand(4, 3)), kept.log_prob(target[:, mask]))
    assert torch.equal(likelihood.log_prob(target, torch.zeros(4, 3, dtype=torch.bool)), torch.zeros(4))


def test_configs_build_what_they_name():
    parameters = draw(2, 3)
    assert BernoulliConfig().build(parameters).logits is parameters
    assert GaussianConfig(precision=4.0).build(parameters) == Gaussian(parameters, 4.0)
