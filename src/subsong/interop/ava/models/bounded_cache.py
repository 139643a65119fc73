"""What was made of recordings, kept in memory up to a bound."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class BoundedCache(Generic[Value]):
    """Makes a value when it is first asked for and keeps it, up to a bound; the longest unused are dropped first.

    What is asked for again after it was dropped is made again, so that the bound changes no value. Several threads may
    ask at once; a copy in another process begins empty.

    Parameters
    ----------
    make
        Makes the value of a key.
    count_bytes
        How much memory a value takes.
    most_bytes
        The bound. The value asked for last is kept, however large.
    """

    def __init__(self, make: Callable[[str], Value], count_bytes: Callable[[Value], int], most_bytes: int) -> None:
        self._make, self._count_bytes, self._most_bytes = make, count_bytes, most_bytes
        self._begin()

    def get(self, key: str) -> Value:
        """Return the value of a key."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            value = self._make(key)
            self._kept[key] = value
            self._num_bytes += self._count_bytes(value)
            while self._num_bytes > self._most_bytes and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._num_bytes -= self._count_bytes(dropped)
            return value

    def _begin(self) -> None:
        self._kept: OrderedDict[str, Value] = OrderedDict()
        self._num_bytes, self._lock = 0, threading.Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was kept: a worker process makes its own."""
        return {name: self.__dict__[name] for name in ("_make", "_count_bytes", "_most_bytes")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._begin()
