"""A table's columns as the page reads them: categories, numbers or texts.

Legend: N = items.
"""

from __future__ import annotations

import base64
from typing import Any, Literal

import numpy as np
import polars as pl

from subsong.reports.latent import sort_labels

MAX_LEVELS = 256
"""Text with more different values than this cannot be coloured by, only shown and searched."""
_MAX_INTEGER_LEVELS = 12


def build_columns(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Return what the page needs of each column.

    Text with at most `MAX_LEVELS` different values, truth values, dates, and integers with at most a dozen different
    values (clusters, days) are categories. Lists, structures and bytes have no place in a legend and are left out.
    """
    return [_build_column(series) for series in table if not (series.dtype.is_nested() or series.dtype == pl.Binary)]


def encode_array(values: np.ndarray, dtype: str) -> str:
    """Return the little-endian bytes of an array in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=np.dtype(dtype).newbyteorder("<")).tobytes()).decode()


def find_kind(series: pl.Series) -> Literal["category", "number", "text"]:
    """Return how a column of plain values is shown; see `build_columns`."""
    if series.dtype.is_numeric() and not _is_grouping(series):
        return "number"
    return "category" if series.drop_nulls().n_unique() <= MAX_LEVELS else "text"


def _build_column(series: pl.Series) -> dict[str, Any]:
    kind = find_kind(series)
    if kind == "number":
        values_N = series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
        return {"name": series.name, "kind": "number", "values": encode_array(values_N, "f8")}
    texts = series.cast(pl.String)
    if kind == "text":
        return {"name": series.name, "kind": "text", "values": texts.fill_null("").to_list()}
    levels = _sort_levels(series)
    number_of = {level: number for number, level in enumerate(levels)}
    codes_N = np.array([number_of.get(text, -1) for text in texts.to_list()], dtype=np.int64)
    return {"name": series.name, "kind": "category", "levels": levels, "codes": encode_array(codes_N, "i4")}


def _is_grouping(series: pl.Series) -> bool:
    return series.dtype.is_integer() and series.drop_nulls().n_unique() <= _MAX_INTEGER_LEVELS


def _sort_levels(series: pl.Series) -> list[str]:
    """Return the different values as text: numbers and dates in their order, texts as `sort_labels` has them."""
    known = series.drop_nulls().unique()
    if series.dtype == pl.String or isinstance(series.dtype, pl.Categorical | pl.Enum):
        return sort_labels(known.cast(pl.String).to_numpy())
    return known.sort().cast(pl.String).to_list()
