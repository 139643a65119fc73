"""Our own table as text: one row an annotation, columns named as in `ANNOTATION_SCHEMA`, any number of recordings.

The common layout ``audio_file,onset_s,offset_s,label[,annotator]`` and crowsetta's generic and simple sequences are
read too. A file without a column of recordings is about one recording, named like the file.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import plain_labels
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import ANNOTATION_SCHEMA, build_annotations
from subsong.sources.annotations.text import HeadedTable, read_headed_table

RECORDING_COLUMNS = ("recording", "audio_file", "notated_path", "filename")
# Columns of crowsetta's tables that say nothing we keep; one is nearly named like a column of ours.
_PASSED_OVER = ("annotation", "annot_path", "sequence", "onset_sample", "offset_sample")
_TEXTS = ("label", "annotator")


def read_own_csv(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a table of annotations; commas, semicolons or tabs between its cells.

    Raises
    ------
    SubsongError
        When onset_s or offset_s is missing, a column is nearly named like a known one, or a cell is not a number.
    """
    table = read_headed_table(path)
    onsets, offsets = table.numbers(table.require("onset_s")), table.numbers(table.require("offset_s"))
    table.pass_over((*ANNOTATION_SCHEMA, *RECORDING_COLUMNS, *_PASSED_OVER))
    columns: dict[str, Any] = {"channel": table.whole_numbers(table.find("channel"))}
    for name in ("low_hz", "high_hz", "score"):
        columns[name] = table.optional_numbers(table.find(name))
    for name in _TEXTS:
        columns[name] = table.texts(table.find(name))
    return build_annotations(recording=_read_recordings(table), onset_s=onsets, offset_s=offsets, **columns)


def write_own_csv(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write all columns; numbers so that they are read back to the last bit."""
    held = table.with_columns(
        [pl.Series(name, list(_plain(path, table[name])), dtype=pl.String) for name in _TEXTS if table.height]
    )
    with atomic_file(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ANNOTATION_SCHEMA)
        writer.writerows(held.iter_rows())


def _plain(path: Path, texts: pl.Series) -> Iterator[str | None]:
    plain = iter(plain_labels(path, texts.drop_nulls().to_list()))
    return (None if text is None else next(plain) or None for text in texts)


def _read_recordings(table: HeadedTable) -> str | list[str]:
    place = table.find(*RECORDING_COLUMNS)
    if place is None:
        return table.path.stem
    names = []
    for row in table.rows:
        if not row.cells[place]:
            raise SubsongError(f"{table.path} line {row.line}: the recording's name is missing; fill that cell")
        names.append(row.cells[place].replace("\\", "/"))
    return names
