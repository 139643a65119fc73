"""A model from its configuration: one of ours, or a user's own by import path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import Field
from torch import nn

from subsong.core.config import ImportedPart
from subsong.core.errors import SubsongError
from subsong.models.checklist_vae import ChecklistVaeConfig
from subsong.models.das_tcn import DasTcnConfig
from subsong.models.segmenter import SegmenterConfig
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.models.vae import VaeConfig
from subsong.models.vunet.config import VunetConfig
from subsong.sources.song_class import SongClass

OwnModelConfig = VaeConfig | ChecklistVaeConfig | SyllableVaeConfig | SegmenterConfig | DasTcnConfig | VunetConfig
ModelConfig = Annotated[OwnModelConfig | ImportedPart, Field(discriminator="kind")]


def build_model(
    config: OwnModelConfig | ImportedPart,
    item_shape: Sequence[int],
    classes: Sequence[SongClass] = (),
    inputs: Mapping[str, Sequence[int]] | None = None,
) -> nn.Module:
    """Build an untrained model; its weights are drawn from torch's global generator.

    Parameters
    ----------
    config
        Of one of our models, which fit themselves to `item_shape`; or a user's own ``torch.nn.Module``, which is called
        with its arguments and nothing else.
    item_shape
        Shape of one example.
    classes
        What a segmenter tells apart.
    inputs
        Shape of each of the inputs of a model that has several, by name.

    Raises
    ------
    SubsongError
        When the user's target is no module.
    """
    if isinstance(config, SegmenterConfig | DasTcnConfig):
        return config.build(item_shape[0], classes)
    if isinstance(config, VunetConfig):
        return config.build(item_shape, inputs or {})
    if not isinstance(config, ImportedPart):
        return config.build(item_shape)
    module = config.load()(**config.arguments)
    if not isinstance(module, nn.Module):
        raise SubsongError(f"model.target {config.target} made a {type(module).__name__}, expected a torch.nn.Module")
    return module
