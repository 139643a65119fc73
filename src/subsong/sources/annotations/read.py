"""Annotation files of any format -> the one table, and back."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.crowsetta_formats import PREFIX, read_crowsetta
from subsong.sources.annotations.formats import FORMATS, detect_format, find_format, format_to_write
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import ANNOTATION_SCHEMA

# Where recordings lie beside an annotation file; Koumura's lie in a folder "Wave".
_AUDIO_FOLDERS = (".", "Wave")


def read_annotations(path: str | Path, format: str | None = None, sample_rate_hz: int | None = None) -> pl.DataFrame:
    """Read an annotation file.

    Parameters
    ----------
    path
        The file.
    format
        Name of the format (`FORMATS`), or ``crowsetta:<name>`` for one of crowsetta's; None: told from the suffix
        and, where several formats share it, from the content.
    sample_rate_hz
        Of the recordings, for formats that count in samples; None: read from the recording beside the file.

    Returns
    -------
    pl.DataFrame
        Columns as in `ANNOTATION_SCHEMA`, rows in the order of the file. Times that are missing are NaN, and
        segments are as the file has them: `check_segments` finds those that cannot be.

    Raises
    ------
    SubsongError
        When the file is missing, of no known format or damaged; names file and line.
    """
    path = Path(path)
    rates = SampleRates(sample_rate_hz, folders=[path.parent / folder for folder in _AUDIO_FOLDERS])
    return read_with_rates(path, format, rates)


def read_with_rates(path: Path, format: str | None, rates: SampleRates) -> pl.DataFrame:
    """Read an annotation file whose recordings are known; see `read_annotations`."""
    if format is not None and format.startswith(PREFIX):
        return read_crowsetta(path, format.removeprefix(PREFIX), rates)
    chosen = detect_format(path) if format is None else find_format(format)
    return chosen.read(path, rates)


def write_annotations(
    path: str | Path, table: pl.DataFrame, format: str | None = None, sample_rate_hz: int | None = None
) -> None:
    """Write a table of annotations, whole or not at all.

    Parameters
    ----------
    path
        The file. All formats but ``csv`` hold one recording a file.
    table
        Columns as in `ANNOTATION_SCHEMA`.
    format
        Name of the format; None: told from the suffix (``.txt`` is ``ava``, ``_annotations.csv`` is ``das``, other
        ``.csv`` ours).
    sample_rate_hz
        Of the recording, for formats that count in samples.

    Raises
    ------
    SubsongError
        When the format cannot hold what makes an annotation (events in ``ava``, long labels in ``not-mat``,
        overlaps in ``textgrid``). What else it cannot hold is logged as a warning and not written.
    """
    path = Path(path)
    if dict(table.schema) != ANNOTATION_SCHEMA:
        raise SubsongError(f"{path}: expected a table made with build_annotations, found columns {table.columns}")
    chosen = format_to_write(path) if format is None else find_format(format)
    if chosen.write is None:
        written = ", ".join(form.name for form in FORMATS if form.write)
        raise SubsongError(f"{path}: the format {chosen.name} is read but not written; written are {written}")
    chosen.write(path, table, SampleRates(sample_rate_hz, folders=[path.parent]))
