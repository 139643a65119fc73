"""AVA's HDF5 files: a few data sets at the root, one row a syllable, without attributes or compression.

Legend: S = spectrograms of a file, H, W = its rows (low to high frequency) and columns (time).
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import h5py
import numpy as np

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import atomic_file

SUFFIX = ".hdf5"


class SpecFile(NamedTuple):
    """The content of a file of spectrograms.

    Attributes
    ----------
    specs
        Values in [0, 1], shape (S, H, W).
    onsets, offsets
        Seconds from the start of the recording, float64, shape (S,). None where the file has none, as AVA's of
        shotgun windows (ours have them); quantiles of the song in files of warped songs.
    audio_filenames
        The recordings, or None.
    """

    specs: np.ndarray
    onsets: np.ndarray | None = None
    offsets: np.ndarray | None = None
    audio_filenames: list[str] | None = None


def find_hdf5(folders: Sequence[str | Path]) -> list[Path]:
    """Return the ``.hdf5`` files in folders, sorted by name within each.

    Raises
    ------
    SubsongError
        When one of the folders does not exist.
    """
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise SubsongError(f"no folder {folder}: expected one with AVA's {SUFFIX} files")
    return [path for folder in folders for path in sorted(Path(folder).iterdir()) if path.suffix == SUFFIX]


def read_specs(path: str | Path) -> SpecFile:
    """Read a file of spectrograms, of AVA's making or ours.

    Raises
    ------
    SubsongError
        When the file is missing or damaged, or its data sets differ in length.
    """
    path = Path(path)
    with open_hdf5(path) as file:
        columns = {name: file[name][()] for name in SpecFile._fields if name in file}
    specs = columns.get("specs")
    if specs is None or specs.ndim != 3:
        raise SubsongError(f"{path} should hold spectrograms, a data set 'specs' of three axes: it has none")
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise SubsongError(f"{path}: its data sets differ in length, {lengths}; it is damaged, make it again")
    names = columns.pop("audio_filenames", None)
    return SpecFile(**columns, audio_filenames=None if names is None else decode_names(names))


def write_specs(path: str | Path, content: SpecFile) -> None:
    """Write a file of spectrograms as AVA does, whole or not at all; names as bytes.

    Numbers are float64, but for spectrograms in float32, which AVA has of windows.
    """
    columns = {name: np.asarray(values) for name, values in content._asdict().items() if values is not None}
    if "audio_filenames" in columns:
        columns["audio_filenames"] = np.array([name.encode() for name in content.audio_filenames or []], dtype="S")
    write_columns(path, {name: _to_stored(name, values) for name, values in columns.items()})


def _to_stored(name: str, values: np.ndarray) -> np.ndarray:
    is_kept = values.dtype.kind == "S" or (name == "specs" and values.dtype == np.float32)
    return values if is_kept else values.astype(np.float64)


def read_column(path: str | Path, name: str) -> np.ndarray:
    """Read one data set.

    Raises
    ------
    SubsongError
        When the file is missing or damaged, or has no such data set.
    """
    with open_hdf5(Path(path)) as file:
        if name not in file:
            raise SubsongError(f"{path} has no data set {name!r}: {did_you_mean(name, file)}")
        column: np.ndarray = file[name][()]
    return column


def read_columns(path: Path) -> dict[str, np.ndarray]:
    """Return what a file of spectrograms holds besides them, by name.

    Raises
    ------
    SubsongError
        When the file is missing or damaged.
    """
    with open_hdf5(path) as file:
        return {name: file[name][()] for name in SpecFile._fields if name in file and name != "specs"}


def write_columns(
    path: str | Path, columns: Mapping[str, np.ndarray], attributes: Mapping[str, Mapping[str, Any]] | None = None
) -> None:
    """Write data sets, and attributes of some of them, to a new file, whole or not at all."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, values in columns.items():
            file.create_dataset(name, data=values)
            file[name].attrs.update((attributes or {}).get(name, {}))
    with atomic_file(path) as target:
        target.write(buffer.getbuffer())


def map_specs(path: Path) -> np.ndarray:
    """Return the spectrograms of a file, shape (S, H, W), mapped into memory where they lie in one piece."""
    with open_hdf5(path) as file:
        specs = file.get("specs")
        if not isinstance(specs, h5py.Dataset) or specs.ndim != 3:
            raise SubsongError(f"{path} should hold spectrograms, a data set 'specs' of three axes: it has none")
        offset = specs.id.get_offset()
        if offset is None or specs.dtype.kind != "f":
            values: np.ndarray = specs[()]
            return values
        shape, dtype = specs.shape, specs.dtype
    return np.memmap(path, dtype, "r", offset, shape)


def count_specs(path: Path) -> int:
    """Return the number of spectrograms in a file."""
    with open_hdf5(path) as file:
        if "specs" not in file:
            raise SubsongError(
                f"{path} should hold spectrograms, a data set 'specs': it has {', '.join(file) or 'none'}"
            )
        return len(file["specs"])


def decode_names(names: np.ndarray) -> list[str]:
    """Return names of recordings, which AVA writes as bytes."""
    return [name.decode("utf-8") if isinstance(name, bytes) else str(name) for name in names]


@contextmanager
def open_hdf5(path: Path) -> Iterator[h5py.File]:
    """Open a file for reading; raises SubsongError when it is missing or damaged."""
    if not path.is_file():
        raise SubsongError(f"no file {path}: expected one of AVA's {SUFFIX} files")
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise SubsongError(f"{path} is no HDF5 file, or a damaged one: make it again, or leave it out") from error
    with file:
        yield file
