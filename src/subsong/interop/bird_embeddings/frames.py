"""The door to pandas: an optional dependency, whose frames these calls take and return.

`Frame` stands for a pandas DataFrame, which has no type where pandas is not installed; a polars frame is taken as well.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean

Frame: TypeAlias = Any
LIST_COLUMN = "SAMPLING EVENT IDENTIFIER"
METADATA_COLUMNS = (
    "COUNTY",
    "OBSERVATION DATE",
    "LATITUDE",
    "LONGITUDE",
    "DURATION MINUTES",
    "EFFORT DISTANCE KM",
    "NUMBER OBSERVERS",
    "ALL SPECIES REPORTED",
)
_SPECIES = "subsong_species"


def import_pandas() -> Any:
    """Return pandas.

    Raises
    ------
    SubsongError
        When it is not installed; says how to.
    """
    try:
        return importlib.import_module("pandas")
    except ImportError as error:
        raise SubsongError(
            "these calls take and return pandas frames, and pandas is not installed: pip install 'subsong[pandas]'"
        ) from error


def to_pandas(data: Frame) -> Frame:
    """Return a frame of pandas or of polars as one of pandas.

    Raises
    ------
    SubsongError
        When it is neither.
    """
    pandas = import_pandas()
    if isinstance(data, pl.DataFrame):
        return data.to_pandas()
    if isinstance(data, pandas.DataFrame):
        return data
    raise SubsongError(f"expected a pandas or polars DataFrame, found a {type(data).__name__}")


def check_columns(data: Frame, names: Sequence[str]) -> None:
    """Raise SubsongError when a frame lacks one of the columns; names the nearest it has."""
    for name in names:
        if name not in data.columns:
            raise SubsongError(f"the data have no column {name!r}; {did_you_mean(name, map(str, data.columns))}")


def mark_species(matrix: Frame, species: Sequence[str]) -> Frame:
    """Note in a matrix which of its columns are species, so that none of the others is ever taken for one."""
    matrix.attrs[_SPECIES] = list(species)
    return matrix


def find_species(matrix: Frame) -> list[str]:
    """Return the species among a matrix's columns: those it was marked with, or else all numbers but effort and place.

    Notes
    -----
    In bird-embeddings every numeric column counts, so that latitude becomes a species once metadata are kept.
    """
    marked = matrix.attrs.get(_SPECIES)
    if marked is not None and set(marked) <= set(matrix.columns):
        return list(marked)
    return [name for name in matrix.select_dtypes(np.number).columns if name not in METADATA_COLUMNS]
