"""Nested values by path."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.interop.edflow import KeyNotFoundError, contains_key, retrieve, set_default, set_value, walk


def test_a_path_leads_through_dicts_and_lists() -> None:
    assert retrieve({"a": {"b": [{"c": 1}]}}, "a/b/0/c") == 1
    assert retrieve({"a": {5: "x"}}, "a/5") == "x"


def test_what_is_callable_is_called_once_and_kept() -> None:
    calls: list[int] = []
    tree = {"a": lambda: calls.append(1) or {"b": lambda: 7}}
    assert retrieve(tree, "a/b") == retrieve(tree, "a/b") == 7
    assert calls == [1]
    assert tree["a"] == {"b": 7}


def test_without_expansion_functions_stay() -> None:
    assert callable(retrieve({"a": lambda: 1}, "a", expand=False))


def test_a_default_stands_in_and_its_absence_names_the_step() -> None:
    assert retrieve({"a": 1}, "b", default=False) is False
    assert retrieve({"a": 1}, "b", default=3, pass_success=True) == (3, False)
    assert retrieve({"a": 1}, "a", pass_success=True) == (1, True)
    with pytest.raises(KeyNotFoundError, match=r"no key 'wieght' under 'a'.*did you mean 'weight'"):
        retrieve({"a": {"weight": 1}}, "a/wieght")


@pytest.mark.parametrize("path", ["a/b", "a/0/x", "text/0", "a/7"])
def test_a_path_into_nothing_is_not_found(path: str) -> None:
    assert not contains_key({"a": [1], "text": "word"}, path)


def test_setting_makes_levels_and_fills_lists() -> None:
    tree: dict = {}
    set_value(tree, "x/2/k", 3)
    assert tree == {"x": [None, None, {"k": 3}]}
    set_value(tree, "x/2/k/deeper", 4)
    assert tree["x"][2] == {"k": {"deeper": 4}}


def test_a_default_is_written_where_nothing_stands() -> None:
    tree = {"a": 1}
    assert (set_default(tree, "a", 2), set_default(tree, "b/c", 3)) == (1, 3)
    assert tree == {"a": 1, "b": {"c": 3}}


def test_walking_reaches_every_leaf_with_its_path() -> None:
    seen: dict[str, int] = {}
    tree = {"a": [1, {"b": 2}], "c": (3,)}
    assert walk(tree, lambda value: value + 1) == {"a": [2, {"b": 3}], "c": (4,)}
    walk(tree, lambda path, value: seen.update({path: value}), pass_key=True)
    assert seen == {"a/0": 1, "a/1/b": 2, "c/0": 3}
    walk(tree, lambda value: value * 10, inplace=True)
    assert tree == {"a": [10, {"b": 20}], "c": (30,)}
    assert walk({"a": np.array([1, 2])}, lambda value: value + 1, walk_np_arrays=True)["a"].tolist() == [2, 3]
