"""HDF5 files of keypoints: their arrays and texts.

Datasets of any shape are read whole: files of keypoints fit into memory.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.reading import read_errors


@contextlib.contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises
    ------
    SubsongError
        When the file is missing, empty, cut short, damaged or of another kind, now or while it is read.
    """
    with read_errors(path), open(path, "rb"):
        pass
    try:
        with h5py.File(path, "r") as file:
            yield file
    except SubsongError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise SubsongError(
            f"{path} cannot be read as HDF5: it is of another kind, cut short or damaged ({error}); copy or write it "
            "again"
        ) from error


def read_array(path: Path, file: h5py.File, name: str) -> np.ndarray:
    """Return a dataset of numbers.

    Raises
    ------
    SubsongError
        When the file has no dataset of this name, or it does not hold numbers.
    """
    if not isinstance(file.get(name), h5py.Dataset):
        raise SubsongError(
            f"{path} has no dataset {name!r}, found {', '.join(map(str, file))}: is it of another format?"
        )
    values = np.asarray(file[name])
    if values.dtype.kind not in "biuf":
        raise SubsongError(f"{path}: the dataset {name!r} is of type {values.dtype}, expected numbers")
    return values


def read_texts(file: h5py.File, name: str) -> tuple[str, ...]:
    """Return a dataset of texts; empty where the file has none of this name."""
    if not isinstance(file.get(name), h5py.Dataset):
        return ()
    values = np.asarray(file[name]).ravel()
    return tuple(value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in values)
