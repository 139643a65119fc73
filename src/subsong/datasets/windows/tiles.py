"""Reading runs of frames straight from the files of a store, so that memory does not grow with what was read.

A memory map would count every page it touched as ours; here only the frames that are asked for are ever in memory.

Legend: K = frames of a run.
"""

from __future__ import annotations

import bisect
import functools
import math
import os
import threading
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import ArrayEntry, Shard

_MOST_OPEN_FILES = 64


class TileReader:
    """The tiles of one array of a store as one long list of frames. Several threads may read at once.

    Parameters
    ----------
    folder
        The store.
    entry
        The array; an item is a tile, shape (frames of a tile, ...).

    Attributes
    ----------
    dtype
        Type of the values.
    frame_shape
        Shape of one frame.

    Raises
    ------
    SubsongError
        When a file is missing, or is not what the manifest says.
    """

    def __init__(self, folder: Path, entry: ArrayEntry) -> None:
        self.dtype = np.dtype(entry.dtype)
        self.frame_shape = entry.item_shape[1:]
        self._paths = [folder / shard.file for shard in entry.shards]
        self._data_starts = [
            _find_data(path, shard, entry) for path, shard in zip(self._paths, entry.shards, strict=True)
        ]
        # A list: looking one number up in an array takes ten times as long.
        self._ends: list[int] = (entry.item_shape[0] * np.cumsum([shard.num_items for shard in entry.shards])).tolist()
        self._frame_bytes = math.prod(self.frame_shape) * self.dtype.itemsize
        # What falls out of the cache is closed once nobody reads from it any more.
        self._open = functools.lru_cache(_MOST_OPEN_FILES)(lambda number: _OpenFile(self._paths[number]))

    def __len__(self) -> int:
        return self._ends[-1]

    def read_into(self, frames_K: np.ndarray, first: int) -> None:
        """Fill `frames_K`, contiguous, of `dtype` and shape (K, *frame_shape), with the frames from `first` on.

        Raises
        ------
        SubsongError
            When a file became shorter since it was opened.
        """
        assert 0 <= first <= len(self) - len(frames_K)
        done = 0
        while done < len(frames_K):
            number = bisect.bisect_right(self._ends, first + done)
            last = min(len(frames_K), self._ends[number] - first)
            self._read_from(number, frames_K[done:last], first + done)
            done = last

    def _read_from(self, number: int, frames_K: np.ndarray, first: int) -> None:
        first_of_file = self._ends[number - 1] if number else 0
        place = self._data_starts[number] + (first - first_of_file) * self._frame_bytes
        missing = frames_K.reshape(-1).view(np.uint8).data
        file = self._open(number)
        while len(missing):
            num_read = file.read_into(missing, place)
            if num_read == 0:
                raise SubsongError(f"{self._paths[number]} became shorter while it was read: prepare the dataset again")
            missing, place = missing[num_read:], place + num_read


class _OpenFile:
    """A file that several threads read at places of their own; closed when it is dropped."""

    def __init__(self, path: Path) -> None:
        # Windows would take the bytes for lines of text.
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        self._lock = threading.Lock()

    def __del__(self) -> None:
        if hasattr(self, "_descriptor"):
            os.close(self._descriptor)

    def read_into(self, buffer: memoryview, place: int) -> int:
        """Read bytes from `place` on, at most as many as fit; return how many."""
        if hasattr(os, "preadv"):
            return os.preadv(self._descriptor, [buffer], place)
        # Windows has no reading at a place.
        with self._lock:
            os.lseek(self._descriptor, place, os.SEEK_SET)
            part = os.read(self._descriptor, len(buffer))
        buffer[: len(part)] = part
        return len(part)


def _find_data(path: Path, shard: Shard, entry: ArrayEntry) -> int:
    """Return where in a ``.npy`` file its values begin, after checking that it is whole."""
    expected = (shard.num_items, *entry.item_shape)
    try:
        with path.open("rb") as file:
            np.lib.format.read_magic(file)
            shape, _, dtype = np.lib.format.read_array_header_1_0(file)
            start = file.tell()
    except FileNotFoundError as error:
        raise SubsongError(f"{path} is missing from its dataset: copy the whole folder or prepare it again") from error
    except ValueError as error:
        raise SubsongError(f"{path} is damaged: copy it again or prepare the dataset again") from error
    if (shape, dtype) != (expected, np.dtype(entry.dtype)):
        raise SubsongError(
            f"{path} holds {dtype} {shape}, the manifest says {entry.dtype} {expected}: the files do not belong "
            "together; prepare the dataset again"
        )
    if path.stat().st_size < start + math.prod(expected) * dtype.itemsize:
        raise SubsongError(f"{path} is cut short: copy it again or prepare the dataset again")
    return start
