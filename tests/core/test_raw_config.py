"""Merging: what wins, what is replaced, and whose line is named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsong.core.raw_config import RawConfig, join_path, merge_configs, split_path

# As in a real configuration, a name always holds the same: l… a leaf, m… a mapping.
LEAVES = st.dictionaries(st.sampled_from(["l1", "l2"]), st.integers() | st.lists(st.integers(), max_size=2))
TREES = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda leaves, maps: {**leaves, **maps}, LEAVES, st.dictionaries(st.sampled_from(["m1", "m2"]), inner)
    ),
    max_leaves=8,
)


def merged(*values):
    return merge_configs([RawConfig.from_mapping(one, f"file {i}") for i, one in enumerate(values)])


@pytest.mark.parametrize(
    ("first", "second", "result"),
    [
        ({"a": 1, "b": 2}, {"b": 3}, {"a": 1, "b": 3}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": {"b": 1}}, {"a": None}, {"a": None}),
        ({"a": None}, {"a": {"b": 1}}, {"a": {"b": 1}}),
        ({"a": 1}, {"a": {"kind": "linear"}}, {"a": {"kind": "linear"}}),
        ({"a": {"b": 1}}, {"a": {}}, {"a": {"b": 1}}),
        ({"a": 1}, {}, {"a": 1}),
    ],
)
def test_mappings_merge_deeply_and_the_later_wins(first, second, result):
    assert merged(first, second).values == result


@pytest.mark.parametrize(
    ("second", "result"),
    [
        ({"kind": "sgd"}, {"kind": "sgd"}),
        ({"kind": "sgd", "lr": 1}, {"kind": "sgd", "lr": 1}),
        ({"kind": "adam", "lr": 1}, {"kind": "adam", "lr": 1, "betas": [0, 1]}),
        ({"lr": 1}, {"kind": "adam", "lr": 1, "betas": [0, 1]}),
    ],
)
def test_another_kind_replaces_the_part(second, result):
    first = {"kind": "adam", "lr": 0.1, "betas": [0, 1]}
    assert merged({"optimizer": first}, {"optimizer": second}).values == {"optimizer": result}


def test_each_key_keeps_its_origin():
    raw = merged({"a": {"b": 1, "c": 2}, "d": [1, 2]}, {"a": {"c": 3}, "d": [5]})
    assert [raw.origin(path) for path in ("a.b", "a/c", "d.0", "d.1")] == ["file 0", "file 1", "file 1", "file 1"]


def test_a_replaced_part_leaves_no_origins_behind():
    raw = merged({"o": {"kind": "a", "x": 1}}, {"o": {"kind": "b"}})
    assert set(raw.origins) == {(), ("o",), ("o", "kind")}


def test_an_unknown_path_has_the_origin_of_the_nearest_key_above():
    assert merged({"a": {"b": 1}}).origin("a.x.y") == "file 0"
    assert RawConfig().origin("a") == "the configuration"


def test_whole_number_keys_are_found_by_their_text():
    assert RawConfig({"a": {3: 1}}, {("a", 3): "here"}).origin("a.3") == "here"


@given(TREES, TREES, TREES)
def test_merging_is_associative(a, b, c):
    left = merge_configs([merge_configs([RawConfig(a), RawConfig(b)]), RawConfig(c)])
    right = merge_configs([RawConfig(a), merge_configs([RawConfig(b), RawConfig(c)])])
    assert left == right == merge_configs([RawConfig(a), RawConfig(b), RawConfig(c)])


@given(TREES, TREES)
def test_merging_leaves_its_inputs_as_they_were(a, b):
    first, second = RawConfig.from_mapping(a, "a"), RawConfig.from_mapping(b, "b")
    merge_configs([first, second])
    assert (first.values, second.values) == (a, b)


@pytest.mark.parametrize("path", [("a", "b"), ("a", "b.c"), ("a", 0, "b")])
def test_a_path_written_out_is_read_back(path):
    assert split_path(join_path(path)) == tuple(str(part) for part in path)
