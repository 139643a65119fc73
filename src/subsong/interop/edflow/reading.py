"""A configuration that remembers which of its keys were read, so that a misspelt one does not go unnoticed.

An edflow script may read any key, so no list of the known ones exists; but a key that nobody has read by the time every
part of the program has run once is either superfluous or written wrongly.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from subsong.core.raw_config import KeyPath, to_plain


class ReadConfig(dict[Any, Any]):
    """Nested dict whose reading is noted; what a program writes to it counts as read.

    Parameters
    ----------
    values
        Plain nested values.
    """

    def __init__(self, values: Mapping[Any, Any], path: KeyPath = (), reads: set[KeyPath] | None = None) -> None:
        self._path, self._reads = path, set() if reads is None else reads
        super().__init__({key: self._wrap(child, (*path, key)) for key, child in values.items()})

    def _wrap(self, value: Any, path: KeyPath) -> Any:
        if isinstance(value, Mapping):
            return ReadConfig(value, path, self._reads)
        if isinstance(value, list):
            return [self._wrap(child, (*path, number)) for number, child in enumerate(value)]
        return value

    def _note(self, key: Any) -> None:
        if dict.__contains__(self, key):
            self._reads.add((*self._path, key))

    def __getitem__(self, key: Any) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._reads.add((*self._path, key))
        super().__setitem__(key, value)

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, or `default`."""
        self._note(key)
        return super().get(key, default)

    def pop(self, key: Any, *default: Any) -> Any:
        """Remove `key` and return its value."""
        self._note(key)
        return super().pop(key, *default)

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Return the value of `key`, which is set when it is missing."""
        if not dict.__contains__(self, key):
            self[key] = default
        return self[key]

    # With its own iterator, ``**config`` and ``dict(config)`` ask for each value instead of copying all unseen.
    def __iter__(self) -> Iterator[Any]:
        return super().__iter__()

    def items(self) -> Any:
        """Return keys and values."""
        for key in self:
            self._note(key)
        return super().items()

    def values(self) -> Any:
        """Return values."""
        return dict(self.items()).values()

    def copy(self) -> dict[Any, Any]:
        """Return a plain copy of the first level."""
        return dict(self.items())

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[Any, Any]:
        return {key: to_plain(value) for key, value in self.items()}

    def __reduce__(self) -> tuple[Any, ...]:
        return dict, (to_plain(dict(self.items())),)

    def plain(self) -> dict[Any, Any]:
        """Return plain nested values, without noting that they were read."""
        return {key: _to_unnoted(child) for key, child in dict.items(self)}

    def find_unread(self, ignored: frozenset[KeyPath] = frozenset()) -> list[KeyPath]:
        """Return the paths nobody has read, the upmost where all below is unread; `ignored` ones are left out."""
        return [path for path in _find_unread(self, (), self._reads) if path not in ignored]

    def find_nearest(self, path: KeyPath) -> str | None:
        """Return the path that was read and is written most like `path`, or None."""
        known = ["/".join(map(str, read)) for read in sorted(self._reads, key=str)]
        return next(iter(difflib.get_close_matches("/".join(map(str, path)), known, n=1, cutoff=0.7)), None)


def _to_unnoted(value: Any) -> Any:
    if isinstance(value, ReadConfig):
        return value.plain()
    return [_to_unnoted(child) for child in value] if isinstance(value, list) else value


def _find_unread(node: Any, path: KeyPath, reads: set[KeyPath]) -> list[KeyPath]:
    """Return the upmost paths below and including `path` of which nothing was read."""
    children: list[tuple[Any, Any]] = []
    if isinstance(node, ReadConfig):
        children = list(dict.items(node))
    elif isinstance(node, list):
        children = [(number, child) for number, child in enumerate(node) if isinstance(child, ReadConfig)]
    if not children:
        return [] if path in reads or not path else [path]
    found = [unread for key, child in children for unread in _find_unread(child, (*path, key), reads)]
    is_whole = path and path not in reads and len(found) == len(children)
    return [path] if is_whole and all(len(unread) == len(path) + 1 for unread in found) else found


def describe_unread(config: ReadConfig, ignored: frozenset[KeyPath] = frozenset()) -> list[str]:
    """Return one sentence for each key that nobody has read."""
    sentences = []
    for path in config.find_unread(ignored):
        nearest = config.find_nearest(path)
        hint = f"; did you mean {nearest}?" if nearest else ""
        sentences.append(f"nothing has read {'/'.join(map(str, path))} of the configuration{hint}")
    return sentences
