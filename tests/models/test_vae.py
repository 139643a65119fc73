"""The VAE: its size, its code and its gradients."""

from __future__ import annotations

import pytest
import torch

from subsong import set_seed
from subsong.core.noise import ItemNoise
from subsong.datasets.types import Batch
from subsong.models.mlp import MlpConfig
from subsong.models.summary import count_parameters
from subsong.models.vae import VaeConfig

SHAPE = (1, 4, 5)


def build_batch(num_rows=3):
    x = torch.rand(num_rows, *SHAPE, generator=torch.Generator().manual_seed(0))
    return Batch(torch.arange(num_rows), x, x)


def build(**settings):
    set_seed(0)
    return VaeConfig(latent_dim=2, network=MlpConfig(hidden=(7, 6)), **settings).build(SHAPE)


def test_the_guide_s_network_has_652824_parameters():
    assert count_parameters(VaeConfig().build((1, 28, 28))).total == 652_824


def test_the_decoder_mirrors_the_encoder():
    sizes = [tuple(value.shape) for name, value in build().named_parameters() if name.endswith("weight")]
    assert sizes == [(7, 20), (6, 7), (2, 6), (2, 6), (6, 2), (7, 6), (20, 7)]


def test_shapes_of_the_output():
    output = build()(build_batch(), ItemNoise(0, torch.arange(3)))
    assert output.posterior.mean_BL.shape == output.posterior.log_variance_BL.shape == output.z_BL.shape == (3, 2)
    assert output.likelihood.mean.shape == (3, *SHAPE)


def test_without_noise_the_posterior_s_mean_is_decoded():
    output = build()(build_batch())
    assert output.z_BL is output.posterior.mean_BL


def test_with_noise_a_draw_is_decoded():
    output = build()(build_batch(), ItemNoise(0, torch.arange(3)))
    drawn = output.posterior.mean_BL + (0.5 * output.posterior.log_variance_BL).exp() * ItemNoise(
        0, torch.arange(3)
    ).normal(output.z_BL)
    assert torch.equal(output.z_BL, drawn)
    assert not torch.equal(output.z_BL, output.posterior.mean_BL)


def test_every_parameter_receives_a_gradient():
    model, batch = build(), build_batch()
    output = model(batch, ItemNoise(0, batch.rows))
    (output.posterior.compute_kl().sum() - output.likelihood.log_prob(batch.target).sum()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert bool((parameter.grad != 0).any()), name


def test_equal_seeds_build_equal_weights():
    first, second = build().state_dict(), build().state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("shape", [(5,), (3, 8, 8), (2, 1, 3, 1)])
def test_examples_may_have_any_shape(shape):
    x = torch.rand(2, *shape)
    output = VaeConfig(latent_dim=1).build(shape)(Batch(torch.arange(2), x, x))
    assert output.likelihood.mean.shape == (2, *shape)
