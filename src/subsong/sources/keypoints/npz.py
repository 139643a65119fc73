"""The arrays of an ``.npz`` file; nothing in it is ever executed."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.reading import read_errors


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """Return all arrays of an ``.npz`` file by name.

    Raises
    ------
    SubsongError
        When the file is missing, damaged, no ``.npz`` file, or holds pickled objects.
    """
    with _damage(path), open(path, "rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise SubsongError(f"{path} holds one array, expected an .npz file with several: save it with numpy.savez")
        return dict(loaded.items())


def list_arrays(path: Path) -> tuple[str, ...]:
    """Return the names of the arrays of an ``.npz`` file, without reading them.

    Raises
    ------
    SubsongError
        When the file is missing, damaged or no ``.npz`` file.
    """
    with _damage(path), zipfile.ZipFile(path) as archive:
        return tuple(name.removesuffix(".npy") for name in archive.namelist())


@contextlib.contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn what NumPy and unpackers say of damaged files into one sentence."""
    try:
        with read_errors(path):
            yield
    except SubsongError:
        raise
    except (ValueError, KeyError, NotImplementedError) as error:
        raise SubsongError(
            f"{path} cannot be read as an .npz file of plain arrays: it is damaged, or holds pickled objects, which "
            "are not loaded; save it again with numpy.savez"
        ) from error
