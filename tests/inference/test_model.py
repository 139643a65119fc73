"""A trained VAE in use."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import torch

from subsong import set_seed
from subsong.core.errors import SubsongError
from subsong.datasets.pictures import PictureDataset
from subsong.inference.load import load_model
from subsong.inference.model import TrainedVae
from subsong.models.likelihoods import GaussianConfig
from subsong.models.mlp import MlpConfig
from subsong.models.portable import ModelDescription, write_model
from subsong.models.vae import VaeConfig
from subsong.synthesis.pictures import make_pictures

IMAGES = make_pictures(23, size=6).images
VALUES = (IMAGES / 255).astype(np.float32)
CONFIG = VaeConfig(latent_dim=3, network=MlpConfig(hidden=(12,)))
DESCRIPTION = ModelDescription(
    "digits-vae", CONFIG.model_dump(mode="json"), {"item_shape": [1, 6, 6], "value_range": [0.0, 1.0]}
)


def make_dataset(rows=slice(None)):
    return PictureDataset(IMAGES[rows], pl.DataFrame({"row": np.arange(len(IMAGES))[rows]}))


@pytest.fixture(scope="module")
def model():
    set_seed(0)
    module = CONFIG.build((1, 6, 6))
    with torch.no_grad():
        module.encoder.mean.weight.mul_(5)  # codes far enough apart to be told from noise
    return TrainedVae(module, DESCRIPTION, torch.device("cpu"))


@pytest.mark.parametrize("batch_size", [1, 4, 23, 500])
def test_codes_do_not_depend_on_the_batch_size(model, batch_size):
    np.testing.assert_allclose(model.embed(make_dataset(), batch_size), model.embed(make_dataset(), 7), atol=1e-6)


def test_codes_do_not_depend_on_the_order(model):
    order = np.random.default_rng(0).permutation(23)
    np.testing.assert_allclose(model.embed(VALUES[order]), model.embed(VALUES)[order], atol=1e-6)
    np.testing.assert_allclose(model.embed(make_dataset(order)), model.embed(make_dataset())[order], atol=1e-6)


def test_an_array_and_a_dataset_give_the_same_codes(model):
    assert np.array_equal(model.embed(VALUES), model.embed(make_dataset()))


def test_a_code_is_the_posterior_s_mean_and_no_draw(model):
    codes = model.embed(VALUES)
    with torch.inference_mode():
        posterior = model.module.encode(torch.from_numpy(VALUES))
    assert codes.dtype == np.float32
    assert np.array_equal(codes, posterior.mean_BL.numpy())
    assert np.array_equal(model.embed(VALUES), codes)
    mean, log_variance = model.encode(VALUES)
    assert np.array_equal(mean, codes)
    assert np.array_equal(log_variance, posterior.log_variance_BL.numpy())


def test_no_examples_have_no_codes(model):
    assert model.embed(VALUES[:0]).shape == (0, 3)


def test_using_a_model_leaves_gradients_as_they_were(model):
    model.embed(VALUES)
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("inside", ["", "model"])
def test_a_model_is_found_in_its_folder_and_in_its_run(tmp_path, model, inside):
    write_model(tmp_path / "model", model.module, DESCRIPTION)
    again = load_model(tmp_path / inside, device="cpu")
    assert np.array_equal(again.embed(VALUES), model.embed(VALUES))
    assert again.description == DESCRIPTION


def test_a_folder_without_a_model_is_one_sentence(tmp_path):
    with pytest.raises(SubsongError, match="not a model folder"):
        load_model(tmp_path)


@pytest.mark.parametrize("device", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_one_sentence(tmp_path, model, device):
    write_model(tmp_path / "model", model.module, DESCRIPTION)
    with pytest.raises(SubsongError, match=f"no device '{device}'"):
        load_model(tmp_path, device=device)


@pytest.mark.parametrize("shape", [(2, 1, 5, 6), (2, 36), (6,)])
def test_another_shape_is_one_sentence(model, shape):
    with pytest.raises(SubsongError, match=r"have shape .*, the model was trained on \(1, 6, 6\)"):
        model.embed(np.zeros(shape, np.float32))


def test_a_dataset_of_another_shape_is_one_sentence(model):
    other = PictureDataset(make_pictures(3, size=8).images, pl.DataFrame({"row": range(3)}))
    with pytest.raises(SubsongError, match=r"shape \(1, 8, 8\)"):
        model.embed(other)


@pytest.mark.parametrize("values", [VALUES - 0.1, VALUES * 1.1 + 0.1, IMAGES, np.full_like(VALUES, np.nan)])
def test_another_range_is_one_sentence(model, values):
    with pytest.raises(SubsongError, match="trained on values in"):
        model.embed(values)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 2, 3)])
def test_codes_of_another_shape_are_one_sentence(model, shape):
    with pytest.raises(SubsongError, match=r"expected \(number, 3\)"):
        model.decode(np.zeros(shape))


def test_a_reconstruction_is_the_decoded_code(model):
    assert np.array_equal(model.reconstruct(VALUES), model.decode(model.embed(VALUES)))


def test_samples_are_a_function_of_their_seed(model):
    samples = model.sample(5, seed=3)
    assert samples.shape == (5, 1, 6, 6)
    assert ((samples > 0) & (samples < 1)).all()
    assert np.array_equal(model.sample(5, seed=3), samples)
    assert not np.array_equal(model.sample(5, seed=4), samples)


def test_the_ends_of_an_interpolation_are_the_reconstructions(model):
    way = model.interpolate(VALUES[:4], VALUES[4:8], 7)
    assert way.shape == (4, 7, 1, 6, 6)
    np.testing.assert_allclose(way[:, 0], model.reconstruct(VALUES[:4]), atol=1e-6)
    np.testing.assert_allclose(way[:, -1], model.reconstruct(VALUES[4:8]), atol=1e-6)


def test_an_interpolation_between_equals_stands_still(model):
    way = model.interpolate(VALUES[:2], VALUES[:2], 3)
    assert np.isfinite(way).all()
    np.testing.assert_allclose(way[:, 1], way[:, 0], atol=1e-5)


def test_an_interpolation_needs_as_many_ends_as_starts(model):
    with pytest.raises(SubsongError, match="between 4 and 1 examples"):
        model.interpolate(VALUES[:4], VALUES[:1])


def test_a_walk_moves_along_single_dimensions(model):
    values = np.linspace(-2, 2, 5)
    walk = model.walk([0, 2], values)
    assert walk.shape == (2, 5, 1, 6, 6)
    np.testing.assert_allclose(walk[0, 2], model.decode(np.zeros((1, 3)))[0], atol=1e-6)
    np.testing.assert_allclose(walk[1, 4], model.decode(np.array([[0.0, 0.0, 2.0]]))[0], atol=1e-6)


def test_a_walk_may_start_elsewhere(model):
    walk = model.walk([1], np.array([0.5]), centre_L=np.array([1.0, 9.0, -1.0]))
    np.testing.assert_allclose(walk[0, 0], model.decode(np.array([[1.0, 0.5, -1.0]]))[0], atol=1e-6)


@pytest.mark.parametrize("dimension", [-1, 3])
def test_a_walk_along_no_dimension_is_one_sentence(model, dimension):
    with pytest.raises(SubsongError, match=f"no latent dimension {dimension}: the model has 0 to 2"):
        model.walk([0, dimension], np.zeros(2))


@pytest.mark.parametrize("batch_size", [3, 500])
def test_the_importance_bound_does_not_depend_on_the_batch_size(model, batch_size):
    bound = model.score_importance(make_dataset(), 5, seed=1, batch_size=batch_size)
    np.testing.assert_allclose(bound, model.score_importance(VALUES, 5, seed=1, batch_size=4), rtol=1e-5)


def test_the_importance_bound_rises_with_draws(model):
    bounds = [model.score_importance(VALUES, num).mean() for num in (1, 10, 200)]
    assert bounds == sorted(bounds)


def test_the_importance_bound_of_a_linear_model_comes_close_to_its_likelihood():
    """The decoder x = W z + b with noise of precision 4 has p(x) = N(b, W W' + I / 4)."""
    set_seed(1)
    config = VaeConfig(latent_dim=2, network=MlpConfig(hidden=()), likelihood=GaussianConfig(precision=4.0))
    module = config.build((3,))
    layer = module.decoder.parameters_out
    covariance = layer.weight @ layer.weight.T + torch.eye(3) / 4
    x = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    exact = torch.distributions.MultivariateNormal(layer.bias, covariance).log_prob(torch.from_numpy(x))
    description = ModelDescription("custom", config.model_dump(mode="json"), {"item_shape": [3], "value_range": None})
    bound = TrainedVae(module, description, torch.device("cpu")).score_importance(x, 5000)
    assert bound == pytest.approx(exact.detach().numpy(), abs=0.1)
