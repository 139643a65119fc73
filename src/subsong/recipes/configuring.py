"""From recipes, files and single settings to the checked configuration of a run, and back from its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from subsong.core.config_files import merge_files, validate_config
from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.core.overrides import Overrides
from subsong.core.raw_config import RawConfig, merge_configs
from subsong.core.yaml_files import dump_yaml, load_yaml
from subsong.recipes.base import Recipe, RunConfig
from subsong.recipes.catalogue import list_presets, list_recipes, load_preset, load_recipe
from subsong.recipes.starting import read_start, take_architecture
from subsong.training.run_folder import RunFolder


def resolve_config(
    sources: str | Path | Sequence[str | Path],
    data: str | Path | None = None,
    overrides: Overrides | None = None,
    start_from: str | Path | None = None,
) -> tuple[Recipe, RunConfig]:
    """Return the recipe and the checked configuration of a run.

    Parameters
    ----------
    sources
        Recipe names and YAML files, merged deeply from left to right over the preset of their recipe.
    data
        Sets ``data.path``.
    overrides
        ``["losses.kl.weight=2"]`` or ``{"losses.kl.weight": 2}``.
    start_from
        Sets ``start_from``: a trained model, whose network takes the place of the preset's.

    Raises
    ------
    SubsongError
        For a key or value that is not one; names the file, the line and the nearest key. For a model to start from
        that is none, or is of another recipe.
    """
    names = [sources] if isinstance(sources, str | Path) else list(sources)
    known = list_presets()
    files = [name for name in names if str(name) not in known]
    presets = [str(name) for name in names if str(name) in known]
    _check_files(files)
    named, written = merge_configs([load_preset(name) for name in presets]), merge_configs([*map(load_yaml, files)])
    recipe = load_recipe(_recipe_name(merge_configs([named, written]), names))
    preset = merge_configs([load_preset(recipe.name), named])
    paths = {"data.path": data, "start_from": start_from}
    more = {key: str(Path(path).expanduser().resolve()) for key, path in paths.items() if path is not None}
    raw = merge_files((), more, merge_files((), overrides, merge_configs([preset, written])))
    if raw.values.get("start_from") is None:
        return recipe, validate_config(recipe.config_class, raw)
    start = read_start(raw.values["start_from"], recipe)
    preset = take_architecture(preset, start)
    raw = merge_files((), more, merge_files((), overrides, merge_configs([preset, written])))
    return recipe, recipe.adopt_preprocessing(validate_config(recipe.config_class, raw), start.description)


def _check_files(files: Sequence[str | Path]) -> None:
    for file in files:
        if not Path(file).exists() and Path(file).suffix not in (".yaml", ".yml"):
            load_recipe(str(file))  # names the nearest recipe


def _recipe_name(layers: RawConfig, names: Sequence[str | Path]) -> str:
    name = layers.values.get("recipe")
    if not isinstance(name, str):
        given = ", ".join(str(name) for name in names) or "nothing"
        raise SubsongError(f"no recipe in {given}: name one of {', '.join(list_recipes())}, or a file with 'recipe:'")
    return name


def read_run_config(run: RunFolder) -> tuple[Recipe, Any]:
    """Return the recipe and the configuration a run folder holds."""
    raw = load_yaml(run.config_path)
    recipe = load_recipe(_recipe_name(raw, [run.config_path]))
    return recipe, validate_config(recipe.config_class, raw)


def write_run_config(run: RunFolder, config: RunConfig) -> None:
    """Write the configuration of a run into its folder, whole or not at all."""
    with atomic_file(run.config_path, "w") as file:
        file.write(format_config(config))


def format_config(config: RunConfig) -> str:
    """Return a configuration as YAML, in the order people think of it."""
    values = config.model_dump(mode="json")
    first = [key for key in ("recipe", "seed", "data", "model", "losses") if key in values]
    return dump_yaml({key: values[key] for key in [*first, *values]})
