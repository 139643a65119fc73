"""The journal of a recording: one line of JSON a change, to which lines are only ever added.

A line counts once it ends with a line end: what was half written when the process was killed was never answered, and
is dropped. Whoever writes holds the file's lock, so that two processes never write at once.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Literal, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors
from subsong.projects.documents.document import Patch, decode_patch, encode_patch

# Windows has no such locks: there, two processes at once are not noticed.
if sys.platform != "win32":
    import fcntl

Action = Literal["start", "edit", "undo", "redo", "import", "file", "propose"]


class Entry(NamedTuple):
    """One line of a journal.

    Attributes
    ----------
    revision
        Of the document after it.
    time
        When, ISO 8601 in UTC.
    author
        Who.
    action
        ``start``: what there was before anything was done; ``file``: another program changed the annotation file;
        ``propose``: what a model says was taken in; the others are what people do.
    edit
        What was asked for, in the words of `edits`; of undo and redo: the revision that is undone or done again.
    forward, inverse
        What it does to the document, and what takes that back.
    csv
        SHA-256 of the annotation file after it; None: there is no file.
    proposals
        SHA-256 of the proposals that were taken in; None: as before.
    """

    revision: int
    time: str
    author: str
    action: Action
    edit: Mapping[str, Any]
    forward: Patch
    inverse: Patch
    csv: str | None
    proposals: str | None = None


class Journal:
    """An open journal; see `open_journal`.

    Parameters
    ----------
    path
        Named in errors.
    file
        Open for reading and writing, locked.
    """

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path, self._file = path, file
        self.size = _find_whole_size(file)
        """Bytes of whole lines."""

    def read(self, start: int = 0) -> Iterator[tuple[int, Entry]]:
        """Yield each entry from a byte on, with the byte at which it begins."""
        return read_entries(self._path, self._file, start, self.size)

    def read_at(self, start: int) -> Entry:
        """Return the entry that begins at a byte."""
        return next(read_entries(self._path, self._file, start, self.size))[1]

    def hash_tail(self, stop: int) -> str:
        """Return a hash of what lies before a byte, by which a journal is known again."""
        self._file.seek(max(0, stop - 1024))
        return hashlib.sha256(self._file.read(min(stop, 1024))).hexdigest()

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Add entries, which are on the disk when this returns; return the bytes at which they begin.

        Raises
        ------
        SubsongError
            When the disk is full; nothing was added then.
        """
        lines = [_encode(entry) for entry in entries]
        with disk_errors(self._path):
            self._file.truncate(self.size)
            self._file.seek(self.size)
            self._file.write(b"".join(lines))
            self._file.flush()
            os.fsync(self._file.fileno())
        starts = []
        for line in lines:
            starts.append(self.size)
            self.size += len(line)
        return starts


@contextlib.contextmanager
def open_journal(path: Path) -> Iterator[Journal]:
    """Open a journal, which is made when missing, and hold it until the block ends.

    Raises
    ------
    SubsongError
        When it cannot be written.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with open(path, "r+b") as file:
        if sys.platform != "win32":
            with contextlib.suppress(OSError):  # file systems without locks let everyone in
                fcntl.flock(file.fileno(), fcntl.LOCK_EX)
        yield Journal(path, file)


def read_journal(path: Path) -> list[Entry]:
    """Return the entries of a journal without holding it; none where there is no journal.

    Raises
    ------
    SubsongError
        When a line is damaged; names file and line.
    """
    try:
        with open(path, "rb") as file:
            return [entry for _, entry in read_entries(path, file, 0, _find_whole_size(file))]
    except FileNotFoundError:
        return []


def read_entries(path: Path, file: IO[bytes], start: int, stop: int) -> Iterator[tuple[int, Entry]]:
    """Yield the entries between two bytes, each with the byte at which it begins."""
    file.seek(start)
    content = file.read(stop - start)
    for line in content.splitlines(keepends=True):
        try:
            yield start, _decode(line)
        except (ValueError, KeyError, TypeError) as error:
            raise SubsongError(
                f"{path}: the line at byte {start} is damaged: restore this file from a backup, or move it away to "
                "begin anew from the annotation file"
            ) from error
        start += len(line)


def _find_whole_size(file: IO[bytes]) -> int:
    """Return how many bytes of a file are whole lines."""
    size = file.seek(0, os.SEEK_END)
    while size > 0:
        start = max(0, size - 65536)
        file.seek(start)
        place = file.read(size - start).rfind(b"\n")
        if place >= 0:
            return start + place + 1
        size = start
    return 0


def _encode(entry: Entry) -> bytes:
    values = entry._asdict() | {"forward": encode_patch(entry.forward), "inverse": encode_patch(entry.inverse)}
    text = json.dumps(values, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _decode(line: bytes) -> Entry:
    values = json.loads(line)
    return Entry(**values | {name: decode_patch(values[name]) for name in ("forward", "inverse")})
