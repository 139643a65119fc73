"""A trained VUNet from its folder: codes and scores by one call each, as the command line makes it."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from tests.posed_pictures import SIDE, TINY, build_tiny

from subsong.core.errors import SubsongError
from subsong.datasets.poses.config import PoseDataConfig, build_pose_splits
from subsong.inference.load import load_encoder, load_model, load_vae, load_vunet
from subsong.inference.pose_description import describe_poses
from subsong.inference.poses import TrainedVunet
from subsong.models.portable import ModelDescription, write_model
from subsong.recipes.exporting import export_model
from subsong.recipes.use import embed_data, evaluate_data
from subsong.synthesis.figures import FigureOptions, write_figures


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    path = tmp_path_factory.mktemp("figures") / "figures.npz"
    write_figures(path, FigureOptions(num_figures=6, num_poses=4, size=(SIDE, SIDE)), seed=1)
    return path


@pytest.fixture(scope="module")
def folder(figures, tmp_path_factory):
    """Return the folder of an untrained model of these figures."""
    config = PoseDataConfig(path=figures, split_by="picture", on_single="self")
    preprocessing = describe_poses(config, build_pose_splits(config, 0).train)
    path = tmp_path_factory.mktemp("model") / "model"
    description = ModelDescription("pose-vunet", TINY.model_dump(mode="json"), preprocessing)
    write_model(path, build_tiny().module, description)
    return path


def test_a_vunet_is_loaded_from_its_folder(folder):
    model = load_model(folder)
    assert isinstance(model, TrainedVunet)
    assert type(load_vunet(folder)) is type(load_encoder(folder)) is TrainedVunet
    picture = np.zeros((1, 3, SIDE, SIDE), np.float32)
    assert np.array_equal(model.transfer(picture, picture), build_tiny().transfer(picture, picture))


def test_a_vunet_is_no_vae(folder):
    with pytest.raises(SubsongError, match="model of pose-vunet, which takes a pose as well: expected a VAE"):
        load_vae(folder)


def test_codes_of_every_picture_are_written_with_who_is_seen_in_which_pose(folder, figures, tmp_path):
    num_items, latent_dim = embed_data(folder, figures, tmp_path / "codes.parquet")
    table = pl.read_parquet(tmp_path / "codes.parquet")
    assert (num_items, latent_dim) == (24, math.prod(load_vunet(folder).module.latent_shapes[0]) * 5)
    assert {"identity", "pose", "z0", f"z{latent_dim - 1}"} <= set(table.columns)
    assert table.height == 24


def test_codes_of_a_vunet_have_no_covariance_to_write(folder, figures, tmp_path):
    with pytest.raises(SubsongError, match="codes of a VUNet all have variance 1: leave out --covariance"):
        embed_data(folder, figures, tmp_path / "codes.npz", with_covariance=True)


def test_other_pictures_are_scored_without_the_training_pictures(folder, figures, tmp_path):
    results, path = evaluate_data(folder, figures, tmp_path / "scores")
    assert path == tmp_path / "scores"
    assert set(results.metrics["ssim"].baselines) == {"appearance copied"}
    assert results.metrics["identity"].baselines == {"appearance copied": pytest.approx(0, abs=1), "chance": 1 / 6}


def test_a_vunet_is_not_exported(folder, tmp_path):
    with pytest.raises(SubsongError, match="models of poses are not exported"):
        export_model(folder, tmp_path / "onnx")
