"""Answers that were given before, kept in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable


class BytesCache:
    """Keeps bytes by key; the longest unused are dropped first. Several threads may ask at once.

    Two that ask for the same at the same moment both make it, which costs time and changes nothing.

    Parameters
    ----------
    most_bytes
        The bound.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes, self._num_bytes = most_bytes, 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def num_bytes(self) -> int:
        """How many bytes are kept."""
        return self._num_bytes

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return the bytes of a key, made if they are not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        with self._lock:
            self._num_bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self._num_bytes > self._most_bytes:
                self._num_bytes -= len(self._kept.popitem(last=False)[1])
        return made
