"""VUNet's own parts by import path, on our network, losses and data: what a configuration names instead of ``VUNet.*``.

::

    iterator: subsong.interop.edflow.vunet:Iterator
    model: subsong.interop.edflow.vunet:VUNet
    datasets:
      train: subsong.interop.edflow.vunet:PosedPictures
      validation: subsong.interop.edflow.vunet:HeldOutPictures

Legend: B = examples, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from pydantic import Field
from torch import Tensor, nn

from subsong.core.config import ConfigBase
from subsong.core.config_files import validate_config
from subsong.core.devices import get_device
from subsong.core.noise import ItemNoise, Noise
from subsong.datasets.poses.batch import PoseBatch, PoseInput
from subsong.interop.edflow.datasets import INDEX, to_array
from subsong.interop.edflow.iterator import TemplateIterator
from subsong.interop.edflow.posed_pictures import HeldOutPictures as HeldOutPictures
from subsong.interop.edflow.posed_pictures import PosedPictures as PosedPictures
from subsong.interop.edflow.posed_pictures import read_spatial_size
from subsong.interop.edflow.retrieve import retrieve
from subsong.interop.edflow.updates import GlobalNoise
from subsong.models.vunet.config import VunetConfig
from subsong.models.vunet.output import ConditionalPosterior
from subsong.objectives.objective import Objective, build_objective
from subsong.objectives.terms import LossConfig

_ENDLESS = 10**12
"""Steps of a run whose length edflow's losses do not ask for: their ramps count steps from its beginning."""


class VUNet(nn.Module):
    """Our network with the sizes, the call and the side effect of VUNet's.

    Parameters
    ----------
    config
        Its ``model_pars``: ``spatial_size`` (a number, or height and width), ``nf_start``, ``nf_max``, ``final_act``
        (true: plain convolutions and tanh; false: weight-normalised ones and a linear output), ``dropout_prob``,
        ``img_channels``, ``pose_channels``.

    Attributes
    ----------
    saved_tensors
        ``q_means`` and ``p_means`` of the last call, coarsest scale first.
    """

    def __init__(self, config: Any) -> None:
        super().__init__()
        height, width = read_spatial_size(config)
        num_channels = int(retrieve(config, "model_pars/img_channels", default=3))
        num_pose_channels = int(retrieve(config, "model_pars/pose_channels", default=3))
        inputs = {"stickman": (num_pose_channels, height, width), "appearance": (num_channels, height, width)}
        self.network = read_network_config(config).build((num_channels, height, width), inputs)
        self.saved_tensors: dict[str, list[Tensor]] = {}

    def forward(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Return the pictures of ``appearance`` in ``pose``, (B, C, H, W); drawn in training, else decoded from means.

        The draws are of torch's global generator, which the engine seeds for each step.
        """
        output = self.network(_as_batch(inputs), GlobalNoise() if self.training else None)
        posterior = output.posterior
        self.saved_tensors = {"q_means": list(posterior.q_means), "p_means": list(posterior.p_means)}
        picture: Tensor = output.likelihood.mean
        return picture

    def sample(self, pose_BCHW: Tensor, noise: Noise | None) -> Tensor:
        """Return pictures of appearances drawn from the prior of each pose."""
        codes = self.network.draw_prior(pose_BCHW, noise)
        picture: Tensor = self.network.decode(pose_BCHW, codes).mean
        return picture


def _as_batch(inputs: Mapping[str, Tensor]) -> PoseBatch:
    pose = inputs["pose"]
    rows = torch.arange(len(pose), device=pose.device)
    return PoseBatch(rows, PoseInput(stickman=pose, appearance=inputs["appearance"]), inputs.get("target", pose))


def read_network_config(config: Any) -> VunetConfig:
    """Return the sizes that ``model_pars`` asks for.

    Raises
    ------
    SubsongError
        When one of them makes no network.
    """
    channels = (
        int(retrieve(config, "model_pars/nf_start", default=64)),
        int(retrieve(config, "model_pars/nf_max", default=128)),
    )
    is_tanh = bool(retrieve(config, "model_pars/final_act", default=False))
    values = {
        "pose_channels": channels,
        "appearance_channels": channels,
        "patch_size": 1,
        "coarsest_size": 1,
        "num_blocks": 2,
        "convolution": "plain" if is_tanh else "weight_norm",
        "output": "tanh" if is_tanh else "linear",
        "output_kernel": 1,
        "normalise": False,
        "modulation": False,
        "dropout": float(retrieve(config, "model_pars/dropout_prob", default=0.0)),
    }
    return validate_config(VunetConfig, values)


class _Losses(ConfigBase):
    losses: dict[str, LossConfig] = Field(description="The terms of the loss, by name.")


def build_losses(losses: Mapping[str, Any]) -> Objective:
    """Build the objective of VUNet's ``losses``: every name is one of the engine's terms, unless it says its ``kind``.

    Raises
    ------
    SubsongError
        When a name or a setting is unknown.
    """
    values = {name: {"kind": name, **(settings or {})} for name, settings in losses.items()}
    return build_objective(validate_config(_Losses, {"losses": values}).losses, _ENDLESS)


class _Picture(NamedTuple):
    """Of a likelihood, what the terms of a loss read."""

    mean: Tensor


class _Predicted(NamedTuple):
    """Of an output, what the terms of a loss read."""

    likelihood: _Picture
    posterior: ConditionalPosterior


class Iterator(TemplateIterator):
    """The training page's iterator: losses from the configuration, pictures and numbers logged, outputs stored.

    Parameters
    ----------
    args, kwargs
        As `TemplateIterator` takes them.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.device = get_device()
        self.model.to(self.device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=float(retrieve(self.config, "lr")))
        self.objective = build_losses(retrieve(self.config, "losses"))

    def step_op(  # type: ignore[override]  # every script names what its examples hold
        self, model: Any, stickman: np.ndarray, appearance: np.ndarray, target: np.ndarray, **kwargs: Any
    ) -> dict[str, Callable[[], Any]]:
        """Compute a batch of pictures of values from -1 to 1, (B, H, W, C) each."""
        arrays = {"pose": stickman, "appearance": appearance, "target": target}
        inputs = {name: self.to_tensor(array) for name, array in arrays.items()}
        predictions = {"image": model(inputs), **model.saved_tensors}
        losses = self.criterion(inputs, predictions)
        loss = losses["batch"]["total"]

        def train_op() -> None:
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()

        def log_op() -> dict[str, Any]:
            self.add_graph(inputs)
            return self.prepare_logs(inputs, predictions, losses, model, "batch")

        def eval_op() -> dict[str, Any]:
            predictions["sample"] = model.sample(inputs["pose"], ItemNoise(0, kwargs[INDEX], "sample"))
            logs = self.prepare_logs(inputs, predictions, losses, model, "instances")
            return {**logs["images"], "labels": logs["scalars"]}

        return {"train_op": train_op, "log_op": log_op, "eval_op": eval_op}

    def to_tensor(self, pictures_BHWC: np.ndarray) -> Tensor:
        """Return pictures as float32, (B, C, H, W), on the model's device."""
        return torch.from_numpy(pictures_BHWC).float().permute(0, 3, 1, 2).contiguous().to(self.device)

    def criterion(self, inputs: Mapping[str, Tensor], predictions: Mapping[str, Any]) -> dict[str, dict[str, Tensor]]:
        """Return the losses of each example (``instances``) and their means (``batch``), ``total`` among them."""
        posterior = ConditionalPosterior(tuple(predictions["q_means"]), tuple(predictions["p_means"]))
        output = _Predicted(_Picture(predictions["image"]), posterior)
        table = self.objective(output, _as_batch(inputs), self.get_global_step())
        instances = {**table.terms, "total": table.total_B}
        return {"instances": instances, "batch": {name: value.mean() for name, value in instances.items()}}

    def prepare_logs(
        self,
        inputs: Mapping[str, Tensor],
        predictions: Mapping[str, Any],
        losses: Mapping[str, Mapping[str, Tensor]],
        model: Any,
        granularity: str,
    ) -> dict[str, dict[str, np.ndarray]]:
        """Return pictures, (B, H, W, C) from -1 to 1, and losses, per batch or per example."""
        pictures = {**inputs, "images_prediction": predictions["image"]}
        if "sample" in predictions:
            pictures["images_sample"] = predictions["sample"]
        images = {name: to_array(value.permute(0, 2, 3, 1)) for name, value in pictures.items()}
        return {"images": images, "scalars": {name: to_array(value) for name, value in losses[granularity].items()}}

    def add_graph(self, inputs: Mapping[str, Tensor]) -> None:
        """Draw the model for TensorBoard, at the first log of a run that writes for it."""
        if hasattr(self, "tensorboard_writer") and self.get_global_step() == 0 and self.get_split() == "train":
            self.tensorboard_writer.add_graph(self.model, dict(inputs))
            self.logger.info("added the model's graph to TensorBoard")
