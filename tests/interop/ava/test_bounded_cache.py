"""The cache of what was made of recordings."""

from __future__ import annotations

import copy

from subsong.interop.ava.models.bounded_cache import BoundedCache

made: list[str] = []


def make(key: str) -> bytes:
    made.append(key)
    return key.encode() * 10


def test_values_are_made_once_and_the_longest_unused_is_dropped() -> None:
    made.clear()
    cache = BoundedCache(make, len, most_bytes=25)
    assert [cache.get(key) for key in "abab"] == [b"a" * 10, b"b" * 10] * 2
    assert made == ["a", "b"]
    cache.get("a")
    cache.get("c")
    cache.get("a")
    assert made == ["a", "b", "c"]
    cache.get("b")
    assert made == ["a", "b", "c", "b"]


def test_a_value_larger_than_the_bound_is_kept_while_it_is_used() -> None:
    made.clear()
    cache = BoundedCache(make, len, most_bytes=1)
    cache.get("a")
    cache.get("a")
    assert made == ["a"]


def test_a_copy_begins_empty() -> None:
    made.clear()
    cache = BoundedCache(make, len, most_bytes=100)
    cache.get("a")
    assert copy.deepcopy(cache).get("a") == b"a" * 10
    assert made == ["a", "a"]
