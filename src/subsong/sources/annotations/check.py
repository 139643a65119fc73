"""Annotations that cannot be, or that deserve a look: what was found, and what was done with each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from subsong.sources.annotations.table import ANNOTATION_SCHEMA, sort_annotations

PROBLEM_SCHEMA: dict[str, type[pl.DataType]] = {
    "recording": pl.String,
    "row": pl.Int64,
    "onset_s": pl.Float64,
    "offset_s": pl.Float64,
    "problem": pl.String,
}
# Times within the recording, whose length is in the column _end.
_CUT_ONSET = pl.col("onset_s").clip(lower_bound=0.0)
_CUT_OFFSET = pl.min_horizontal("offset_s", "_end").alias("offset_s")
_GROUP = ("recording", "channel", "annotator")


class CheckedSegments(NamedTuple):
    """Annotations that can be used, and all that was found wrong.

    Attributes
    ----------
    kept
        Sorted; columns as in `ANNOTATION_SCHEMA`.
    problems
        One row a problem, by row: ``recording``, ``row`` (in the table that was checked, from 0), ``onset_s`` and
        ``offset_s`` (as they were), and ``problem``, which ends with what was done: dropped, changed or kept.
    """

    kept: pl.DataFrame
    problems: pl.DataFrame


def check_segments(
    table: pl.DataFrame, durations_s: Mapping[str, float], tolerance_s: float = 0.02, keep_events: bool = False
) -> CheckedSegments:
    """Drop annotations that cannot be used, mend those that nearly can, and note each.

    Parameters
    ----------
    table
        Columns as in `ANNOTATION_SCHEMA`.
    durations_s
        Length of each recording; the ends of one that is not named are not checked, which is noted.
    tolerance_s
        A segment that reaches past either end of its recording by this much or less is cut there; by more, it is
        dropped. The default covers the half window by which segmenters on spectrograms overshoot.
    keep_events
        Whether points (``offset_s == onset_s``) are wanted; else they are dropped.

    Returns
    -------
    CheckedSegments
        Every row of `table` is in ``kept`` or in ``problems``, or in both when it was changed or deserves a look.
    """
    lengths = pl.DataFrame(
        {"recording": list(durations_s), "_end": list(durations_s.values())},
        schema={"recording": pl.String, "_end": pl.Float64},
    )
    times = pl.col("onset_s", "offset_s").fill_null(float("nan"))
    rows = table.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64), times)
    rows = rows.join(lengths, on="recording", how="left", maintain_order="left")
    faults = rows.with_columns(_find_fault(tolerance_s, keep_events).alias("problem"))
    good = _mark_duplicates(faults.filter(pl.col("problem").is_null()))
    fine = good.filter(pl.col("problem").is_null())
    notes = [
        faults.filter(pl.col("problem").is_not_null()),
        good.filter(pl.col("problem").is_not_null()),
        _note_cut(fine),
        _note_overlap(fine),
        _note_disorder(fine),
        _note_unknown_length(fine),
    ]
    problems = pl.concat([note.select(pl.col(name) for name in PROBLEM_SCHEMA) for note in notes])
    kept = fine.with_columns(_CUT_ONSET, _CUT_OFFSET)
    return CheckedSegments(
        sort_annotations(kept.select(list(ANNOTATION_SCHEMA))),
        problems.sort("row", maintain_order=True).cast(pl.Schema(PROBLEM_SCHEMA)),
    )


def _find_fault(tolerance_s: float, keep_events: bool) -> pl.Expr:
    """Return why a row cannot be used, null where it can; the first reason that holds."""
    onset, offset, end = pl.col("onset_s"), pl.col("offset_s"), pl.col("_end")
    is_point = onset == offset
    seconds = end.round(3).cast(pl.String)
    reasons: list[tuple[pl.Expr, pl.Expr]] = [
        (~(onset.is_finite() & offset.is_finite()), pl.lit("onset or offset is missing or not finite")),
        (offset < onset, pl.lit("offset lies before onset")),
        (is_point & pl.lit(not keep_events), pl.lit("zero length")),
        ((offset < 0) | ((offset == 0) & ~is_point), pl.lit("ends before the recording begins")),
        (onset < -tolerance_s, pl.lit("begins before the recording by more than the tolerance")),
        (
            pl.when(is_point).then(onset > end).otherwise(onset >= end),
            pl.format("begins past the end of the recording ({} s), are the times in seconds?", seconds),
        ),
        (
            offset > end + tolerance_s,
            pl.format("ends past the end of the recording ({} s) by more than the tolerance", seconds),
        ),
    ]
    return pl.coalesce([pl.when(is_so).then(reason + pl.lit("; dropped")) for is_so, reason in reasons])


def _mark_duplicates(rows: pl.DataFrame) -> pl.DataFrame:
    """Mark the rows that, cut to the recording, say exactly what an earlier one says."""
    rest = [name for name in ANNOTATION_SCHEMA if name not in ("onset_s", "offset_s")]
    is_again = ~pl.struct(_CUT_ONSET, _CUT_OFFSET, *rest).is_first_distinct()
    return rows.with_columns(pl.when(is_again).then(pl.lit("same as an earlier row; dropped")).alias("problem"))


def _note_cut(rows: pl.DataFrame) -> pl.DataFrame:
    late = pl.col("offset_s") > pl.col("_end")
    notes = (
        pl.when(late & (pl.col("onset_s") < 0))
        .then(pl.lit("reaches past both ends of the recording; cut there"))
        .when(late)
        .then(pl.lit("ends past the end of the recording; cut there"))
        .when(pl.col("onset_s") < 0)
        .then(pl.lit("begins before the recording; cut there"))
    )
    return rows.with_columns(notes.alias("problem")).filter(pl.col("problem").is_not_null())


def _note_overlap(rows: pl.DataFrame) -> pl.DataFrame:
    """Note segments that begin before an earlier one of the same recording, channel and annotator has ended."""
    segments = rows.filter(pl.col("offset_s") > pl.col("onset_s")).sort("onset_s", "offset_s", maintain_order=True)
    last = pl.col("offset_s").cum_max().shift(1).over(_GROUP)
    return _note(segments.filter(pl.col("onset_s") < last), "overlaps an earlier segment; kept")


def _note_disorder(rows: pl.DataFrame) -> pl.DataFrame:
    """Note the first row of each recording, channel and annotator that begins before the row above it."""
    early = rows.filter(pl.col("onset_s") < pl.col("onset_s").shift(1).over(_GROUP))
    return _note(early.unique(list(_GROUP), keep="first", maintain_order=True), "rows are not in order; kept, sorted")


def _note_unknown_length(rows: pl.DataFrame) -> pl.DataFrame:
    unknown = rows.filter(pl.col("_end").is_null()).unique("recording", keep="first", maintain_order=True)
    return _note(unknown, "the length of the recording is not known; kept, ends not checked")


def _note(rows: pl.DataFrame, problem: str) -> pl.DataFrame:
    return rows.with_columns(pl.lit(problem).alias("problem"))
