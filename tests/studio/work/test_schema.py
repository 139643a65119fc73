"""A configuration class as a tree."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.yaml_files import parse_yaml
from subsong.studio.work.schema import TreeMaker, make_title, write_value


class Round(ConfigBase):
    """A kind of part."""

    kind: Literal["round"] = "round"
    radius_s: float = Field(1.0, gt=0, le=5, description="How far.")


class Square(ConfigBase):
    """Another."""

    kind: Literal["square"] = "square"
    side: int = 2


Shape = Annotated[Round | Square, Field(discriminator="kind")]


class Whole(ConfigBase):
    """All there is."""

    name: str = Field(description="What it is called.")
    num_parts: int = Field(3, ge=1, description="How many.")
    mode: Literal["fast", "slow"] = "fast"
    channel: int | Literal["mean"] | None = None
    shape: Shape = Round()
    limit: Square | None = None
    terms: dict[str, Shape] = Field({}, description="By name.")
    weight: float | Shape = 1.0
    shapes: tuple[Shape, ...] = ()
    corner: tuple[int, int] = (1, 2)
    shares: dict[str, float] = Field({}, description="By name.")
    extra: dict[str, Any] = Field({}, description="Whatever.")


def find(values: dict[str, Any], key: str) -> dict[str, Any]:
    tree = TreeMaker(common=[("num_parts",)]).make(Whole, values)
    return next(node for node in tree if node["key"] == key)


def test_a_number_has_its_bounds_its_default_and_its_help() -> None:
    node = find({}, "num_parts")
    assert (node["type"], node["default"], node["minimum"], node["title"]) == ("integer", "3", 1, "Number of parts")
    assert node["description"] == "How many."
    assert node["common"]


def test_a_value_given_takes_the_place_of_the_default() -> None:
    assert find({"num_parts": 7}, "num_parts")["default"] == "7"


def test_words_to_choose_from_are_choices() -> None:
    node = find({}, "mode")
    assert (node["type"], node["choices"]) == ("choice", ["fast", "slow"])


def test_a_number_or_a_word_or_nothing_is_chosen_first() -> None:
    node = find({"channel": 2}, "channel")
    assert (node["type"], node["chosen"]) == ("either", "integer")
    assert [option["name"] for option in node["options"]] == ["null", "integer", "mean"]
    assert node["options"][1]["node"]["default"] == "2"
    assert find({"channel": "mean"}, "channel")["chosen"] == "mean"


def test_a_number_may_be_a_part_instead() -> None:
    node = find({}, "weight")
    assert (node["chosen"], [option["name"] for option in node["options"]]) == ("number", ["number", "round", "square"])
    node = find({"weight": {"kind": "square", "side": 7}}, "weight")
    square = node["options"][2]["node"]
    assert (node["chosen"], square["children"][0]["default"]) == ("square", "7")
    assert square["children"][0]["path"] == "weight.side"


def test_a_list_has_a_row_an_item_and_one_to_add() -> None:
    node = find({"shapes": [{"kind": "square", "side": 5}]}, "shapes")
    (row,) = node["items"]
    assert (node["type"], node["length"], row["type"], row["default"]) == ("list", None, "variants", "square")
    side = row["variants"]["square"][0]
    assert (side["path"], side["default"], side["is_usual"], side["common"]) == ("shapes.*.side", "5", False, True)
    assert node["item"]["variants"]["square"][0]["is_usual"]


def test_a_list_of_a_fixed_length_has_all_its_rows() -> None:
    node = find({}, "corner")
    assert (node["length"], [row["default"] for row in node["items"]]) == (2, ["1", "2"])


def test_a_table_has_a_row_a_name() -> None:
    node = find({"shares": {"all": 1.0}}, "shares")
    assert (node["type"], node["children"][0]["title"], node["children"][0]["default"]) == ("table", "all", "1.0")


def test_what_may_be_anything_is_written_as_yaml() -> None:
    assert find({}, "extra")["type"] == "yaml"


def test_a_part_of_several_kinds_has_the_settings_of_each() -> None:
    node = find({"shape": {"kind": "square", "side": 9}}, "shape")
    assert node["default"] == "square"
    assert {kind: [child["default"] for child in children] for kind, children in node["variants"].items()} == {
        "round": ["1.0"],
        "square": ["9"],
    }
    assert node["variants"]["round"][0]["path"] == "shape.radius_s"


def test_the_settings_of_a_kind_that_is_not_the_usual_one_are_seen_when_it_is_chosen() -> None:
    tree = TreeMaker(common=[("shape", "kind")]).make(Whole, {})
    variants = next(node for node in tree if node["key"] == "shape")["variants"]
    assert [variants[kind][0]["common"] for kind in ("round", "square")] == [False, True]


def test_a_part_that_may_be_left_out_says_whether_it_is() -> None:
    assert find({}, "limit")["is_null"]
    assert not find({"limit": {"side": 4}}, "limit")["is_null"]


def test_entries_of_a_table_keep_their_kind_and_their_names_with_dots() -> None:
    node = find({"terms": {"a.b": {"kind": "round"}}}, "terms")
    entry = node["children"][0]
    assert (entry["title"], entry["type"]) == ("a.b", "group")
    assert entry["children"][0]["path"] == "terms/a.b/radius_s"


def test_what_is_hidden_is_not_there() -> None:
    tree = TreeMaker(hidden=[("name",), ("shape", "radius_s")]).make(Whole, {})
    assert "name" not in [node["key"] for node in tree]
    assert next(node for node in tree if node["key"] == "shape")["variants"]["round"] == []


@pytest.mark.parametrize(
    "value", [None, True, 1, 0.1, "a", "1", "null", "a: b", "", [1, "x, y"], {"a": [1]}, "two\nlines"]
)
def test_what_is_written_is_read_back_the_same(value: Any) -> None:
    assert parse_yaml(write_value(value), "here") == value


def test_a_key_is_said_as_people_say_it() -> None:
    assert make_title("low_hz") == "Low (Hz)"
    assert make_title("s") == "S"
