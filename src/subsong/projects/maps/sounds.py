"""Where the sounds of a map are: recording, channel, onset and offset, whose they are, and if they can be heard."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.projects.maps.reading import MapItems
from subsong.projects.project import Project
from subsong.projects.recordings import ONE_BIRD, list_recordings

SOUND_COLUMNS = ("recording", "channel", "onset_s", "offset_s", "label", "bird")
"""What every map of sounds has, in this order; null where it is not known."""
_BIRD_COLUMNS = ("individual", "bird")


class Sounds(NamedTuple):
    """The points of a map: one row each, and whether the recordings they are of were at hand."""

    table: pl.DataFrame
    has_sound: bool


def describe_sounds(items: MapItems, data_path: Path, recordings: Path | None, project: Project | None) -> Sounds:
    """Return one row a point; points that are no sounds stay as they are.

    Parameters
    ----------
    items
        What is mapped.
    data_path
        Where it was read.
    recordings
        Folder of the recordings; None: the project's for a dataset, else that of the data.
    project
        Whose recordings these are: they get the names, and the birds, that they have there.

    Raises
    ------
    SubsongError
        When `recordings` is no folder.
    """
    table = items.items
    if not items.is_sound:
        return Sounds(table, False)
    from subsong.recipes.mapping import find_recordings

    root = find_recordings(data_path, recordings)
    base = None if project is None else _get_base(project)
    root = base if root is None else root.resolve()
    has_sound = root is not None and (root / table["source"][0]).is_file()
    table = table.rename({"source": "recording"})
    if root is not None and base is not None and root != base and root.is_relative_to(base):
        table = table.with_columns(
            pl.format(f"{root.relative_to(base).as_posix()}/{{}}", "recording").alias("recording")
        )
    table = table.with_columns(_find_birds(table, project))
    missing = [pl.lit(None, pl.String).alias(name) for name in ("label",) if name not in table.columns]
    return Sounds(table.with_columns(missing).select(*SOUND_COLUMNS, pl.exclude(*SOUND_COLUMNS)), has_sound)


def _get_base(project: Project) -> Path:
    path = project.recordings_dir
    return path if path.is_dir() else path.parent


def _find_birds(table: pl.DataFrame, project: Project | None) -> pl.Series:
    if project is not None:
        birds = {recording.name: recording.bird for recording in list_recordings(project)}
        return pl.Series("bird", [birds.get(name) for name in table["recording"]], dtype=pl.String)
    known = next((name for name in _BIRD_COLUMNS if name in table.columns), None)
    return pl.Series("bird", [ONE_BIRD] * len(table)) if known is None else table[known].alias("bird")
