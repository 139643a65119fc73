"""The one record of an annotation: who sang what, when, in which recording.

A table has one row an annotation. A segment has ``offset_s > onset_s``; an event is a point, ``offset_s == onset_s``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean

ANNOTATION_SCHEMA: dict[str, type[pl.DataType]] = {
    "recording": pl.String,
    "channel": pl.Int64,
    "onset_s": pl.Float64,
    "offset_s": pl.Float64,
    "low_hz": pl.Float64,
    "high_hz": pl.Float64,
    "label": pl.String,
    "score": pl.Float64,
    "annotator": pl.String,
}
"""Columns of an annotation table, in order.

``recording`` (path relative to the folder that was read, or the name the annotation file gives), ``channel`` (from 0;
null: not said), ``onset_s`` and ``offset_s`` (from the start of the recording), ``low_hz`` and ``high_hz`` (null: not
said), ``label``, ``score`` (of a program's detection) and ``annotator`` (null: not said).
"""

REQUIRED_COLUMNS = ("recording", "onset_s", "offset_s")
_ORDER = ("recording", "onset_s", "offset_s", "channel", "annotator")


def build_annotations(**columns: Any) -> pl.DataFrame:
    """Return a table of the right schema from the columns that are known; the rest is null.

    Parameters
    ----------
    **columns
        Sequences of equal length, named as in `ANNOTATION_SCHEMA`; one value stands for all rows. ``recording``,
        ``onset_s`` and ``offset_s`` must be there. A time that is missing is NaN, not null.

    Raises
    ------
    SubsongError
        When a column is unknown or missing, or the lengths differ.
    """
    for name in columns:
        if name not in ANNOTATION_SCHEMA:
            raise SubsongError(f"annotations have no column {name!r}: {did_you_mean(name, ANNOTATION_SCHEMA)}")
    for name in REQUIRED_COLUMNS:
        if name not in columns:
            raise SubsongError(f"annotations need a column {name!r}: found {', '.join(columns) or 'none'}")
    lengths = {name: len(values) for name, values in columns.items() if _is_column(values)}
    if len(set(lengths.values())) > 1:
        raise SubsongError(f"columns of annotations differ in length: {lengths}")
    num_rows = next(iter(lengths.values()), 1)
    data = {name: _fill(columns.get(name), num_rows) for name in ANNOTATION_SCHEMA}
    frame = pl.DataFrame(data, schema=ANNOTATION_SCHEMA, strict=False)
    return frame.with_columns(pl.col("onset_s", "offset_s").fill_null(float("nan")))


def empty_annotations() -> pl.DataFrame:
    """Return a table of the right schema without rows."""
    return pl.DataFrame(schema=ANNOTATION_SCHEMA)


def sort_annotations(table: pl.DataFrame) -> pl.DataFrame:
    """Return the rows by recording, onset, offset, channel and annotator; equal rows keep their order."""
    return table.sort(_ORDER, nulls_last=False, maintain_order=True)


def _is_column(values: Any) -> bool:
    return hasattr(values, "__len__") and not isinstance(values, str)


def _fill(values: Any, num_rows: int) -> Sequence[Any]:
    filled: Sequence[Any] = values if _is_column(values) else [values] * num_rows
    return filled
