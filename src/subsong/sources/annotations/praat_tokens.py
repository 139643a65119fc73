"""What Praat's text files are made of: free-standing numbers, quoted texts and flags; all else is for the eye.

That is Praat's own rule, so one reader takes the long form (``xmin = 0``) and the short one (``0``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from subsong.core.errors import SubsongError

_TOKEN = re.compile(
    r"""
    "(?P<text>(?:[^"]|"")*)"
    | <(?P<flag>[a-zA-Z]+)>
    | (?<!\S)(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?!\S)
    | (?<!\S)![^\n]*
    """,
    re.VERBOSE,
)
Kind = Literal["text", "flag", "number"]


class Token(NamedTuple):
    """A value of a file and the place in its text where it begins."""

    kind: str
    value: str
    start: int


class Tokens:
    """The values of a Praat text file, taken one after the other.

    Parameters
    ----------
    path
        The file, named in errors.
    text
        Its text.
    """

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text
        self._tokens = self._split()

    def text(self) -> str:
        """Take a quoted text."""
        return self._take("text").replace('""', '"')

    def number(self) -> float:
        """Take a number."""
        return float(self._take("number"))

    def count(self) -> int:
        """Take a number of things."""
        return int(self.number())

    def flag(self) -> bool:
        """Take ``<exists>`` or ``<absent>``."""
        return self._take("flag") == "exists"

    def expect_text(self, *expected: str) -> str:
        """Take a quoted text that is one of `expected`.

        Raises
        ------
        SubsongError
            When it is another.
        """
        found = self.text()
        if found not in expected:
            names = " or ".join(map(repr, expected))
            raise SubsongError(f"{self._path}: expected {names} in a Praat TextGrid, found {found!r}")
        return found

    def _take(self, kind: Kind) -> str:
        token = next(self._tokens, None)
        if token is None:
            raise SubsongError(f"{self._path} is cut short: expected a {kind} after its last line; save it again")
        if token.kind != kind:
            line = self._text.count("\n", 0, token.start) + 1
            raise SubsongError(f"{self._path} line {line}: expected a {kind}, found {token.value!r}; is it a TextGrid?")
        return token.value

    def _split(self) -> Iterator[Token]:
        for match in _TOKEN.finditer(self._text):
            if match.lastgroup is not None:
                yield Token(match.lastgroup, match[match.lastgroup], match.start())
