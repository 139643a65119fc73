"""What can be set, and what is wrong with what was typed."""

from __future__ import annotations

from typing import Any

import pytest

from subsong.core.errors import SubsongError
from subsong.recipes.catalogue import list_presets
from subsong.recipes.run import resolve_config
from subsong.studio.work.forms import Problem, check_form, describe_form, explain_problems

PREPARING = ("prepare-song", "prepare-syllables", "prepare-windows", "predict", "project")


def list_leaves(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all settings of a tree that are seen at first."""
    leaves = []
    for node in nodes:
        if node["type"] == "group":
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


def test_what_a_form_shows_at_first_changes_nothing_when_it_is_sent() -> None:
    leaves = list_leaves(describe_form("song-segmenter")["tree"])
    overrides = [f"{node['path']}={node['default']}" for node in leaves]
    assert resolve_config("song-segmenter", None, overrides)[1] == resolve_config("song-segmenter")[1]


def test_what_is_wrong_is_said_as_on_the_command_line_at_its_field() -> None:
    problems = check_form("syllable-vae", {"training.num_epochs": "many", "seed": "2"})
    with pytest.raises(SubsongError) as error:
        resolve_config("syllable-vae", None, ["training.num_epochs=many", "seed=2"])
    assert [problem.path for problem in problems] == ["training.num_epochs"]
    assert str(error.value) == f"--set training.num_epochs=many: {problems[0].message}"


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
