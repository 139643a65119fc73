"""SongExplorer tables: ``file,start,stop,kind,label`` without a header, start and stop in samples.

The annotator is the person in ``<recording>-annotated-<person>.csv``, else the kind of a row where it is not
``annotated`` (``detected``, ``predicted``).
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import (
    fill_labels,
    plain_labels,
    require_one_recording,
    require_times,
    warn_lost,
)
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.annotations.text import Row, check_widths, parse_number, read_text, split_rows

PERSON = re.compile(r"(?P<recording>.+)-annotated-(?P<person>.+)\.csv", re.IGNORECASE)
_HUMAN = "annotated"


def read_songexplorer(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a table of samples.

    Raises
    ------
    SubsongError
        When a line has not five cells or no whole numbers, or the rate of a recording is not known.
    """
    rows = split_rows(path, read_text(path), ",")
    check_widths(path, rows, 5)
    names = [row.cells[0].replace("\\", "/") for row in rows]
    rate_hz = {name: _find_rate(path, name, rates) for name in dict.fromkeys(names)}
    person = PERSON.fullmatch(path.name)
    return build_annotations(
        recording=names,
        onset_s=[_parse_sample(path, row, 1) / rate_hz[name] for row, name in zip(rows, names, strict=True)],
        offset_s=[_parse_sample(path, row, 2) / rate_hz[name] for row, name in zip(rows, names, strict=True)],
        label=[row.cells[4] or None for row in rows],
        annotator=[person["person"] if person else _annotator_of(row) for row in rows],
    )


def write_songexplorer(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write a table of samples; times are rounded to the nearest one, and the annotator is in the file's name alone.

    Raises
    ------
    SubsongError
        When the rate is not known.
    """
    recording = require_one_recording(path, table)
    require_times(path, table)
    person = PERSON.fullmatch(path.name)
    is_named = person is not None and set(table["annotator"]) <= {person["person"]}
    held = ("recording", "onset_s", "offset_s", "label", *(("annotator",) if is_named else ()))
    warn_lost(path, table, held)
    labels = plain_labels(path, fill_labels(path, table))
    rate_hz = _find_rate(path, recording, rates) if recording is not None else 1
    samples = np.rint(table["onset_s", "offset_s"].to_numpy() * rate_hz).astype(np.int64)
    with atomic_file(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(
            (recording, *pair, _HUMAN, label) for pair, label in zip(samples.tolist(), labels, strict=True)
        )


def _annotator_of(row: Row) -> str | None:
    return None if row.cells[3] in ("", _HUMAN) else row.cells[3]


def _find_rate(path: Path, recording: str, rates: SampleRates) -> int:
    rate_hz = rates.find(recording)
    if rate_hz is None:
        raise SubsongError(
            f"{path} counts in samples and the recording {recording} is not beside it: give sample_rate_hz"
        )
    return rate_hz


def _parse_sample(path: Path, row: Row, place: int) -> int:
    number = parse_number(row.cells[place], path, row.line, f"column {place + 1} (samples)")
    if not number.is_integer():
        raise SubsongError(
            f"{path} line {row.line}: expected a whole number of samples in column {place + 1}, "
            f"found {row.cells[place]!r}; is it in seconds?"
        )
    return int(number)
