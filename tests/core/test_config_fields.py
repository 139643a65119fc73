"""What may stand at a place, in plain words."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, PositiveInt

from subsong.core.config_fields import container_item, describe, join_words, shape_of_branch, show_value


class Colour(enum.Enum):
    RED = "red"


class Part(BaseModel):
    kind: Literal["part", "piece"] = "part"


class Plain(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (int, "a whole number"),
        (float | None, "a number, or null"),
        (Annotated[int, Field(ge=1)] | None, "a whole number of at least 1, or null"),
        (PositiveInt, "a whole number above 0"),
        (Annotated[float, Field(gt=0, le=1)], "a number above 0 and of at most 1"),
        (bool | str, "true or false, or text"),
        (Path, "a path"),
        (Literal["a", "b"], "one of 'a', 'b'"),
        (Literal["a"], "'a'"),
        (Colour, "'red'"),
        (Plain, "a mapping"),
        (Part, "a mapping with kind part or piece"),
        (float | Part, "a number, or a mapping with kind part or piece"),
        (dict[str, int], "a mapping"),
        (list[int], "a list, each item a whole number"),
        (list, "a list"),
        (tuple[int, float], "a list of 2 items"),
        (tuple[int, ...], "a list, each item a whole number"),
        (Any, "a value"),
    ],
)
def test_an_annotation_is_described_in_plain_words(annotation, words):
    assert describe(annotation) == words


@pytest.mark.parametrize(
    ("branch", "key", "item"),
    [
        (dict[str, int], "a", int),
        (list[float], 3, float),
        (tuple[int, float], 1, float),
        (tuple[int, float], 2, None),
        (tuple[int, ...], 5, int),
        (list, 0, None),
        (int, 0, None),
    ],
)
def test_the_item_of_a_container_is_found(branch, key, item):
    assert container_item(branch, key) is item


@pytest.mark.parametrize(
    ("branch", "shape"),
    [(dict[str, int], "mapping"), (Plain, "mapping"), (set[int], "list"), (str, "scalar"), (Any, "scalar")],
)
def test_the_shape_of_a_branch_is_what_yaml_writes(branch, shape):
    assert shape_of_branch(branch) == shape


def test_long_values_are_cut():
    assert len(show_value("x" * 500)) < 60


def test_words_are_joined_as_in_a_sentence():
    assert [join_words(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a or b", "a, b or c"]
