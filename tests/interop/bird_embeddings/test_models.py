"""bird-embeddings' network: its sizes, its keys, its loss."""

from __future__ import annotations

import pytest
import torch

from subsong.core.noise import ItemNoise
from subsong.interop.bird_embeddings import (
    VariationalAutoencoder,
    count_parameters,
    print_model_summary,
    variational_autoencoder_loss_function,
)


@pytest.mark.parametrize(
    ("dimensions", "expected"),
    [((467, 16, 512), 1_554_931), ((470, 16, 512), 1_558_006), ((161, 8, 128), 110_769), ((100, 8, 64), 31_220)],
)
def test_the_network_has_the_guide_s_number_of_parameters(dimensions, expected):
    total, trainable = count_parameters(VariationalAutoencoder(*dimensions))
    assert (total, trainable) == (expected, expected)


def test_the_weights_have_their_keys():
    keys = {key.removesuffix(".weight") for key in VariationalAutoencoder(7, 2, 5).state_dict() if "weight" in key}
    layers = {f"encoder_network.{number}" for number in (0, 2, 4)} | {f"decoder_network.{n}" for n in (0, 2, 4, 6)}
    assert keys == layers | {"latent_mean_layer", "latent_log_variance_layer"}


def test_the_summary_is_the_guide_s(capsys):
    print_model_summary(VariationalAutoencoder(467, 16, 512))
    lines = capsys.readouterr().out.splitlines()
    assert lines[:4] == ["=" * 80, "Model Summary", "=" * 80, "VariationalAutoencoder("]
    assert lines[-5:] == [
        "-" * 80,
        "Total parameters: 1,554,931",
        "Trainable parameters: 1,554,931",
        "Model size: 5.93 MB",
        "=" * 80,
    ]
    assert "  (latent_mean_layer): Linear(in_features=512, out_features=16, bias=True)" in lines


def test_the_code_is_drawn_in_evaluation_mode_too():
    model, x = VariationalAutoencoder(6, 2, 8).eval(), torch.ones(3, 6)
    first, second = model(x)[0], model(x)[0]
    assert not torch.equal(first, second)
    assert torch.equal(model(x, ItemNoise(0, [0, 1, 2]))[0], model(x, ItemNoise(0, [0, 1, 2]))[0])


def test_the_loss_sums_over_checklists_and_species():
    probability, target = torch.tensor([[0.9, 0.2], [0.5, 0.5]]), torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    mean, log_variance = torch.tensor([[1.0], [0.0]]), torch.tensor([[0.0], [0.0]])
    total, reconstruction, kl = variational_autoencoder_loss_function(probability, target, mean, log_variance)
    expected = -(torch.tensor([0.9, 0.8, 0.5, 0.5]).log().sum())
    assert reconstruction.item() == pytest.approx(expected.item())
    assert kl.item() == pytest.approx(0.5)
    assert total.item() == pytest.approx(expected.item() + 0.5)
