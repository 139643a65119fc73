"""Reading along with a file of JSON lines that another process writes, also when it is cut back in between."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

_NUM_KNOWN = 256


class News(NamedTuple):
    """What came since the last look.

    Attributes
    ----------
    records
        In order.
    is_anew
        Whether the file was cut back: what was read before no longer counts, and `records` begin at its start.
    """

    records: list[dict[str, Any]]
    is_anew: bool


class JsonLinesTail:
    """Reads a growing file of JSON lines piece by piece.

    A run that goes on from a checkpoint cuts its metrics back and writes the steps since then again. The tail notices
    by the length, and by the last bytes it knows, which stand elsewhere after the cut.

    Parameters
    ----------
    path
        The file, which may not exist yet.
    offset
        Bytes that are known already.

    Attributes
    ----------
    offset
        Bytes that were read.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        self._path, self.offset = path, offset
        self._known = b""

    def read(self) -> News:
        """Return the records since the last call; a line that is not whole waits for the next."""
        if not self._path.is_file():
            return self._begin_anew() if self.offset else News([], is_anew=False)
        with open(self._path, "rb") as file:
            is_anew = not self._continues(file)
            if is_anew:
                self._begin_anew()
            file.seek(self.offset)
            content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        self.offset += len(whole)
        self._known = (self._known + whole)[-_NUM_KNOWN:]
        return News([record for line in whole.splitlines() if (record := _parse(line)) is not None], is_anew)

    def _continues(self, file: Any) -> bool:
        if self._path.stat().st_size < self.offset:
            return False
        file.seek(self.offset - len(self._known))
        return bool(file.read(len(self._known)) == self._known)

    def _begin_anew(self) -> News:
        self.offset, self._known = 0, b""
        return News([], is_anew=True)


def _parse(line: bytes) -> dict[str, Any] | None:
    """Return the record of a line, None where it is damaged: a curve with a gap is better than none."""
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    return record if isinstance(record, dict) else None
