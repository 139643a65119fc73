"""The file of peaks of a channel: columns are added to its end, and it gets its name when it is whole.

What was added before the server ended is taken up again. A column says that it was made, since a file that grew just
before the power failed may hold zeros.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import PARTIAL_SUFFIX, disk_errors
from subsong.studio.sound.peaks import PeakPlan

_COLUMNS_A_CHECK = 4096


class PeaksGoneError(SubsongError):
    """The file was deleted while it was made."""


class PeakFile:
    """Columns on the disk. One writes, several read.

    Parameters
    ----------
    path
        Its name when it is whole.
    plan
        What stands in it.

    Attributes
    ----------
    plan
        As given.
    num_ready
        How many columns can be read, from the first.
    """

    def __init__(self, path: Path, plan: PeakPlan) -> None:
        self._path, self.plan = path, plan
        self._partial = path.with_name(f".{path.name}{PARTIAL_SUFFIX}")
        self.num_ready = 0
        self.look()

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return self.num_ready == self.plan.num_columns

    def look(self) -> None:
        """See whether the file is there, such as made by another studio."""
        if self._path.is_file() and self._path.stat().st_size == self.plan.num_bytes:
            self.num_ready = self.plan.num_columns
            os.utime(self._path)

    def read(self, first: int, stop: int) -> np.ndarray:
        """Return columns from one number to before another, as `plan` lays them out.

        Raises
        ------
        PeaksGoneError
            When they are not there, or not there any more.
        """
        for path in (self._partial, self._path):  # in this order, since the one becomes the other
            try:
                columns = np.fromfile(path, self.plan.dtype, stop - first, offset=first * self.plan.dtype.itemsize)
            except FileNotFoundError:
                continue
            if len(columns) == stop - first:
                return columns
        raise self._lose()

    def take_up(self) -> None:
        """Find what was added before, and cut off what was half added."""
        self.num_ready = 0
        if not self._partial.is_file():
            return
        itemsize = self.plan.dtype.itemsize
        num_there = min(self._partial.stat().st_size // itemsize, self.plan.num_columns)
        num_good = 0
        for first in range(0, num_there, _COLUMNS_A_CHECK):
            count = min(_COLUMNS_A_CHECK, num_there - first)
            is_made = np.fromfile(self._partial, self.plan.dtype, count, offset=first * itemsize)["is_made"]
            num_good = first + (count if is_made.all() else int(is_made.argmin()))
            if num_good < first + count:
                break
        os.truncate(self._partial, num_good * itemsize)
        self.num_ready = num_good

    def add(self, columns: np.ndarray) -> None:
        """Add columns to the end.

        Raises
        ------
        SubsongError
            When the disk is full, the folder is not writable, or what was added before is gone.
        """
        with disk_errors(self._path), open(self._partial, "ab") as file:
            if file.tell() != self.num_ready * self.plan.dtype.itemsize:
                raise self._lose()
            file.write(columns.tobytes())
        self.num_ready += len(columns)

    def finish(self) -> None:
        """Give the file its name.

        Raises
        ------
        SubsongError
            When the disk is full.
        """
        with disk_errors(self._path), open(self._partial, "ab") as file:
            os.fsync(file.fileno())
        with disk_errors(self._path):
            os.replace(self._partial, self._path)

    def _lose(self) -> PeaksGoneError:
        self.num_ready = 0
        return PeaksGoneError(f"{self._path} was deleted while it was used: ask again, it will be made anew")
