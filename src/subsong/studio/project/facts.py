"""What recordings say of themselves, remembered: length, rate and channels, by the size and time of the file."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json

_FORMAT = 1
log = logging.getLogger(__name__)


class FileStamp(NamedTuple):
    """What tells that a file has changed."""

    num_bytes: int
    changed_ns: int


class AudioFacts(NamedTuple):
    """What a recording says of itself.

    Attributes
    ----------
    stamp
        Of the file it was read from.
    duration_s, sample_rate_hz, num_channels
        None where it cannot be read.
    problem
        Why it cannot be read, None where it can.
    """

    stamp: FileStamp
    duration_s: float | None
    sample_rate_hz: int | None
    num_channels: int | None
    problem: str | None


def find_stamp(path: str | Path) -> FileStamp | None:
    """Return the stamp of a file, None where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return FileStamp(found.st_size, found.st_mtime_ns)


def read_facts(path: Path, stamp: FileStamp) -> AudioFacts:
    """Read the head of a recording."""
    from subsong.sources.audio import read_audio_info

    try:
        info = read_audio_info(path)
    except (SubsongError, OSError) as error:
        return AudioFacts(stamp, None, None, None, str(error))
    return AudioFacts(stamp, info.duration_s, info.sample_rate_hz, info.num_channels, None)


def load_facts(path: Path) -> dict[str, AudioFacts]:
    """Return what `write_facts` wrote; nothing where it is not there, or was written by another version."""
    if not path.is_file():
        return {}
    try:
        stored = read_json(path)
        if stored["format"] != _FORMAT:
            return {}
        return {name: AudioFacts(FileStamp(*row[0]), *row[1:]) for name, row in stored["recordings"].items()}
    except (SubsongError, KeyError, TypeError, ValueError, AttributeError, IndexError):
        log.warning("%s is damaged: recordings are asked anew", path)
        return {}


def write_facts(path: Path, facts: dict[str, AudioFacts]) -> None:
    """Write what is known by recording; it is known again without it, so that a full disk is no failure."""
    try:
        write_json(path, {"format": _FORMAT, "recordings": facts})
    except SubsongError as error:
        log.warning("%s", error)
