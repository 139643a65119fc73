"""Named things of one concept."""

from __future__ import annotations

import pytest

from subsong.core.errors import SubsongError
from subsong.core.registry import Registry


@pytest.fixture
def shapes():
    registry = Registry[str]("shape")
    registry.register("square")("four")
    registry.register("circle")("round")
    return registry


def test_an_entry_is_found_by_its_name(shapes):
    assert shapes.get("circle") == "round"
    assert "circle" in shapes
    assert "line" not in shapes


def test_names_come_in_alphabetical_order(shapes):
    assert list(shapes) == ["circle", "square"]


def test_registering_gives_the_entry_back():
    @Registry("function").register("f")
    def function():
        return 1

    assert function() == 1


def test_a_name_nearly_right_is_proposed(shapes):
    with pytest.raises(SubsongError, match=r"no shape is called 'sqare'; did you mean 'square'\?"):
        shapes.get("sqare")


def test_an_empty_registry_says_so():
    with pytest.raises(SubsongError, match="none are known"):
        Registry("shape").get("a")


def test_a_name_cannot_be_taken_twice(shapes):
    with pytest.raises(AssertionError, match="shape 'circle' is registered twice"):
        shapes.register("circle")("again")
