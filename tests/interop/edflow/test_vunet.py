"""VUNet's own iterator, model and data by import path, on made-up figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.interop.edflow import load_outputs
from subsong.interop.edflow.posed_pictures import HeldOutPictures, PosedPictures
from subsong.interop.edflow.run import Command, run_edflow
from subsong.interop.edflow.vunet import VUNet, build_losses

CONFIG = """
iterator: subsong.interop.edflow.vunet:Iterator
model: subsong.interop.edflow.vunet:VUNet
datasets:
  train: subsong.interop.edflow.vunet:PosedPictures
  validation: subsong.interop.edflow.vunet:HeldOutPictures
batch_size: 4
num_steps: 2
lr: 1e-3
model_pars: {final_act: true, nf_start: 4, nf_max: 8, spatial_size: 8, dropout_prob: 0.0}
losses:
  color_L1: {weight: 0.5}
  color_L2: {weight: 0}
  color_gradient: {weight: 0.1}
  KL: {start_ramp_it: 0, start_ramp_val: 0, end_ramp_it: 2, end_ramp_val: 1}
  perceptual: {weight: 1, vgg_feat_weights: [1, 1, 1, 1, 1, 1]}
data: {figures: {num_figures: 6, num_poses: 4}, validation: 0.2, known: 0, test: 0}
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vunet")
    (folder / "base.yaml").write_text(CONFIG)
    return run_edflow(Command([folder / "base.yaml"], is_training=True, root=folder / "logs"))


def test_losses_of_the_configuration_are_logged_and_stored_per_example(trained: Path) -> None:
    lines = (trained / "train" / "metrics.jsonl").read_text().splitlines()
    first, epoch = json.loads(lines[0]), json.loads(lines[-1])
    names = {"color_L1", "color_gradient", "perceptual", "KL", "total"}
    assert first["train"].keys() == names
    outputs = load_outputs(next(trained.glob("eval/*/2/model_outputs")))
    assert epoch["validation"].keys() == names <= outputs.labels.keys()


def test_pictures_and_a_draw_of_the_prior_are_stored(trained: Path) -> None:
    outputs = load_outputs(next(trained.glob("eval/*/2/model_outputs")))
    for name in ("pose", "appearance", "target", "images_prediction", "images_sample"):
        assert outputs[0][name].shape == (8, 8, 3)


def test_an_evaluation_equals_the_one_in_training_for_any_batch_size(trained: Path) -> None:
    run_edflow(Command(project=trained, overrides=["--test_batch_size", "2"]))
    first, second = (load_outputs(folder) for folder in sorted(trained.glob("eval/*/2/model_outputs")))
    for name in ("images_prediction", "images_sample"):
        assert first[3][name] == pytest.approx(second[3][name], abs=1e-5)


def test_no_key_of_the_page_goes_unread(trained: Path) -> None:
    assert "nothing has read" not in (trained / "train" / "log.txt").read_text()


def test_the_model_is_called_as_the_page_calls_it() -> None:
    model = VUNet({"model_pars": {"spatial_size": [8, 16], "nf_start": 4, "nf_max": 8}})
    picture = torch.zeros(2, 3, 8, 16)
    assert model({"pose": picture, "appearance": picture}).shape == picture.shape
    assert [mean.shape[1] for mean in model.saved_tensors["q_means"]] == [8, 8]


def test_splits_share_no_identity_but_known_ones() -> None:
    config = {"model_pars": {"spatial_size": 16}, "data": {"figures": {"num_figures": 6, "num_poses": 4}, "known": 0}}
    train, held_out = PosedPictures(config), HeldOutPictures(config)
    assert not set(train.labels["identity"]) & set(held_out.labels["identity"])
    assert train[0]["target"].shape == (16, 16, 3)


def test_an_unknown_loss_is_one_clear_sentence() -> None:
    with pytest.raises(SubsongError, match="colour_L1"):
        build_losses({"colour_L1": {"weight": 1}})
