"""Recordings kept open while they are looked at, shared by all requests.

Legend: C = channels, T = samples.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.audio import AudioReader, open_audio
from subsong.sources.audio.info import FULL_SCALES
from subsong.sources.reading import read_errors
from subsong.studio.errors import NotFoundError
from subsong.studio.sound.decoded import DecodedSound

_MOST_OPEN = 12
# Part of every version: another one makes browsers forget pictures that were computed in another way.
_METHOD = "2"


class Sound:
    """An open recording that several threads may read.

    Parameters
    ----------
    reader
        Of all its channels.
    version
        Changes with the file.
    decoded
        Its samples, where `reader` could only decode them from the start; None: it finds every place.

    Attributes
    ----------
    info, version
        What the recording says of itself, and what changes with it.
    """

    def __init__(self, reader: AudioReader, version: str, decoded: DecodedSound | None = None) -> None:
        self.info, self.version = reader.info, version
        self._reader, self._decoded, self._lock = reader, decoded, threading.Lock()

    @property
    def has_failed(self) -> bool:
        """Whether it has to be opened again to be read."""
        return self._decoded is not None and self._decoded.has_failed

    def take_channel(self, channel: int) -> Callable[[int, int], np.ndarray]:
        """Return what reads a channel: a function of the first sample and of that after the last.

        It returns float32, shape (T,), zeros beyond the ends of the recording.

        Raises
        ------
        NotFoundError
            When there is no such channel.
        """
        if channel >= self.info.num_channels:
            raise NotFoundError(
                f"{self.info.path.name} has no channel {channel}: it has {self.info.num_channels}, numbered from 0"
            )
        return functools.partial(self._read, channel)

    def wait_for(self, stop_s: float) -> None:
        """Wait until the recording can be read up to a time, which takes time only where it has to be decoded.

        Raises
        ------
        SubsongError
            When it takes long, or the recording cannot be decoded.
        """
        if self._decoded is not None:
            self._decoded.wait_for(min(round(stop_s * self.info.sample_rate_hz), self.info.num_samples))

    def let_go(self) -> None:
        """Stop what goes on for this recording; those who read it at this moment may finish."""
        if self._decoded is not None:
            self._decoded.stop()

    def _read(self, channel: int, start: int, stop: int) -> np.ndarray:
        first = min(max(start, 0), self.info.num_samples)
        last = min(max(stop, first), self.info.num_samples)
        if self._decoded is not None:
            part_T: np.ndarray = self._decoded.read(first, last)[channel]
        else:
            with self._lock:
                part_T = self._reader.read(first, last)[channel]
        if len(part_T) == stop - start:
            return part_T
        whole_T = np.zeros(stop - start, np.float32)
        whole_T[first - start : first - start + len(part_T)] = part_T
        return whole_T


class OpenSounds:
    """The recordings that were looked at last, open.

    Parameters
    ----------
    decoded_dir
        Where decoded samples are kept.
    most_open
        Most recordings; the longest unused is let go first.
    """

    def __init__(self, decoded_dir: Path, most_open: int = _MOST_OPEN) -> None:
        self._decoded_dir, self._most_open = decoded_dir, most_open
        self._open: OrderedDict[Path, Sound] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, path: Path) -> Sound:
        """Return a recording as its file is at this moment.

        Raises
        ------
        SubsongError
            When the file cannot be read.
        """
        version = find_version(path)
        with self._lock:
            kept = self._open.get(path)
            if kept is not None and kept.version == version and not kept.has_failed:
                self._open.move_to_end(path)
                return kept
        return self._keep(path, self._open_sound(path, version))

    def _open_sound(self, path: Path, version: str) -> Sound:
        reader = open_audio(path, "all")
        if reader.info.stored_as in FULL_SCALES:
            return Sound(reader, version)
        return Sound(reader, version, DecodedSound(reader, version, self._decoded_dir))

    def _keep(self, path: Path, sound: Sound) -> Sound:
        with self._lock:
            before = self._open.get(path)
            if before is not None and before.version == sound.version and not before.has_failed:
                return before  # another request opened it meanwhile
            self._open[path] = sound
            self._open.move_to_end(path)
            if before is not None:
                before.let_go()
            while len(self._open) > self._most_open:
                self._open.popitem(last=False)[1].let_go()
        return sound


def find_version(path: Path) -> str:
    """Return a short text that changes whenever a file does.

    Raises
    ------
    NotFoundError
        When the file is not there any more.
    """
    try:
        with read_errors(path):
            state = path.stat()
    except SubsongError as error:
        raise NotFoundError(str(error)) from error
    return f"{state.st_mtime_ns:x}-{state.st_size:x}-{_METHOD}"
