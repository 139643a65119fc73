"""Annotations -> files of other programs, as bytes, with what they cannot hold."""

from __future__ import annotations

import io
import logging
import tempfile
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.formats import find_format
from subsong.sources.annotations.rates import SampleRates

NOTES_NAME = "what_was_not_written.txt"


class WrittenFile(NamedTuple):
    """A file of annotations.

    Attributes
    ----------
    name
        Relative to the folder that mirrors the recordings'.
    content
        Its bytes.
    warnings
        What its format cannot hold, and so is not in it.
    """

    name: str
    content: bytes
    warnings: tuple[str, ...]


def write_file(name: str, table: pl.DataFrame, format: str, sample_rate_hz: int | None) -> WrittenFile:
    """Return a table of annotations of one recording as a file.

    Raises
    ------
    SubsongError
        When the format is not written, or cannot hold what makes an annotation.
    """
    chosen = find_format(format)
    if chosen.write is None:
        raise SubsongError(f"the format {format} is read but not written: choose another")
    with tempfile.TemporaryDirectory() as folder, collect_warnings() as warnings:
        path = Path(folder) / Path(name).name
        try:
            chosen.write(path, table, SampleRates(sample_rate_hz))
        except SubsongError as error:
            raise SubsongError(str(error).replace(str(path), name)) from error
        content = path.read_bytes()
    return WrittenFile(name, content, tuple(text.replace(str(path), name) for text in warnings))


def stream_zip(files: Iterable[WrittenFile | str]) -> Iterator[bytes]:
    """Yield the bytes of a zip of files, as they come.

    Parameters
    ----------
    files
        Files, or why one could not be written. That, and what formats cannot hold, is in a file of the zip.
    """
    sink = _Sink()
    notes: list[str] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            if isinstance(file, str):
                notes.append(file)
                continue
            archive.writestr(file.name, file.content)
            notes += file.warnings
            yield sink.take()
        if notes:
            archive.writestr(NOTES_NAME, "\n".join(notes) + "\n")
    yield sink.take()


@contextmanager
def collect_warnings() -> Iterator[list[str]]:
    """Yield a list that what readers and writers of annotations warn of in this thread is added to."""
    logger = logging.getLogger("subsong.sources.annotations")
    handler = _Collector()
    logger.addHandler(handler)
    try:
        yield handler.messages
    finally:
        logger.removeHandler(handler)


class _Collector(logging.Handler):
    """Keeps the warnings of the thread it was made in."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        if record.thread == self._thread:
            self.messages.append(record.getMessage())


class _Sink(io.RawIOBase):
    """A file that is read from while it is written, and so has no places to go back to."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last time."""
        content = b"".join(self._parts)
        self._parts.clear()
        return content
