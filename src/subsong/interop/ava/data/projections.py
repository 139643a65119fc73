"""AVA's projection files, which keep latents beside the spectrograms; each column here says what it was made from.

A file has the name of its file of spectrograms, and one row a syllable. AVA reads a column that is there, whichever
model made it; ours carries an attribute ``made_from``, and one made from something else is not used.

Legend: S = spectrograms of a file.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from subsong.interop.ava.hdf5 import open_hdf5, write_columns

_MADE_FROM = "made_from"


def read_projection(path: Path, name: str, made_from: str | None, num_rows: int) -> np.ndarray | None:
    """Return a column, shape (S, ...), or None where it has to be made.

    Parameters
    ----------
    path
        The file, which need not be there.
    name
        The column.
    made_from
        What it should have been made from; None takes any.
    num_rows
        S. A column of another length belongs to other spectrograms.
    """
    if not path.is_file():
        return None
    with open_hdf5(path) as file:
        if name not in file or len(file[name]) != num_rows:
            return None
        if made_from is not None and file[name].attrs.get(_MADE_FROM) != made_from:
            return None
        values: np.ndarray = file[name][()]
    return values


def write_projection(path: Path, name: str, values: np.ndarray, made_from: str) -> None:
    """Add a column to a file, or replace it there; the file is whole at any moment."""
    columns, attributes = {}, {}
    if path.is_file():
        with open_hdf5(path) as file:
            columns = {key: file[key][()] for key in file if key != name}
            attributes = {key: dict(file[key].attrs) for key in columns}
    write_columns(path, {**columns, name: values}, {**attributes, name: {_MADE_FROM: made_from}})
