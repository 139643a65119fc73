"""Fine-tuning: a run that begins with the weights of a trained model of its recipe.

The model's network takes the place of the preset's, so that its weights fit; what the user writes still comes on top.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, NamedTuple

from torch import nn

from subsong.core.errors import SubsongError
from subsong.core.files import hash_file
from subsong.core.raw_config import RawConfig, merge_configs
from subsong.datasets.types import Splits
from subsong.models.portable import ModelDescription, find_model_folder, read_weights
from subsong.models.transfer import Weights, take_weights
from subsong.recipes.base import Recipe

log = logging.getLogger(__name__)

_OWN_CLASS = "import"


class StartModel(NamedTuple):
    """A trained model to start from.

    Attributes
    ----------
    folder
        The model folder.
    weights
        Its tensors by name, on the CPU.
    description
        What the folder says of it.
    """

    folder: Path
    weights: Weights
    description: ModelDescription


class Start(NamedTuple):
    """What a run began with, for its environment.

    Attributes
    ----------
    model
        The model folder.
    sha256
        Of its weights.
    num_taken
        Parameters and buffers that were taken over, wholly or in part.
    fresh
        What began anew, from the seed.
    """

    model: str
    sha256: str
    num_taken: int
    fresh: tuple[str, ...]


def read_start(path: str | Path, recipe: Recipe) -> StartModel:
    """Read the model a run is to start from: a model folder, or the run it lies in.

    Raises
    ------
    SubsongError
        When there is none, or it is of another recipe.
    """
    folder = find_model_folder(path)
    weights, description = read_weights(folder)
    if description.recipe != recipe.name:
        raise SubsongError(
            f"{path} is a model of {description.recipe}, and {recipe.name} is to be trained: start from a model of the "
            "same recipe"
        )
    return StartModel(folder, weights, description)


def take_architecture(preset: RawConfig, start: StartModel) -> RawConfig:
    """Return a preset with the network of the model to start from; a user's own class is never taken from there."""
    model = start.description.model
    if not model or model.get("kind") == _OWN_CLASS:
        return preset
    values = {key: value for key, value in preset.values.items() if key != "model"}
    origins = {path: where for path, where in preset.origins.items() if path[:1] != ("model",)}
    label = str(start.folder / "config.json")
    return merge_configs([RawConfig(values, origins), RawConfig.from_mapping({"model": model}, label)])


def start_weights(module: nn.Module, recipe: Recipe, config: Any, data: Splits) -> Start:
    """Give an untrained model the weights of the one its run starts from, where they fit.

    Raises
    ------
    SubsongError
        When the two are shown different inputs, or have no weight in common.
    """
    start = read_start(config.start_from, recipe)
    ours = recipe.describe_model(config, data)
    aligned = recipe.align_weights(start.weights, module, start.description, ours)
    taken = take_weights(module, aligned.weights)
    if not taken.num_taken:
        raise SubsongError(
            f"{config.start_from} has no weight that fits the network of this run: leave out the settings of 'model', "
            "which are then the trained model's"
        )
    fresh = (*aligned.fresh, *taken.fresh)
    log.info(
        "starts from %s: %d of %d weights; new: %s",
        start.folder,
        taken.num_taken,
        len(module.state_dict()),
        ", ".join(fresh) or "none",
    )
    return Start(str(start.folder), hash_file(start.folder / "model.safetensors"), taken.num_taken, fresh)
