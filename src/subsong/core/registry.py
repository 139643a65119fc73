"""A registry per concept: what can be named in a config, by ``kind``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from subsong.core.errors import SubsongError, did_you_mean

T = TypeVar("T")


class Registry(Generic[T]):
    """Named things of one concept.

    Parameters
    ----------
    concept
        What is registered, in words for the error of an unknown name, such as ``"loss term"``.

    Examples
    --------
    >>> shapes = Registry[str]("shape")
    >>> shapes.register("circle")("round")
    'round'
    >>> shapes.get("circle")
    'round'
    """

    def __init__(self, concept: str) -> None:
        self.concept = concept
        self._entries: dict[str, T] = {}

    def register(self, kind: str) -> Callable[[T], T]:
        """Return a decorator that registers its argument under `kind`."""

        def add(entry: T) -> T:
            assert kind not in self._entries, f"{self.concept} {kind!r} is registered twice"
            self._entries[kind] = entry
            return entry

        return add

    def get(self, kind: str) -> T:
        """Return the entry called `kind`.

        Raises
        ------
        SubsongError
            When there is none; names the nearest.
        """
        try:
            return self._entries[kind]
        except KeyError as error:
            raise SubsongError(f"no {self.concept} is called {kind!r}; {did_you_mean(kind, self._entries)}") from error

    def __contains__(self, kind: object) -> bool:
        return kind in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._entries))
