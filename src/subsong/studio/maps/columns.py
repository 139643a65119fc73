"""Columns of a map as bytes: a length, a header in JSON, then one number an item.

The first four bytes are the header's length, an unsigned little-endian integer; the header is padded with spaces so
that the numbers begin at a multiple of eight. A category has ``levels`` in its header and int32 codes, -1 for no value;
a number has float64 values, NaN for none; a text has its ``values`` in the header and nothing after it.

Legend: N = items of the map.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError

_ALIGNMENT = 8
KINDS = ("category", "number", "text")


def pack_column(series: pl.Series, kind: str) -> bytes:
    """Return a column of one of `KINDS` as bytes.

    Raises
    ------
    SubsongError
        When the kind is another, or a number's column holds something else.
    """
    header, values = describe_column(series, kind)
    return pack(header, *([] if values is None else [values]))


def describe_column(series: pl.Series, kind: str) -> tuple[dict[str, Any], np.ndarray | None]:
    """Return the header of a column and its numbers, shape (N,); None for a text, which has none.

    Raises
    ------
    SubsongError
        As `pack_column`.
    """
    header: dict[str, Any] = {"name": series.name, "kind": kind}
    if kind == "category":
        levels, codes_N = _code(series.cast(pl.String))
        return {**header, "levels": levels}, codes_N
    if kind == "number":
        if not series.dtype.is_numeric() and series.dtype != pl.Boolean:
            raise SubsongError(f"column {series.name} should hold numbers, found {series.dtype}: build the map anew")
        return header, series.cast(pl.Float64).fill_null(float("nan")).to_numpy()
    if kind == "text":
        return {**header, "values": series.cast(pl.String).fill_null("").to_list()}, None
    raise SubsongError(f"column {series.name} is of the kind {kind!r}: expected one of {', '.join(KINDS)}")


def _code(texts: pl.Series) -> tuple[list[str], np.ndarray]:
    """Return the different texts in the order of a legend, and which of them each item has."""
    levels = sorted(texts.drop_nulls().unique().to_list(), key=_rank_level)
    codes = texts.replace_strict(levels, list(range(len(levels))), default=-1, return_dtype=pl.Int32)
    return levels, codes.fill_null(-1).to_numpy()


def _rank_level(level: str) -> tuple[bool, int, str]:
    """Put numbers by size before names; the figures' own way comes with matplotlib, which no map should wait for."""
    return (not level.isdecimal(), len(level) * level.isdecimal(), level)


def pack(header: dict[str, Any], *arrays: np.ndarray) -> bytes:
    """Return a header and arrays, one after the other, as bytes that a browser reads without copying.

    Parameters
    ----------
    header
        Anything JSON has.
    arrays
        Numbers; the bytes of each but the last are a multiple of eight.
    """
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    text += b" " * (-(len(text) + 4) % _ALIGNMENT)
    numbers = [np.ascontiguousarray(values, values.dtype.newbyteorder("<")).tobytes() for values in arrays]
    return b"".join([len(text).to_bytes(4, "little"), text, *numbers])
