"""Where two configurations differ: key by key, as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from subsong.core.raw_config import KeyPath, join_path

NOT_SET = "not set"


class Difference(NamedTuple):
    """A setting that two configurations do not share.

    Attributes
    ----------
    key
        Dotted, as ``--set`` takes it.
    this, other
        The two values as YAML would write them on one line; `NOT_SET` where a configuration has no such key.
    """

    key: str
    this: str
    other: str


def find_differences(this: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[Difference]:
    """Return the settings that differ, in the order of `this`, then those that only `other` has.

    Parameters
    ----------
    this, other
        Resolved configurations: mappings, lists and scalars.

    Notes
    -----
    Mappings, and lists that hold mappings, are looked into; other lists are one value, as they are when files are
    merged. A mapping that the other configuration lacks is listed by its keys. ``1`` and ``1.0`` are the same.

    Examples
    --------
    >>> find_differences({"seed": 0, "losses": {"kl": {"weight": 1}}}, {"seed": 0, "losses": {"kl": {"weight": 2}}})
    [Difference(key='losses.kl.weight', this='1', other='2')]
    """
    first, second = dict(_flatten(dict(this))), dict(_flatten(dict(other)))
    return [
        Difference(join_path(path), _show(first, path), _show(second, path))
        for path in dict.fromkeys([*first, *second])
        if path not in first or path not in second or not _are_equal(first[path], second[path])
    ]


def _flatten(value: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield what is not looked into any further, with its path; an empty mapping is a value of its own."""
    if isinstance(value, Mapping) and value:
        for key, child in value.items():
            yield from _flatten(child, (*path, key))
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            yield from _flatten(item, (*path, number))
    elif path:
        yield path, value


def _are_equal(first: Any, second: Any) -> bool:
    """Tell whether two values are the same; true and 1 are not."""
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(_are_equal, first, second))
    return isinstance(first, bool) == isinstance(second, bool) and bool(first == second)


def _show(values: Mapping[KeyPath, Any], path: KeyPath) -> str:
    if path not in values:
        return NOT_SET
    value = values[path]
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False, default=str)
