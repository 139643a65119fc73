"""Tables of calls with their measurements, as MUPET, DeepSqueak and Sound Analysis Pro (SAP) write them.

Onset, offset, label, score and band of frequencies are read here. A column is found by its name: case, spaces and a
unit in brackets do not matter, and a unit in brackets goes before the one the program is known to use.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.annotations.text import HeadedTable, read_headed_table

_UNIT = re.compile(r"[(\[](?P<unit>[^)\]]*)[)\]]")
_UNIT_SIZES = {"s": 1.0, "sec": 1.0, "seconds": 1.0, "ms": 1e-3, "msec": 1e-3, "hz": 1.0, "khz": 1e3}
_STATS = "_Stats"
_FALSE = frozenset(("0", "false", "no"))
log = logging.getLogger(__name__)


class CallLayout(NamedTuple):
    """Which columns a program writes, under plain names, and the unit of its times.

    Attributes
    ----------
    onset, end
        Columns of times; `end` is a duration where `is_duration`.
    time_unit
        The unit of times without one in brackets. Frequencies without one are in kilohertz.
    low, high, label, score, accepted, recording
        Further columns, None where the program has none.
    """

    onset: str
    end: str
    time_unit: str = "s"
    is_duration: bool = False
    low: str | None = None
    high: str | None = None
    label: str | None = None
    score: str | None = None
    accepted: str | None = None
    recording: str | None = None


MUPET = CallLayout(
    "syllable_start_time", "syllable_end_time", low="minimum_frequency", high="maximum_frequency", label="cluster"
)
DEEPSQUEAK = CallLayout(
    "begin_time", "end_time", low="low_freq", high="high_freq", label="label", score="score", accepted="accepted"
)
SAP = CallLayout("syllable_start", "syllable_duration", time_unit="ms", is_duration=True, recording="file_name")


def read_mupet(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a MUPET table; the label is the cluster."""
    return _read_calls(path, MUPET)


def read_deepsqueak(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a DeepSqueak table; calls that were not accepted are left out, which is logged."""
    return _read_calls(path, DEEPSQUEAK)


def read_sap(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a table of Sound Analysis Pro, whose onsets and durations are in milliseconds."""
    return _read_calls(path, SAP)


def plain_name(column: str) -> str:
    """Return a column's name without its unit, in lower case, with underscores.

    Examples
    --------
    >>> plain_name("Begin Time (s)"), plain_name("inter-syllable interval (sec)")
    ('begin_time', 'inter_syllable_interval')
    """
    name = re.sub(r"[^a-z0-9]+", "_", _UNIT.sub("", column).lower()).strip("_")
    return name.removesuffix("_sap")


def _read_calls(path: Path, layout: CallLayout) -> pl.DataFrame:
    table = _keep_accepted(read_headed_table(path), layout)
    onsets, ends = (_read_scaled(table, name, layout.time_unit) for name in (layout.onset, layout.end))
    if onsets is None or ends is None:
        missing = layout.onset if onsets is None else layout.end
        names = [plain_name(column) for column in table.columns]
        raise SubsongError(f"{path} line 1: expected a column {missing!r}; {did_you_mean(missing, names)}")
    label = _find(table, layout.label)
    recording = table.texts(_find(table, layout.recording))
    return build_annotations(
        recording=path.stem.removesuffix(_STATS) if recording is None else recording,
        onset_s=onsets,
        offset_s=[start + end for start, end in zip(onsets, ends, strict=True)] if layout.is_duration else ends,
        low_hz=_read_scaled(table, layout.low, "khz"),
        high_hz=_read_scaled(table, layout.high, "khz"),
        label=table.texts(label),
        score=table.optional_numbers(_find(table, layout.score)),
    )


def _find(table: HeadedTable, name: str | None) -> int | None:
    names = [plain_name(column) for column in table.columns]
    return names.index(name) if name in names else None


def _read_scaled(table: HeadedTable, name: str | None, unit: str) -> list[float] | None:
    """Return a column's numbers in seconds or hertz, NaN where a cell is empty; None where it is not there."""
    place = _find(table, name)
    if place is None:
        return None
    match = _UNIT.search(table.columns[place])
    written = match["unit"].strip().lower() if match else unit
    if written not in _UNIT_SIZES:
        raise SubsongError(
            f"{table.path} line 1: unknown unit in the column {table.columns[place]!r}: "
            f"{did_you_mean(written, _UNIT_SIZES)}"
        )
    return [number * _UNIT_SIZES[written] for number in table.numbers(place)]


def _keep_accepted(table: HeadedTable, layout: CallLayout) -> HeadedTable:
    place = _find(table, layout.accepted)
    if place is None:
        return table
    kept = [row for row in table.rows if row.cells[place].lower() not in _FALSE]
    if len(kept) < len(table.rows):
        log.warning("%s: %d calls that were not accepted are left out", table.path, len(table.rows) - len(kept))
    return table._replace(rows=kept)
