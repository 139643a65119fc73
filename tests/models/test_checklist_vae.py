"""The network of checklists, and the multinomial likelihood."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import multinomial

from subsong.core.noise import StepNoise
from subsong.datasets.checklists import ChecklistBatch
from subsong.models.checklist_vae import ChecklistVae, ChecklistVaeConfig
from subsong.models.likelihoods import BernoulliConfig, Multinomial, MultinomialConfig
from subsong.models.mlp import MlpConfig
from subsong.models.summary import count_parameters


def build(**settings: object) -> ChecklistVae:
    torch.manual_seed(0)
    return ChecklistVaeConfig(latent_dim=3, network=MlpConfig(hidden=(8,)), **settings).build((6,)).eval()


def make_batch(x: torch.Tensor, covariates: torch.Tensor | None = None) -> ChecklistBatch:
    return ChecklistBatch(
        torch.arange(len(x)), x, x, None, torch.zeros(len(x), 0) if covariates is None else covariates
    )


def test_multinomial_is_the_log_probability_without_its_coefficient() -> None:
    logits = torch.tensor([[0.3, -1.0, 2.0]])
    counts = torch.tensor([[2.0, 0.0, 1.0]])
    share = torch.softmax(logits[0].double(), 0).numpy()
    coefficient = np.log(3)  # 3! / (2! 0! 1!)
    expected = multinomial(3, share).logpmf([2, 0, 1]) - coefficient
    assert Multinomial(logits).log_prob(counts).item() == pytest.approx(expected, rel=1e-5)


def test_unknown_species_do_not_compete() -> None:
    logits = torch.tensor([[0.3, -1.0, 5.0]])
    target = torch.tensor([[1.0, 0.0, 1.0]])
    mask = torch.tensor([[True, True, False]])
    expected = torch.log_softmax(logits[:, :2], -1)[0, 0].item()
    assert Multinomial(logits).log_prob(target, mask).item() == pytest.approx(expected)


def test_an_empty_list_costs_nothing_and_keeps_gradients_finite() -> None:
    logits = torch.zeros(2, 3, requires_grad=True)
    mask = torch.tensor([[True, True, True], [False, False, False]])
    loss = Multinomial(logits).log_prob(torch.tensor([[0.0, 0, 0], [1, 0, 0]]), mask)
    assert loss.tolist() == [0, 0]
    loss.sum().backward()
    assert logits.grad is not None
    assert torch.isfinite(logits.grad).all()


def test_shares_sum_to_one() -> None:
    assert Multinomial(torch.randn(4, 7)).mean.sum(dim=1).tolist() == pytest.approx([1] * 4)


def test_length_of_a_list_does_not_move_a_normalised_code_but_its_composition_does() -> None:
    model = build(normalize_input=True)
    x = torch.tensor([[1.0, 0, 0, 0, 0, 0], [0.5, 0, 0, 0, 0, 0], [1, 1, 0, 0, 0, 0]])
    mean = model.encode(x).mean_BL
    assert torch.allclose(mean[0], mean[1])
    assert not torch.allclose(mean[0], mean[2])
    assert torch.isfinite(model.encode(torch.zeros(1, 6)).mean_BL).all()


def test_covariates_change_what_is_expected_and_not_the_code() -> None:
    model = build(covariate_dim=2)
    x = torch.ones(1, 6)
    outputs = [model(make_batch(x, torch.tensor([[value, 0.0]]))) for value in (0.0, 3.0)]
    assert torch.equal(outputs[0].posterior.mean_BL, outputs[1].posterior.mean_BL)
    assert not torch.allclose(outputs[0].likelihood.mean, outputs[1].likelihood.mean)


def test_without_covariates_a_mean_list_is_decoded() -> None:
    model = build(covariate_dim=2)
    z = torch.randn(3, 3)
    assert torch.equal(model.decode(z).mean, model.decode(z, torch.zeros(3, 2)).mean)


@pytest.mark.parametrize("likelihood", [BernoulliConfig(), MultinomialConfig()])
def test_an_untrained_model_starts_near_prevalence(likelihood: BernoulliConfig | MultinomialConfig) -> None:
    model = build(likelihood=likelihood)
    prevalence = np.array([0.9, 0.5, 0.1, 0.01, 0.0, 0.3])
    model.start_at_prevalence(prevalence)
    with torch.no_grad():
        model.decoder.parameters_out.weight.zero_()
    expected = np.clip(prevalence, 1e-3, 1 - 1e-3)
    if isinstance(likelihood, MultinomialConfig):
        expected = expected / expected.sum()
    assert model.decode(torch.zeros(1, 3)).mean[0].tolist() == pytest.approx(expected.tolist(), rel=1e-5)


def test_dropout_and_layer_norm_are_in_the_encoder_when_asked_for() -> None:
    network = MlpConfig(hidden=(8, 4), activation="silu", layer_norm=True, dropout=0.5)
    model = ChecklistVaeConfig(latent_dim=3, network=network).build((6,))
    kinds = [type(layer).__name__ for layer in model.encoder.layers]
    assert kinds == ["Linear", "LayerNorm", "SiLU", "Dropout"] * 2
    assert "Dropout" not in [type(layer).__name__ for layer in model.decoder.layers]


def test_a_draw_differs_from_the_mean_and_repeats_with_its_noise() -> None:
    model, batch = build(), make_batch(torch.ones(2, 6))
    first, second = (model(batch, StepNoise(1, 0, 2)).z_BL for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, model(batch).z_BL)


def test_number_of_parameters() -> None:
    # 6*8+8, twice 8*3+3, (3+2)*8+8, 8*6+6
    assert count_parameters(build(covariate_dim=2))[0] == 56 + 54 + 48 + 54
