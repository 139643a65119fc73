"""Naming syllables, and leaving out those that somebody drew around on a map."""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.text import read_headed_table

ID_COLUMN = "id"
log = logging.getLogger(__name__)


def build_ids(segments: pl.DataFrame) -> pl.Series:
    """Return the id of each syllable, ``recording #row``; preparing the same recordings again gives the same ids."""
    ids = segments.select((pl.col("source") + " #" + pl.col("row").cast(pl.String)).alias(ID_COLUMN))
    return ids[ID_COLUMN]


def divide_by_selection(segments: pl.DataFrame, path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the segments that are not named in a table, and those that are.

    Parameters
    ----------
    segments
        Columns ``source`` and ``row``, among others.
    path
        A table with a column ``id``, such as the selection that a map of ``subsong map`` downloads.

    Raises
    ------
    SubsongError
        When there is no such table or column, or it names none of the segments.
    """
    table = read_headed_table(path)
    place = table.find(ID_COLUMN)
    if place is None:
        raise SubsongError(
            f"{path} names no syllables: expected a column {ID_COLUMN}, as a map's selection has it, found "
            f"{', '.join(table.columns)}"
        )
    wanted = {row.cells[place] for row in table.rows}
    is_named = build_ids(segments).is_in(list(wanted))
    num_unknown = len(wanted) - int(is_named.sum())
    if wanted and num_unknown == len(wanted):
        raise SubsongError(f"{path} names {len(wanted)} syllables, none of which is in these recordings")
    if num_unknown:
        log.warning("%s: %d of %d syllables it names are not in these recordings", path, num_unknown, len(wanted))
    return segments.filter(~is_named), segments.filter(is_named)
