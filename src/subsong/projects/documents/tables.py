"""Annotations of a document as tables and as the bytes of its file, and back.

The file of a document holds the accepted annotations by time, in the columns of `ANNOTATION_SCHEMA`; equal documents
have equal bytes.
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.projects.documents.annotation import Annotation, State, sort_by_time
from subsong.sources.annotations.own_csv import read_own_csv
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import ANNOTATION_SCHEMA, build_annotations


def render_file(recording: str, annotations: Iterable[Annotation]) -> bytes:
    """Return the bytes of a file with these annotations; numbers are read back to the last bit."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(ANNOTATION_SCHEMA)
    writer.writerows(_list_cells(recording, one) for one in sort_by_time(annotations))
    return text.getvalue().encode()


def build_table(recording: str, annotations: Iterable[Annotation]) -> pl.DataFrame:
    """Return annotations by time, columns as in `ANNOTATION_SCHEMA`."""
    rows = [_list_cells(recording, one) for one in sort_by_time(annotations)]
    columns = zip(*rows, strict=True) if rows else [()] * len(ANNOTATION_SCHEMA)
    return build_annotations(**dict(zip(ANNOTATION_SCHEMA, map(list, columns), strict=True)))


def read_file(path: Path) -> pl.DataFrame:
    """Read a file of annotations that are all of one recording, whichever it names.

    Raises
    ------
    SubsongError
        When it is not a table with onset_s and offset_s, or a row cannot be; names file and line.
    """
    return read_own_csv(path, SampleRates())


def take_rows(path: Path, table: pl.DataFrame, state: State = "accepted") -> list[Annotation]:
    """Return the rows of a table as annotations numbered from 1, in the order of the rows.

    Parameters
    ----------
    path
        Where they come from, named in errors.
    table
        Columns as in `ANNOTATION_SCHEMA`, all of one recording. Line ends and tabs in its texts become spaces.
    state
        Of all of them.

    Raises
    ------
    SubsongError
        When a row has no times, or ends before it begins: names the row, from 1.
    """
    annotations = []
    for number, row in enumerate(table.iter_rows(named=True), start=1):
        onset_s, offset_s = row["onset_s"], row["offset_s"]
        problem = find_fault(onset_s, offset_s)
        if problem is not None:
            raise SubsongError(f"{path}: annotation {number} {problem}; correct that row")
        annotations.append(_take_row(number, row, state))
    return annotations


def take_usable_rows(path: Path, table: pl.DataFrame) -> tuple[list[Annotation], str | None]:
    """Return the rows that can be, as `take_rows` does, and a sentence on the first of the others."""
    onset, offset = pl.col("onset_s"), pl.col("offset_s")
    is_usable = onset.is_finite() & offset.is_finite() & (onset >= 0) & (offset >= onset)
    usable = table.filter(is_usable)
    num_bad = table.height - usable.height
    problem = None
    if num_bad:
        first = table.filter(~is_usable).row(0, named=True)
        why = find_fault(first["onset_s"], first["offset_s"])
        problem = f"{path}: {num_bad} of {table.height} annotations are left out; the first of them {why}"
    return take_rows(path, usable), problem


def find_fault(onset_s: float, offset_s: float) -> str | None:
    """Return why times cannot be those of an annotation, None where they can."""
    if not (math.isfinite(onset_s) and math.isfinite(offset_s)):
        return f"has no finite onset and offset (found {onset_s:g} and {offset_s:g})"
    if onset_s < 0:
        return f"begins before the recording, at {onset_s:g} s"
    if offset_s < onset_s:
        return f"ends before it begins: from {onset_s:g} s to {offset_s:g} s"
    return None


def plain_text(text: str | None) -> str | None:
    """Return a text on one line, without control characters and outer spaces; None where nothing is left."""
    if text is None:
        return None
    letters = (" " if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") else letter for letter in text)
    return "".join(letters).strip() or None


def _take_row(number: int, row: dict[str, object], state: State) -> Annotation:
    numbers = {name: _plain_number(row[name]) for name in ("low_hz", "high_hz", "score")}
    return Annotation(
        id=number,
        channel=row["channel"],  # type: ignore[arg-type]
        onset_s=row["onset_s"],  # type: ignore[arg-type]
        offset_s=row["offset_s"],  # type: ignore[arg-type]
        label=plain_text(row["label"]) or "",  # type: ignore[arg-type]
        annotator=plain_text(row["annotator"]),  # type: ignore[arg-type]
        state=state,
        **numbers,
    )


def _plain_number(value: object) -> float | None:
    return value if isinstance(value, float) and math.isfinite(value) else None


def _list_cells(recording: str, one: Annotation) -> Sequence[object]:
    return (
        recording,
        one.channel,
        float(one.onset_s),
        float(one.offset_s),
        _as_float(one.low_hz),
        _as_float(one.high_hz),
        one.label or None,
        _as_float(one.score),
        one.annotator or None,
    )


def _as_float(value: float | None) -> float | None:
    return None if value is None else float(value)
