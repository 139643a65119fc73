"""What a table of the recordings says of each: individual, session, day, ..."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.match import match_recordings
from subsong.sources.annotations.text import HeadedTable, read_headed_table

METADATA_NAME = "files.csv"
_RECORDING_COLUMNS = ("audio_file", "recording", "file")
# Columns that the recordings say of themselves.
_PASSED_OVER = ("n_samples", "sample_rate", "duration_s", "n_units")
log = logging.getLogger(__name__)


def join_metadata(segments: pl.DataFrame, root: Path, reserved: Collection[str]) -> pl.DataFrame:
    """Add the columns of `METADATA_NAME`, where it lies in `root`, as text; null for recordings it does not name.

    Parameters
    ----------
    segments
        Has the column ``source``, the name of the recording.
    root
        The folder that recordings are named relative to.
    reserved
        Names that columns of the dataset will have; such a column of the table is passed over, which is logged.

    Raises
    ------
    SubsongError
        When the table is damaged, has no column of recordings, or names one twice.
    """
    path = root / METADATA_NAME
    if not path.is_file():
        return segments
    table = read_headed_table(path)
    place = table.find(*_RECORDING_COLUMNS)
    if place is None:
        raise SubsongError(
            f"{path} tells of recordings but does not name them: expected a column {' or '.join(_RECORDING_COLUMNS)}, "
            f"found {', '.join(table.columns)}"
        )
    taken = {*reserved, *segments.columns}
    columns = [name for name in table.columns if name and name != table.columns[place] and name not in _PASSED_OVER]
    clashing = [name for name in columns if name in taken]
    if clashing:
        log.warning("%s: columns passed over, as the dataset has its own: %s", path, ", ".join(clashing))
    recordings = segments["source"].unique(maintain_order=True).to_list()
    names = _match_rows(table, place, recordings)
    said = {name: table.texts(table.columns.index(name)) for name in columns if name not in taken}
    joined = pl.DataFrame({"source": names, **said}, schema=dict.fromkeys(("source", *said), pl.String))
    return segments.join(joined.drop_nulls("source"), on="source", how="left", maintain_order="left")


def _match_rows(table: HeadedTable, place: int, recordings: list[str]) -> list[str | None]:
    """Return the recording each row is about, None where it is not there."""
    named = [row.cells[place].replace("\\", "/") for row in table.rows]
    matched = match_recordings(table.path, named, recordings)
    found = [matched[name] for name in named]
    seen: set[str | None] = set()
    for row, recording in zip(table.rows, found, strict=True):
        if recording is not None and recording in seen:
            raise SubsongError(
                f"{table.path} line {row.line} names the recording {recording} twice: expected one row a recording"
            )
        seen.add(recording)
    if recordings and not any(found):
        log.warning("%s names none of the recordings, such as %s: it is not used", table.path, recordings[0])
    return found
