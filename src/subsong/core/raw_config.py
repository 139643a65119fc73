"""A configuration before it is checked: plain values, and where each of them was written.

Merging and its rules live here; reading YAML is in ``yaml_files``, overrides in ``overrides``, checking in
``config_files``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KeyPath = tuple[str | int, ...]


@dataclass(frozen=True)
class RawConfig:
    """Plain values and their origins; not to be changed in place.

    Parameters
    ----------
    values
        Nested dicts, lists and scalars.
    origins
        Key path -> where it was written, in words that begin a sentence: ``run.yaml line 12``.
    """

    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[KeyPath, str] = field(default_factory=dict)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], label: str) -> RawConfig:
        """Return a copy of plain values that were all written in one place, called `label`."""
        plain = to_plain(values)
        return cls(plain, dict.fromkeys(key_paths(plain), label))

    def origin(self, path: str | Sequence[str | int] = ()) -> str:
        """Return where a key, or the nearest key above it, was written.

        Parameters
        ----------
        path
            The parts of the path, or a dotted or slash path.
        """
        parts = self._known_path(path) if isinstance(path, str) else tuple(path)
        for length in range(len(parts), -1, -1):
            if parts[:length] in self.origins:
                return self.origins[parts[:length]]
        return "the configuration"

    def _known_path(self, text: str) -> KeyPath:
        """Return the parts of a path, list indices as integers where a list stands."""
        node: Any = self.values
        parts: list[str | int] = []
        for part in split_path(text) if text else ():
            key: str | int = int(part) if isinstance(node, list) and part.isdecimal() else find_key(node, part)
            parts.append(key)
            node = get_child(node, key)
        return tuple(parts)


def merge_configs(configs: Sequence[RawConfig]) -> RawConfig:
    """Merge deeply, from left to right: later wins, lists are replaced, each key keeps its origin.

    Notes
    -----
    A part that is switched to another ``kind`` is **replaced**, not merged: the learning rate of an Adam in the first
    file is no setting of the SGD in the second, and would be an unknown key there, or worse, a known one with another
    meaning. A later part that does not say its ``kind`` is merged into the earlier one.
    """
    return functools.reduce(_merge_two, configs, RawConfig())


def _merge_two(first: RawConfig, second: RawConfig) -> RawConfig:
    return carry_origins(first, merge_values(first.values, second.values), second.origins)


def carry_origins(before: RawConfig, values: dict[str, Any], changed: Mapping[KeyPath, str]) -> RawConfig:
    """Return `values` with the origins of `before` for every key that is still there, then those of `changed`."""
    there = set(key_paths(values))
    return RawConfig(values, {path: where for path, where in before.origins.items() if path in there} | dict(changed))


def merge_values(old: Any, new: Any) -> Any:
    """Return `new` merged into `old` where both are mappings of the same ``kind``, else `new`."""
    if not (isinstance(old, dict) and isinstance(new, dict)) or _switches_kind(old, new):
        return new
    return old | {key: merge_values(old.get(key), value) for key, value in new.items()}


def _switches_kind(old: dict[str, Any], new: dict[str, Any]) -> bool:
    return "kind" in old and "kind" in new and old["kind"] != new["kind"]


def key_paths(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of a value and of everything below it."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from key_paths(child, (*path, key))


def get_child(node: Any, key: str | int) -> Any:
    """Return what stands under `key` in a mapping or list, None where nothing does."""
    if isinstance(node, dict):
        return node.get(key)
    return node[key] if isinstance(node, list) and isinstance(key, int) and 0 <= key < len(node) else None


def find_key(node: Any, part: str) -> str | int:
    """Return the key of a mapping that is written `part` (a key may be a whole number), else `part` itself."""
    keys = node if isinstance(node, dict) else ()
    return part if part in keys else next((key for key in keys if str(key) == part), part)


def split_path(text: str) -> tuple[str, ...]:
    """Return the parts of a slash path, or of a dotted path where there is no slash.

    Examples
    --------
    >>> split_path("losses.kl.weight") == split_path("losses/kl/weight")
    True
    >>> split_path("labels/A.1")
    ('labels', 'A.1')
    """
    return tuple(part.strip() for part in text.split("/" if "/" in text else "."))


def join_path(path: KeyPath) -> str:
    """Return the path as ``--set`` takes it: dotted, or with slashes where a key holds a dot."""
    parts = [str(part) for part in path]
    return ("/" if any("." in part for part in parts) else ".").join(parts)


def to_plain(value: Any) -> Any:
    """Return a copy with mappings as dicts and sequences as lists; scalars as they are."""
    if isinstance(value, Mapping):
        return {key: to_plain(child) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(child) for child in value]
    return value
