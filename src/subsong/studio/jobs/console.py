"""What a job printed: parts of it for a page that follows, and its last line."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import NamedTuple

_MAX_PART_BYTES = 256 * 1024
_LAST_BYTES = 4096
# Colours and movements of the cursor, which a program may print for a terminal.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Spaces, and the lines of a box around a message.
_BLANK = " \t─│╭╮╰╯"


class ConsolePart(NamedTuple):
    """A part of what was printed.

    Attributes
    ----------
    text
        The part.
    offset
        Where the next part begins, in bytes.
    is_all
        Whether nothing stands behind it so far.
    """

    text: str
    offset: int
    is_all: bool


def read_console(path: Path, offset: int = 0) -> ConsolePart:
    """Return what was printed from a place on, 256 kB at most; nothing where the file is not there."""
    content, size = _read(path, offset, _MAX_PART_BYTES)
    offset = min(offset, size)
    # A letter of several bytes that is cut in two waits for its rest.
    cut = len(content)
    while cut > max(len(content) - 4, 0) and content[cut - 1] & 0xC0 == 0x80:
        cut -= 1
    if cut and content[cut - 1] >= 0xC0 and offset + len(content) < size:
        content = content[: cut - 1]
    end = offset + len(content)
    return ConsolePart(_ESCAPES.sub("", content.decode("utf-8", "replace")), end, end >= size)


def read_last_line(path: Path) -> str:
    """Return the last line that says something, as a terminal shows it: what a carriage return writes over is gone."""
    size = path.stat().st_size if path.is_file() else 0
    content, _ = _read(path, max(size - _LAST_BYTES, 0), _LAST_BYTES)
    text = _ESCAPES.sub("", content.decode("utf-8", "replace"))
    lines = [line.strip(_BLANK) for line in re.split(r"[\r\n]+", text)]
    return next((line for line in reversed(lines) if line), "")[:300]


def _read(path: Path, offset: int, num_bytes: int) -> tuple[bytes, int]:
    """Return bytes of a file, and how many it has."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(min(offset, size))
            return file.read(num_bytes), size
    except FileNotFoundError:
        return b"", 0
