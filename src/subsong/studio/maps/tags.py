"""Tags: a word a person gives to items of a map, kept beside the project so that a map drawn anew has them still.

One CSV a map in ``studio/tags/``, columns ``item`` (what names the item, see `name_items`) and ``tag``.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.datasets.syllables.selection import ID_COLUMN

TAG_COLUMN = "tag"
_SCHEMA = {"item": pl.String, TAG_COLUMN: pl.String}
_IDENTITIES = (ID_COLUMN, "list")
_PLACE = ("recording", "channel", "onset_s", "offset_s")


def name_items(items: pl.DataFrame) -> pl.Series:
    """Return what names each item of a map: its place in a recording, else its id, else its row."""
    if set(_PLACE) <= set(items.columns):
        times = [pl.col(name).round(4).cast(pl.String) for name in _PLACE[2:]]
        channel = pl.col("channel").cast(pl.String).fill_null("")
        return items.select(pl.concat_str(pl.col("recording"), channel, *times, separator="|").alias("item"))["item"]
    for name in _IDENTITIES:
        if name in items.columns:
            return items[name].cast(pl.String).alias("item")
    return items.with_row_index("item")["item"].cast(pl.String)


def read_tags(path: Path) -> dict[str, str]:
    """Return the tag of each tagged item; none where nothing was tagged yet.

    Raises
    ------
    SubsongError
        When the file is there and is not one of tags.
    """
    if not path.is_file():
        return {}
    try:
        table = pl.read_csv(path, schema=_SCHEMA)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubsongError(f"{path} is no file of tags: expected the columns item, tag; mend it or move it") from error
    return dict(table.drop_nulls().iter_rows())


def write_tags(path: Path, tags: dict[str, str]) -> None:
    """Write the tags of a map, whole or not at all."""
    table = pl.DataFrame({"item": list(tags), TAG_COLUMN: list(tags.values())}, schema=_SCHEMA)
    with atomic_file(path) as file:
        table.write_csv(file)


def change_tags(tags: dict[str, str], names: list[str], tag: str | None) -> dict[str, str]:
    """Return the tags after giving `tag` to the named items; None takes theirs away."""
    kept = {name: old for name, old in tags.items() if name not in set(names)}
    return kept if tag is None else kept | dict.fromkeys(names, tag)
