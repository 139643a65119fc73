"""Cells -> numbers: counts, 0/1, TRUE/FALSE, cover, X; empty is unknown.

Legend: N = rows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.species_table_files import RawTable

_SMALLEST, _LARGEST = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
_WORDS = {"TRUE": "1", "FALSE": "0"}
# Numbers that describe the place, the time or the effort. Only of columns nobody has said anything about.
_DESCRIPTION = re.compile(
    r"x|y|(coord|lon|lat|easting|northing|elev|alt|year|month|week|day|date|time|hour|duration|effort|distance|area|"
    r"visit|observer)([_. ].*|\d*|s|[xy]|itude|gitude|ation)?|.*_(min|h|km|m|ha|km2|m2)",
    re.IGNORECASE,
)


class Cells(NamedTuple):
    """One column of numbers.

    Attributes
    ----------
    values
        float64, shape (N,): NaN for X, and where unknown.
    is_unknown
        bool, shape (N,): True where the cell is empty.
    """

    values: np.ndarray
    is_unknown: np.ndarray


def is_description(name: str) -> bool:
    """Tell whether a column's name is that of a coordinate, a time or an effort rather than of a species.

    Examples
    --------
    >>> [is_description(name) for name in ("x", "Latitude", "duration_min", "Larus marinus")]
    [True, True, True, False]
    """
    return _DESCRIPTION.fullmatch(name) is not None


def holds_numbers(cells: pl.Series, missing: Sequence[str]) -> bool:
    """Tell whether more cells of a column are numbers than are other text; a column of empty cells holds numbers."""
    if cells.dtype != pl.String:
        return cells.dtype.is_numeric() or cells.dtype in (pl.Boolean, pl.Null)
    texts = _clean(cells, missing).drop_nulls()
    return _find_bad(texts, _to_numbers(texts)).sum() * 2 <= len(texts)


def parse_detections(table: RawTable, column: str, missing: Sequence[str]) -> Cells:
    """Return the cells of a species: not below 0, NaN for X.

    Raises
    ------
    SubsongError
        When a cell is neither a number of at least 0, nor TRUE, FALSE, X or empty, or is too large a number for the
        float32 that counts are kept in; names row and column.
    """
    cells = _clean(table.frame[column], missing)
    numbers = _to_numbers(cells)
    is_bad = _find_bad(cells, numbers) | (numbers < 0).fill_null(False)
    _check(table, column, is_bad, "a count, 0 or 1, TRUE or FALSE, X, or an empty cell for unknown")
    is_large = (numbers > _LARGEST).fill_null(False)
    _check(table, column, is_large, f"a count that is finite and at most {_LARGEST:.2g}")
    values = numbers.fill_null(float("nan")).to_numpy()
    # What is above 0 is a detection, however small.
    values = np.where(values > 0, np.maximum(values, _SMALLEST), values)
    return Cells(values, cells.is_null().to_numpy())


def parse_covariate(table: RawTable, column: str, missing: Sequence[str]) -> pl.Series:
    """Return a column as Float64, null where empty.

    Raises
    ------
    SubsongError
        When a cell is not a number; names row and column.
    """
    cells = _clean(table.frame[column], missing)
    numbers = _to_numbers(cells)
    is_bad = (numbers.is_null() & cells.is_not_null()) | numbers.is_infinite().fill_null(False)
    _check(table, column, is_bad, "a number or an empty cell")
    return numbers


def _clean(cells: pl.Series, missing: Sequence[str]) -> pl.Series:
    """Return texts without blanks around them, null where empty; other types as they are."""
    return cells.str.strip_chars().replace(dict.fromkeys(("", *missing))) if cells.dtype == pl.String else cells


def _to_numbers(cells: pl.Series) -> pl.Series:
    """Return numbers, null where there is none."""
    if cells.dtype == pl.String:
        numbers = cells.str.to_uppercase().replace(_WORDS).cast(pl.Float64, strict=False)
        return numbers.set(~numbers.is_finite().fill_null(True), None)
    if not (cells.dtype.is_numeric() or cells.dtype in (pl.Boolean, pl.Null)):
        return pl.repeat(None, len(cells), dtype=pl.Float64, eager=True)
    return cells.cast(pl.Float64)


def _find_bad(cells: pl.Series, numbers: pl.Series) -> pl.Series:
    """Return which cells are neither numbers, nor X, nor empty."""
    is_other = numbers.is_null() & cells.is_not_null()
    return is_other & (cells.str.to_uppercase() != "X").fill_null(False) if cells.dtype == pl.String else is_other


def _check(table: RawTable, column: str, is_bad: pl.Series, expected: str) -> None:
    if is_bad.any():
        row = int(is_bad.arg_max() or 0)
        raise SubsongError(
            f"{table.say_where(row)}: expected {expected} in column {column!r}, found {table.frame[column][row]!r}; "
            "mend the cell, or say what the column is"
        )
