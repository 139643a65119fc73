"""Scoring a trained VAE: the store, the numbers and their baselines; and the file of results."""

from __future__ import annotations

import json
import math

import numpy as np
import polars as pl
import pytest
import torch

from subsong import set_seed
from subsong.core.errors import SubsongError
from subsong.datasets.pictures import PictureDataset
from subsong.evaluation.store import load_evaluation
from subsong.inference.evaluate_pictures import evaluate_pictures
from subsong.inference.model import TrainedVae
from subsong.inference.results import RESULTS_NAME, Metric, Results, read_results, write_results
from subsong.inference.scoring import EvaluationOptions
from subsong.models.mlp import MlpConfig
from subsong.models.portable import ModelDescription
from subsong.models.vae import VaeConfig
from subsong.synthesis.pictures import make_pictures

IMAGES = make_pictures(40, size=12).images
CONFIG = VaeConfig(latent_dim=2, network=MlpConfig(hidden=(12,)))
DESCRIPTION = ModelDescription(
    "digits-vae", CONFIG.model_dump(mode="json"), {"item_shape": [1, 12, 12], "value_range": [0.0, 1.0]}
)
OPTIONS = EvaluationOptions("test", batch_size=7, num_importance_samples=20)


def make_dataset(rows):
    labels = [str(row % 3) for row in range(40)]
    return PictureDataset(IMAGES[rows], pl.DataFrame({"row": range(40), "label": labels})[rows])


TRAIN, TEST = make_dataset(slice(0, 25)), make_dataset(slice(25, 40))


@pytest.fixture(scope="module")
def model():
    set_seed(0)
    return TrainedVae(CONFIG.build((1, 12, 12)), DESCRIPTION, torch.device("cpu"))


@pytest.fixture(scope="module")
def scored(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("scored") / "final"
    return evaluate_pictures(model, TEST, folder, OPTIONS, TRAIN), folder


def cross_entropy(target, probability):
    target, probability = (array.reshape(len(array), -1).astype(np.float64) for array in (target, probability))
    return -(target * np.log(probability) + (1 - target) * np.log1p(-probability)).sum(axis=1)


def test_the_stored_losses_follow_from_the_stored_outputs(scored):
    """Anyone can score a stored evaluation again, without the model."""
    evaluation = load_evaluation(scored[1])
    again = cross_entropy(evaluation.output("target"), evaluation.output("reconstruction"))
    assert evaluation.losses["reconstruction"].to_numpy() == pytest.approx(again, rel=1e-5)
    mean, log_variance = evaluation.output("latent_mean"), evaluation.output("latent_log_variance")
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum(axis=1)
    assert evaluation.losses["kl"].to_numpy() == pytest.approx(kl, rel=1e-4, abs=1e-6)
    total = evaluation.losses["reconstruction"] + evaluation.losses["kl"]
    assert evaluation.losses["loss"].to_numpy() == pytest.approx(total.to_numpy(), rel=1e-6)


def test_numbers_are_means_of_the_stored_losses(scored):
    results, folder = scored
    evaluation = load_evaluation(folder)
    assert results.metrics["negative_elbo"].value == pytest.approx(evaluation.losses["loss"].mean())
    assert results.metrics["importance_weighted"].value == pytest.approx(-evaluation.losses["importance_bound"].mean())
    assert results.metrics["importance_weighted"].value < results.metrics["negative_elbo"].value
    assert evaluation.metrics == results.values()


def test_rows_and_pictures_are_those_of_the_dataset(scored):
    evaluation = load_evaluation(scored[1])
    assert evaluation.losses["item_row"].to_list() == list(range(25, 40))
    assert np.array_equal(evaluation.output("target"), TEST.fetch(np.arange(15)).target.numpy())


def test_numbers_stand_beside_baselines(scored):
    metrics = scored[0].metrics
    for name in ("l1", "psnr", "ssim", "cross_entropy"):
        assert set(metrics[name].baselines) == {"mean picture", "PCA 2"}
    assert metrics["neighbour_accuracy"].baselines == {"most frequent label": pytest.approx(1 / 3)}
    better = metrics["psnr"].baselines
    assert better["PCA 2"] > better["mean picture"]


@pytest.mark.parametrize("batch_size", [1, 500])
def test_no_number_depends_on_the_batch_size(model, scored, tmp_path, batch_size):
    results = evaluate_pictures(model, TEST, tmp_path / "final", OPTIONS._replace(batch_size=batch_size), TRAIN)
    assert results.values() == pytest.approx(scored[0].values(), rel=1e-5)


def test_without_training_data_and_draws_there_are_fewer_numbers(model, tmp_path):
    options = OPTIONS._replace(num_importance_samples=0)
    results = evaluate_pictures(model, TEST, tmp_path / "final", options)
    assert "importance_weighted" not in results.metrics
    assert "neighbour_accuracy" not in results.metrics
    assert results.metrics["psnr"].baselines == {}


def test_an_empty_split_is_one_sentence(model, tmp_path):
    with pytest.raises(SubsongError, match="the test split is empty"):
        evaluate_pictures(model, make_dataset(slice(0, 0)), tmp_path / "final", OPTIONS)
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing_half_written(model, tmp_path):
    other = PictureDataset(make_pictures(3, size=8).images, pl.DataFrame({"row": range(3)}))
    with pytest.raises((SubsongError, RuntimeError)):
        evaluate_pictures(model, other, tmp_path / "final", OPTIONS)
    assert not list(tmp_path.iterdir())


def test_results_come_back_from_their_file(scored):
    results, folder = scored
    assert read_results(folder / RESULTS_NAME) == results


def test_what_is_not_finite_is_null_in_the_file_and_nan_again(tmp_path):
    metric = Metric(math.inf, "dB", "note", {"mean picture": math.nan, "PCA": 2.0})
    write_results(tmp_path / RESULTS_NAME, Results("test", 3, {"psnr": metric}, [0.5], [True]))
    content = json.loads((tmp_path / RESULTS_NAME).read_text(), parse_constant=pytest.fail)
    assert content["metrics"]["psnr"]["value"] is None
    again = read_results(tmp_path / RESULTS_NAME).metrics["psnr"]
    assert math.isnan(again.value)
    assert math.isnan(again.baselines["mean picture"])
    assert again.baselines["PCA"] == 2.0


@pytest.mark.parametrize("content", ["{}", "[]", '{"format": "subsong-results", "version": 2}', "garbage"])
def test_another_file_is_one_sentence(tmp_path, content):
    (tmp_path / RESULTS_NAME).write_text(content)
    with pytest.raises(SubsongError, match=RESULTS_NAME):
        read_results(tmp_path / RESULTS_NAME)
