"""Folders that show some of a project's recordings, as everything that reads a folder of them expects."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from subsong.core.files import disk_errors
from subsong.datasets.syllables.metadata import METADATA_NAME, join_metadata
from subsong.projects.recordings import Recording

BIRD_COLUMN, INDIVIDUAL_COLUMN = "bird", "individual"
_OTHER = "-_+"


def name_folder(bird: str, taken: Sequence[str] = ()) -> str:
    """Return a name a folder of any system can have for a bird, which none of the birds in `taken` has.

    Examples
    --------
    >>> name_folder("bird 1/left"), name_folder("b/1", ["b_1"])
    ('bird_1_left', 'b_1-2')
    """
    plain = "".join(letter if letter.isalnum() or letter in _OTHER else "_" for letter in bird) or "_"
    number, name = 1, plain
    while name in taken:
        number += 1
        name = f"{plain}-{number}"
    return name


def show_recordings(folder: Path, recordings: Sequence[Recording], root: Path) -> Path:
    """Fill a folder with links to recordings, under their names, and with what is known of each; return it.

    Parameters
    ----------
    folder
        Is emptied.
    recordings
        Those to be seen.
    root
        The project's folder of recordings, whose ``files.csv`` is taken along, with the columns ``bird`` and, where it
        has none, ``individual``.
    """
    with disk_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
        for recording in recordings:
            path = folder / recording.name
            path.parent.mkdir(parents=True, exist_ok=True)
            _link(recording.path, path)
        describe_recordings(recordings, root).rename({"source": "recording"}).write_csv(folder / METADATA_NAME)
    return folder


def describe_recordings(recordings: Sequence[Recording], root: Path) -> pl.DataFrame:
    """Return one row a recording: ``source`` (its name), what ``files.csv`` says of it, ``bird``, ``individual``."""
    birds = {recording.name: recording.bird for recording in recordings}
    table = join_metadata(pl.DataFrame({"source": list(birds)}, {"source": pl.String}), root, (BIRD_COLUMN,))
    bird = pl.col("source").replace_strict(birds, return_dtype=pl.String)
    missing = [] if INDIVIDUAL_COLUMN in table.columns else [bird.alias(INDIVIDUAL_COLUMN)]
    return table.with_columns(bird.alias(BIRD_COLUMN), *missing)


def _link(target: Path, path: Path) -> None:
    """Make `path` another name of a file; where the system has no links, a copy."""
    for make in (os.symlink, os.link):
        try:
            make(target.resolve(), path)
        except (OSError, NotImplementedError):
            continue
        return
    shutil.copy2(target, path)
