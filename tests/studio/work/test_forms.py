"""What can be set, and what is wrong with what was typed."""

from __future__ import annotations

from typing import Any

import pytest

from subsong.core.config_files import validate_config
from subsong.core.errors import SubsongError
from subsong.core.yaml_files import parse_yaml
from subsong.recipes.catalogue import list_presets
from subsong.recipes.configuring import resolve_config
from subsong.studio.work.forms import PREPARED, Problem, check_form, describe_form, explain_problems


def read_form(node: dict[str, Any]) -> Any:
    """Return the value that a node of a form shows, with all its rows and parts."""
    if node["type"] == "list":
        return [read_form(item) for item in node["items"]]
    if node["type"] in ("table", "parts"):
        return {entry["title"]: read_form(entry) for entry in node["children"]}
    if node["type"] == "either":
        option = next(option for option in node["options"] if option["name"] == node["chosen"])
        return parse_yaml(option["name"], "") if option["node"] is None else read_form(option["node"])
    if node["type"] == "group":
        return None if node["is_null"] else read_part(node["children"], node["kind"])
    if node["type"] == "variants":
        return None if node["default"] is None else read_part(node["variants"][node["default"]], node["default"])
    return parse_yaml(node["default"], "")


def read_part(nodes: list[dict[str, Any]], kind: str | None = None) -> dict[str, Any]:
    values = {node["key"]: read_form(node) for node in nodes}
    return values if kind is None else {"kind": kind, **values}


PREPARING = (*(f"prepare-{kind}" for kind in PREPARED), "predict", "project")


def list_leaves(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all settings of a tree that are seen at first."""
    leaves = []
    for node in nodes:
        if node["type"] in ("group", "parts"):
            leaves += [] if node.get("is_null") else list_leaves(node["children"])
        elif node["type"] == "variants":
            leaves += list_leaves(node["variants"].get(node["default"], []))
        else:
            leaves.append(node)
    return leaves


@pytest.mark.parametrize("what", [*list_presets(), *PREPARING])
def test_a_form_is_well_as_it_is_first_shown(what: str) -> None:
    assert list_leaves(describe_form(what)["tree"])
    needed = {"recordings": "songs"} if what == "project" else {}
    assert check_form(what, needed) == []


@pytest.mark.parametrize("what", list_presets())
def test_a_form_holds_the_whole_configuration(what: str) -> None:
    recipe, config = resolve_config(what)
    values = read_part(describe_form(what)["tree"])
    values["data"] = {**({"path": None} if hasattr(config.data, "path") else {}), **values["data"]}
    assert validate_config(recipe.config_class, {"recipe": recipe.name, **values}) == config


@pytest.mark.parametrize("what", list_presets())
def test_what_a_form_shows_at_first_changes_nothing_when_it_is_sent(what: str) -> None:
    leaves = list_leaves(describe_form(what)["tree"])
    overrides = [f"{node['path']}={node['default']}" for node in leaves]
    assert resolve_config(what, None, overrides)[1] == resolve_config(what)[1]


def test_what_is_wrong_is_said_as_on_the_command_line_at_its_field() -> None:
    problems = check_form("syllable-vae", {"training.num_epochs": "many", "seed": "2"})
    with pytest.raises(SubsongError) as error:
        resolve_config("syllable-vae", None, ["training.num_epochs=many", "seed=2"])
    assert [problem.path for problem in problems] == ["training.num_epochs"]
    assert str(error.value) == f"--set training.num_epochs=many: {problems[0].message}"


def test_what_is_wrong_in_a_row_is_said_of_its_setting() -> None:
    rows = "[{kind: gain, probability: 3}, {kind: noise, colour: red}]"
    problems = check_form("song-segmenter", {"data.augmentation": rows})
    assert [problem.path for problem in problems] == ["data.augmentation.0.probability", "data.augmentation.1.colour"]


def test_what_a_part_needs_is_said_where_it_would_stand() -> None:
    assert check_form("song-segmenter", {"losses.kl": "{capacity: {gamma: 2}}"})[0].path == "losses.kl.capacity.nats"


def test_a_part_of_the_preset_that_was_made_another_kind_is_told_apart_from_the_preset() -> None:
    (problem,) = check_form("song-segmenter", {"losses.borders.weight.kind": "linear"})
    assert problem == Problem("losses.borders.weight", "losses.borders.weight: give either end_step or end_fraction")


def test_settings_that_do_not_go_together_are_nobodys_in_particular() -> None:
    problems = check_form("prepare-song", {"fractions": "{train: 0.9, validation: 0.9}"})
    assert problems[0].path in (None, "fractions")
    assert "sum to 1" in problems[0].message


def test_a_preset_gives_other_values_to_begin_with() -> None:
    def low_hz(start: str) -> str:
        leaves = list_leaves(describe_form("prepare-syllables", start)["tree"])
        return next(node["default"] for node in leaves if node["path"] == "spectrogram.low_hz")

    assert (low_hz("finch"), low_hz("mouse")) == ("400.0", "30000.0")


def test_a_path_is_no_form() -> None:
    with pytest.raises(SubsongError, match="nothing to set"):
        describe_form("../../secret.yaml")


def test_the_longest_key_claims_a_sentence() -> None:
    settings = {"a": "1", "a=1: b": "2"}
    assert explain_problems("--set a=1: b=2: wrong", settings) == [Problem("a=1: b", "wrong")]
