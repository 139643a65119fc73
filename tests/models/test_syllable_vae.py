"""The networks of spectrograms: AVA's and ours, their posteriors and their precision."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.core.noise import StepNoise
from subsong.datasets.types import Batch
from subsong.models.ava import AvaConfig
from subsong.models.heads import FullConfig, LowRankConfig
from subsong.models.likelihoods import GaussianConfig, LearnedGaussianConfig
from subsong.models.residual import ResidualConfig
from subsong.models.summary import count_parameters
from subsong.models.syllable_vae import SyllableVae, SyllableVaeConfig

SMALL = ResidualConfig(channels=(4, 8), num_blocks=(0, 1), feature_dim=16)


def build(shape: tuple[int, int] = (24, 20), **settings: object) -> SyllableVae:
    torch.manual_seed(0)
    return SyllableVaeConfig(**{"architecture": SMALL, "latent_dim": 5, **settings}).build(shape)


def make_spectrograms(num_spectrograms: int, shape: tuple[int, int] = (24, 20)) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).random((num_spectrograms, *shape), dtype=np.float32))


def make_batch(x: torch.Tensor) -> Batch:
    return Batch(torch.arange(len(x)), x, x)


def test_ava_has_the_parameters_of_its_paper() -> None:
    encoder, decoder = AvaConfig().build((128, 128), 32)
    assert (count_parameters(encoder).total, count_parameters(decoder).total) == (8_727_594, 8_698_729)


def test_an_architecture_can_be_called_by_its_name() -> None:
    model = SyllableVaeConfig.model_validate({"architecture": "ava"}).build((128, 128))
    assert count_parameters(model).total == 17_426_323


def test_ava_refuses_other_sizes_and_names_the_way_out() -> None:
    with pytest.raises(SubsongError, match=r"128 x 128, these are 64 x 128.*architecture residual"):
        AvaConfig().build((64, 128), 32)


def test_our_network_is_smaller_than_avas() -> None:
    assert count_parameters(SyllableVaeConfig().build((128, 128))).total < 17_426_323 / 10


@pytest.mark.parametrize("shape", [(128, 128), (96, 40), (33, 65), (5, 7)])
def test_our_network_takes_any_size(shape: tuple[int, int]) -> None:
    x = make_spectrograms(2, shape)
    output = build(shape)(make_batch(x))
    assert output.likelihood.mean.shape == (2, *shape)
    assert torch.isfinite(output.likelihood.log_prob(x)).all()


@pytest.mark.parametrize("posterior", [LowRankConfig(rank=1), LowRankConfig(rank=3), FullConfig()])
def test_every_posterior_trains_all_its_parameters(posterior: LowRankConfig | FullConfig) -> None:
    model = build(architecture=SMALL.model_copy(update={"posterior": posterior}))
    x = make_spectrograms(4)
    output = model(make_batch(x), StepNoise(0, 0, 4))
    (output.posterior.compute_kl().sum() - output.likelihood.log_prob(x).sum()).backward()
    assert [name for name, weights in model.named_parameters() if weights.grad is None] == []
    assert all(torch.isfinite(weights.grad).all() for weights in model.parameters() if weights.grad is not None)


@pytest.mark.parametrize("architecture", ["ava", SMALL])
def test_a_spectrogram_has_the_same_code_alone_and_in_any_batch(architecture: object) -> None:
    shape = (128, 128)
    model, x = build(shape, architecture=architecture).eval(), make_spectrograms(7, shape)
    with torch.inference_mode():
        together, alone = model.encode(x).mean_BL, torch.cat([model.encode(one[None]).mean_BL for one in x])
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=0)


def test_a_higher_precision_counts_reconstruction_more() -> None:
    x = make_spectrograms(2)
    low, high = (build(likelihood=GaussianConfig(precision=p))(make_batch(x)).likelihood for p in (10.0, 20.0))
    constant = 0.5 * x[0].numel() * math.log(2 * math.pi)
    squared = (2 * -(low.log_prob(x) + constant - 0.5 * x[0].numel() * math.log(10))) / 10
    expected = -10 * squared - constant + 0.5 * x[0].numel() * math.log(20)
    torch.testing.assert_close(high.log_prob(x), expected, rtol=1e-4, atol=1e-2)


def test_a_learned_precision_finds_the_noise_that_is_there() -> None:
    config = LearnedGaussianConfig(precision=10.0)
    model = build(likelihood=config)
    assert model.log_precision is not None
    residual = 0.1 * torch.randn(64, 24, 20, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.Adam([model.log_precision], lr=0.1)
    for _ in range(200):
        optimizer.zero_grad()
        config.build(torch.zeros_like(residual), model.log_precision).log_prob(residual).mean().neg().backward()
        optimizer.step()
    assert model.log_precision.exp().item() == pytest.approx(100, rel=0.05)


def test_a_learned_precision_stays_within_its_bounds() -> None:
    likelihood = LearnedGaussianConfig(max_precision=50.0).build(torch.zeros(1, 2), torch.tensor(20.0))
    assert likelihood.precision == pytest.approx(50.0)  # type: ignore[attr-defined]


def test_a_starting_precision_out_of_bounds_is_refused() -> None:
    with pytest.raises(ValidationError, match="does not lie between"):
        LearnedGaussianConfig(precision=0.5)


def test_stages_must_agree() -> None:
    with pytest.raises(ValidationError, match="channels has 2 stages, num_blocks has 3"):
        ResidualConfig(channels=(8, 16), num_blocks=(0, 1, 1))
