"""``custom``: your own module, loss terms and data, named by file, on the engine of all other families."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator
from torch import Tensor, nn

from subsong.core.config import ImportedPart
from subsong.core.errors import SubsongError
from subsong.datasets.adapters import NoRows, adapt_data
from subsong.datasets.types import Splits
from subsong.models.build import build_model
from subsong.models.portable import ModelDescription
from subsong.recipes.base import Recipe, RunConfig

_EXAMPLE = "subsong.recipes.custom_example:"
_PARTS = ("train", "validation", "test")


class CustomConfig(RunConfig):
    """A run of ``custom``."""

    recipe: Literal["custom"] = Field("custom", description="Which family this is.")
    data: ImportedPart = Field(description="A function that returns the training, validation and test examples.")
    model: ImportedPart = Field(description="A torch.nn.Module class, built with its arguments.")

    @model_validator(mode="before")
    @classmethod
    def _leave_out_example(cls, values: Any) -> Any:
        """Drop the preset's own terms as soon as there is another: they fit no model but the preset's."""
        losses = values.get("losses") if isinstance(values, Mapping) else None
        if not isinstance(losses, Mapping):
            return values
        own = {name: term for name, term in losses.items() if not _is_example(term)}
        return {**values, "losses": own or losses}


def _is_example(term: Any) -> bool:
    return isinstance(term, Mapping) and str(term.get("target", "")).startswith(_EXAMPLE)


class Custom(Recipe):
    """Whatever a user brings."""

    name = "custom"
    summary = "your own module, loss terms and data, named by file"
    config_class = CustomConfig

    def build_data(self, config: CustomConfig) -> Splits:
        """Call the user's function and make splits of what it returns."""
        return build_splits(config.data.load()(**config.data.arguments), config.data.target)

    def build_model(self, config: CustomConfig, data: Splits) -> nn.Module:
        """Build the user's module."""
        return build_model(config.model, ())

    def describe_model(self, config: CustomConfig, data: Splits) -> ModelDescription:
        """Return the shape of one input, where it is a tensor."""
        first = data.train.fetch(np.arange(1))[1]
        shape = list(first.shape[1:]) if isinstance(first, Tensor) else []
        preprocessing = {"kind": "custom", "item_shape": shape, "value_range": self.value_range(data)}
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing)


def build_splits(parts: Any, target: str) -> Splits:
    """Return what a user's function returned as splits.

    Parameters
    ----------
    parts
        ``Splits``; a tuple (train, validation) or (train, validation, test); or a dict with these names. Each part is
        anything `adapt_data` understands, validation and test also None.
    target
        The function, for the error.

    Raises
    ------
    SubsongError
        When it returned something else.
    """
    if isinstance(parts, Splits):
        return parts
    named = dict(zip(_PARTS, parts, strict=False)) if isinstance(parts, tuple | list) and len(parts) <= 3 else parts
    if not isinstance(named, dict) or not {"train"} <= named.keys() <= set(_PARTS):
        raise SubsongError(
            f"data.target {target} returned a {type(parts).__name__}: expected (train, validation), "
            "(train, validation, test), or a dict with these names"
        )
    adapted = {name: adapt_data(part).dataset for name, part in named.items() if part is not None}
    return Splits(adapted["train"], adapted.get("validation", NoRows()), adapted.get("test"))


RECIPE = Custom()
