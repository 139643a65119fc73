"""Which recipes there are, and their presets: found by the files in this folder."""

from __future__ import annotations

import importlib
from importlib import resources
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
    """Return the packaged preset of the recipe `name`, not yet checked."""
    with resources.as_file(_FOLDER / f"{name}.yaml") as path:
        return load_yaml(path, label=f"preset {name}")


def read_preset_text(name: str) -> str:
    """Return the preset of the recipe `name` as it is written, every key with its comment."""
    return (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
