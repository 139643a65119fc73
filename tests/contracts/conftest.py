"""Every registered recipe runs through the same promises; a new one is tested by being there."""

from __future__ import annotations

from typing import Any

import pytest

from subsong.recipes.catalogue import list_recipes, load_recipe

SHORT = {
    "training.num_epochs": 3,
    "training.batch_size": 64,
    "training.figure_epochs": None,
    "training.checkpoint.every_steps": 5,
    "training.device": "cpu",
}


# One worker takes all tests of a recipe (see `TogetherWhatShares`): its data and its whole run are made there once.
@pytest.fixture(params=list_recipes())
def recipe_name(request: pytest.FixtureRequest) -> str:
    """Return the name of each recipe in turn."""
    return request.param


@pytest.fixture(scope="session")
def tiny() -> dict[str, dict[str, Any]]:
    """Return the settings of each recipe that were asked for so far: their data are made once."""
    return {}


@pytest.fixture
def overrides(
    recipe_name: str, tiny: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Return settings for a short run of the recipe."""
    if recipe_name not in tiny:
        tiny[recipe_name] = load_recipe(recipe_name).tiny_overrides(tmp_path_factory.mktemp(recipe_name))
    return {**SHORT, **tiny[recipe_name]}
