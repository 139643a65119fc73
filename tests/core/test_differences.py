"""Where two configurations differ."""

from __future__ import annotations

import pytest

from subsong.core.differences import NOT_SET, Difference, find_differences


def test_equal_configurations_have_no_difference() -> None:
    config = {"seed": 0, "data": {"path": None, "labels": ["a", "b"]}, "augmentation": [{"kind": "gain"}]}
    assert find_differences(config, {**config}) == []


def test_only_what_differs_is_listed_by_dotted_keys_in_the_order_of_the_first() -> None:
    this = {"seed": 0, "model": {"kind": "tcn", "size": [64, 64]}, "losses": {"kl": {"weight": 1.0}}}
    other = {"losses": {"kl": {"weight": 2.5}}, "model": {"kind": "tcn", "size": [64, 32]}, "seed": 0}
    assert find_differences(this, other) == [
        Difference("model.size", "[64, 64]", "[64, 32]"),
        Difference("losses.kl.weight", "1.0", "2.5"),
    ]


def test_a_part_that_one_lacks_is_listed_by_its_keys() -> None:
    differences = find_differences({"losses": {"ssim": {"weight": 1}}}, {"losses": {"kl": {"weight": 2, "kind": "kl"}}})
    assert differences == [
        Difference("losses.ssim.weight", "1", NOT_SET),
        Difference("losses.kl.weight", NOT_SET, "2"),
        Difference("losses.kl.kind", NOT_SET, "kl"),
    ]


def test_lists_of_mappings_are_looked_into() -> None:
    this = {"augmentation": [{"kind": "gain", "low_db": -6}, {"kind": "shift"}]}
    other = {"augmentation": [{"kind": "gain", "low_db": -9}]}
    assert find_differences(this, other) == [
        Difference("augmentation.0.low_db", "-6", "-9"),
        Difference("augmentation.1.kind", "shift", NOT_SET),
    ]


@pytest.mark.parametrize(
    ("this", "other", "shown"),
    [
        (None, 3, ("null", "3")),
        (True, 1, ("true", "1")),
        ("", "no", ('""', "no")),
        ({}, {"kind": "x"}, None),
        ([1], [True], ("[1]", "[true]")),
    ],
)
def test_values_are_shown_as_yaml_writes_them(this: object, other: object, shown: tuple[str, str] | None) -> None:
    differences = find_differences({"key": this}, {"key": other})
    if shown is None:
        assert differences == [Difference("key", "{}", NOT_SET), Difference("key.kind", NOT_SET, "x")]
    else:
        assert differences == [Difference("key", *shown)]


def test_whole_numbers_written_otherwise_are_the_same() -> None:
    assert find_differences({"weight": 1}, {"weight": 1.0}) == []


def test_a_key_that_holds_a_dot_is_written_as_set_takes_it() -> None:
    assert find_differences({"labels": {"A.1": 1}}, {"labels": {"A.1": 2}}) == [Difference("labels/A.1", "1", "2")]
