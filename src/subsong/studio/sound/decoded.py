"""Samples of recordings that can only be decoded from their start (ogg, mp3), kept on the disk while they are used.

Decoding goes on in a thread of its own; whoever needs samples waits for those alone. A decoded recording is 16-bit
numbers in a file named after what the recording was when it was decoded; the folder holds a bounded number of bytes,
of which the longest unused are deleted first.

Legend: C = channels, T = samples.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.audio import AudioReader
from subsong.sources.reading import read_errors
from subsong.studio.errors import RequestError
from subsong.studio.sound.kept_files import delete_oldest

_BLOCK_SAMPLES = 1 << 16
_FULL_SCALE = np.float32(2**15)
_SAMPLE_BYTES = 2
_MOST_BYTES = 16 << 30
_SUFFIX = ".int16"
_PATIENCE_S = 30.0


class NotYetError(RequestError):
    """Something that is being made, and will be there when it is asked for again."""

    status = 503


class DecodedSound:
    """The samples of a recording, decoded from the start as they are needed for the first time.

    Parameters
    ----------
    reader
        The recording, all its channels; closed when all is decoded.
    version
        Changes with its file.
    folder
        Where decoded samples are kept; made when missing.
    patience_s
        How long a request waits.
    """

    def __init__(self, reader: AudioReader, version: str, folder: Path, patience_s: float = _PATIENCE_S) -> None:
        self._reader, self._info = reader, reader.info
        digest = hashlib.sha256(f"{reader.info.path} {version}".encode("utf-8", "surrogateescape")).hexdigest()[:24]
        self._path, self._patience_s = folder / f"{digest}{_SUFFIX}", patience_s
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._num_ready, self._is_stopped = 0, False
        self._partial: Path | None = None
        self._samples_TC: np.ndarray | None = None
        self._error: SubsongError | None = None

    def wait_for(self, num_samples: int) -> None:
        """Wait until the first samples of the recording are there.

        Raises
        ------
        NotYetError
            When that takes longer than a request waits.
        SubsongError
            When the recording cannot be decoded, or the disk is full.
        """
        with self._changed:
            self._begin()
            self._changed.wait_for(lambda: self._error is not None or self._num_ready >= num_samples, self._patience_s)
            if self._num_ready >= num_samples:
                return
            if self._error is not None:
                raise self._error
            share = self._num_ready / self._info.num_samples
        raise NotYetError(
            f"{self._info.path.name} can only be decoded from its start, which is {share:.0%} done: ask again in a "
            "moment, or convert it to flac"
        )

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return samples in units of full scale, float32, shape (C, T); waits for them."""
        self.wait_for(stop)
        with self._changed:
            values_TC = self._read_partial(start, stop) if self._samples_TC is None else self._samples_TC[start:stop]
        return np.ascontiguousarray(values_TC.T, np.float32) / _FULL_SCALE

    @property
    def has_failed(self) -> bool:
        """Whether decoding ended before the recording did; opened again, it may go well."""
        return self._error is not None

    def stop(self) -> None:
        """Stop decoding, which takes a moment; what is not decoded yet cannot be read any more."""
        self._is_stopped = True
        if self._thread is not None:
            self._thread.join()

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"decode {self._info.path.name}", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            if not self._is_whole():
                self._decode()
            os.utime(self._path)
            self._finish()
            self._reader.close()
        except (ValueError, OSError) as error:  # a SubsongError is a ValueError, as are those of memory maps
            with self._changed:
                self._num_ready = 0
                self._error = error if isinstance(error, SubsongError) else SubsongError(f"{self._path}: {error}")
                self._changed.notify_all()

    def _is_whole(self) -> bool:
        size = self._info.num_samples * self._info.num_channels * _SAMPLE_BYTES
        return self._path.is_file() and self._path.stat().st_size == size

    def _decode(self) -> None:
        """Write all samples, in a memory that does not grow with their number."""
        delete_oldest(self._path.parent, f"*{_SUFFIX}", _MOST_BYTES)
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(atomic_file(self._path))
            self._partial = Path(file.name)
            for start, block_CT in self._reader.blocks(_BLOCK_SAMPLES):
                if self._is_stopped:
                    raise SubsongError(f"{self._info.path.name} was put aside while it was decoded: ask again")
                file.write(_to_int16(block_CT))
                file.flush()
                with self._changed:
                    self._num_ready = start + block_CT.shape[1]
                    self._changed.notify_all()
            with self._changed:  # nobody reads the file while it gets its name
                stack.close()

    def _finish(self) -> None:
        shape = self._info.num_samples, self._info.num_channels
        with self._changed:
            self._samples_TC = np.memmap(self._path, "<i2", "r", shape=shape) if min(shape) else np.zeros(shape, "<i2")
            self._num_ready = self._info.num_samples
            self._changed.notify_all()

    def _read_partial(self, start: int, stop: int) -> np.ndarray:
        num_channels = self._info.num_channels
        assert self._partial is not None, "samples are ready before any were written"
        path = self._partial if self._partial.exists() else self._path
        offset = start * num_channels * _SAMPLE_BYTES
        with read_errors(path):
            values = np.fromfile(path, "<i2", (stop - start) * num_channels, offset=offset)
        return values.reshape(-1, num_channels)


def _to_int16(block_CT: np.ndarray) -> bytes:
    whole_TC = np.rint(block_CT.T * _FULL_SCALE).clip(-_FULL_SCALE, _FULL_SCALE - 1)
    return whole_TC.astype("<i2").tobytes()
