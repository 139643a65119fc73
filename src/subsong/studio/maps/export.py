"""A selection of a map to take away: as a table, or as annotations in the format of another program."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.recipes.annotation_files import name_files
from subsong.sources.annotations import build_annotations
from subsong.sources.audio import read_audio_info
from subsong.studio.annotations.writing import stream_zip, write_file

TABLE = "table"
"""The format that holds every column of the map; all others are those of annotations."""


class Export(NamedTuple):
    """A file to download: its name, what it is, its bytes."""

    name: str
    media_type: str
    content: bytes


def export_table(name: str, items: pl.DataFrame) -> Export:
    """Return items of a map with all that is known of them as CSV."""
    return Export(f"{name}.csv", "text/csv", items.write_csv().encode())


def export_annotations(
    name: str, items: pl.DataFrame, format_name: str, find_path: Callable[[str], Path | None]
) -> Export:
    """Return items that are annotations as a file of another program, or as a zip with one a recording.

    Parameters
    ----------
    name
        Of the map.
    items
        With the columns recording, channel, onset_s, offset_s and label.
    format_name
        Of a format that we write.
    find_path
        Returns the file of a recording, for formats that count in samples; None where it is not at hand.

    Raises
    ------
    SubsongError
        When the format is unknown, not written by us, or cannot hold these annotations.
    """
    places = {column: items[column].to_list() for column in ("recording", "channel", "onset_s", "offset_s")}
    table = build_annotations(**places, label=items["label"].cast(pl.String).fill_null("").to_list())
    parts = {str(recording): part for (recording,), part in table.group_by(["recording"], maintain_order=True)}
    names = name_files(list(parts), format_name)
    files = [
        write_file(names[recording], part, format_name, _read_rate(find_path(recording)))
        for recording, part in parts.items()
    ]
    if len(files) == 1:
        return Export(PurePosixPath(files[0].name).name, "application/octet-stream", files[0].content)
    return Export(f"{name}_{format_name}.zip", "application/zip", b"".join(stream_zip(files)))


def _read_rate(path: Path | None) -> int | None:
    """Return the sample rate, for formats that count in samples; they say so themselves where it is not known."""
    try:
        return None if path is None else read_audio_info(path).sample_rate_hz
    except SubsongError:
        return None
