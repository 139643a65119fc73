"""DAS / DeepSS annotations: ``<recording>_annotations.csv`` with ``name,start_seconds,stop_seconds[,channel]``.

A song type whose annotations all start where they stop is of events. A row without a time says only that a song type
exists; ``<recording>_definitions.csv`` (``name,segment|event``, no header) says the same more clearly.
"""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

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
from subsong.sources.annotations.table import build_annotations, sort_annotations
from subsong.sources.annotations.text import HeadedTable, check_widths, read_headed_table, read_text, split_rows

SongCategory = Literal["segment", "event"]
SUFFIX, DEFINITIONS_SUFFIX = "_annotations.csv", "_definitions.csv"
COLUMNS = ("name", "start_seconds", "stop_seconds")
_UNKNOWN_CHANNEL = -1
log = logging.getLogger(__name__)


def read_das(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a DAS table; rows that only define a song type are left out (see `read_song_types`).

    Raises
    ------
    SubsongError
        When a column is missing or a cell is not a number.
    """
    table, names, starts, stops = _read_times(path)
    table.pass_over((*COLUMNS, "channel"))
    channels = table.whole_numbers(table.find("channel")) or [None] * len(names)
    kept = [row for row, start in enumerate(starts) if not math.isnan(start)]
    return build_annotations(
        recording=_stem(path),
        channel=[None if channels[row] == _UNKNOWN_CHANNEL else channels[row] for row in kept],
        onset_s=[starts[row] for row in kept],
        offset_s=[stops[row] for row in kept],
        label=[names[row] or None for row in kept],
    )


def read_song_types(path: Path) -> dict[str, SongCategory]:
    """Return the song types of a DAS table and whether each is of segments or of events.

    Parameters
    ----------
    path
        The ``_annotations.csv``; a ``_definitions.csv`` beside it goes before what its rows tell.

    Notes
    -----
    Without annotations and definitions, a type is of events where start and stop are both missing; DAS writes a
    segment type's empty row with a number for the stop.
    """
    _, names, starts, stops = _read_times(path)
    points: dict[str, bool] = {}
    for name, start, stop in zip(names, starts, stops, strict=True):
        is_point = start == stop or (math.isnan(start) and math.isnan(stop))
        points[name] = points.get(name, True) and is_point
    types: dict[str, SongCategory] = {name: "event" if is_point else "segment" for name, is_point in points.items()}
    definitions_path = path.with_name(_stem(path) + DEFINITIONS_SUFFIX)
    return types | read_definitions(definitions_path) if definitions_path.exists() else types


def read_definitions(path: Path) -> dict[str, SongCategory]:
    """Read a ``_definitions.csv``.

    Raises
    ------
    SubsongError
        When a line is not ``name,segment`` or ``name,event``.
    """
    rows = split_rows(path, read_text(path), ",")
    check_widths(path, rows, 2)
    types: dict[str, SongCategory] = {}
    for row in rows:
        name, category = row.cells
        if category not in ("segment", "event"):
            raise SubsongError(f"{path} line {row.line}: expected 'segment' or 'event', found {category!r}")
        types[name] = "event" if category == "event" else "segment"
    return types


def write_das(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write a DAS table, sorted by onset and without a column of row numbers; an unknown channel is -1."""
    require_one_recording(path, table)
    require_times(path, table)
    warn_lost(path, table, ("recording", "onset_s", "offset_s", "label", "channel"))
    table = sort_annotations(table)
    labels = plain_labels(path, fill_labels(path, table))
    channels = table["channel"].fill_null(_UNKNOWN_CHANNEL)
    with atomic_file(path, "w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow((*COLUMNS, "channel"))
        writer.writerows(zip(labels, table["onset_s"], table["offset_s"], channels, strict=True))


def write_definitions(path: Path, types: Mapping[str, SongCategory]) -> None:
    """Write a ``_definitions.csv``."""
    with atomic_file(path, "w") as file:
        csv.writer(file, lineterminator="\n").writerows(types.items())


def _read_times(path: Path) -> tuple[HeadedTable, list[str], list[float], list[float]]:
    """Return the table with its names, starts and stops."""
    table = read_headed_table(path)
    names, starts, stops = (table.require(column) for column in COLUMNS)
    return table, [row.cells[names] for row in table.rows], table.numbers(starts), table.numbers(stops)


def _stem(path: Path) -> str:
    return path.name.removesuffix(SUFFIX) if path.name.endswith(SUFFIX) else path.stem
