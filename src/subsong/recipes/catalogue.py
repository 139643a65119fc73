"""Which recipes there are, and their presets: found by the files in this folder and in ``variants/``."""

from __future__ import annotations

import importlib
from importlib import resources
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.raw_config import RawConfig
from subsong.core.yaml_files import load_yaml

if TYPE_CHECKING:
    from subsong.recipes.base import Recipe

_FOLDER = resources.files("subsong.recipes")


def list_recipes() -> list[str]:
    """Return the names of all recipes; imports none of them."""
    return sorted(entry.name.removesuffix(".yaml") for entry in _FOLDER.iterdir() if entry.name.endswith(".yaml"))


def list_presets() -> list[str]:
    """Return the names of all presets: each recipe's own, and variants of it, such as ``pose-vunet/port``."""
    folder = _FOLDER / "variants"
    variants = [
        f"{recipe.name}/{entry.name.removesuffix('.yaml')}"
        for recipe in folder.iterdir()
        for entry in recipe.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return sorted([*list_recipes(), *variants])


def load_recipe(name: str) -> Recipe:
    """Return the recipe called `name`.

    Raises
    ------
    SubsongError
        When there is none; names the nearest.
    """
    if name not in list_recipes():
        raise SubsongError(f"no recipe is called {name!r}; {did_you_mean(name, list_recipes())}")
    recipe: Recipe = importlib.import_module(f"subsong.recipes.{name.replace('-', '_')}").RECIPE
    return recipe


def load_preset(name: str) -> RawConfig:
    """Return the packaged preset called `name`, not yet checked; a variant's says only what differs."""
    with resources.as_file(_find_preset(name)) as path:
        return load_yaml(path, label=f"preset {name}")


def read_preset_text(name: str) -> str:
    """Return the preset called `name` as it is written, every key with its comment."""
    return _find_preset(name).read_text(encoding="utf-8")


def _find_preset(name: str) -> Traversable:
    return _FOLDER / "variants" / f"{name}.yaml" if "/" in name else _FOLDER / f"{name}.yaml"
