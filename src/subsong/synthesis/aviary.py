"""An aviary: recordings of several birds over several days, of which a person has annotated a few; all truth is known.

The folder is laid out as a laboratory's would be, with the truth beside it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.files import atomic_folder, disk_errors
from subsong.synthesis.song.files import write_songs
from subsong.synthesis.song.options import SongOptions

RECORDINGS_NAME, TRUTH_NAME = "recordings", "truth"
SEGMENTS_NAME = "segments.csv"
_TRUTH_FILES = (SEGMENTS_NAME, "syllables.parquet", "renditions.parquet", "options.json")


class Aviary(NamedTuple):
    """What was written.

    Attributes
    ----------
    recordings_dir
        The recordings, with ``files.csv`` and the annotations of a few, ``segments.csv``.
    truth_dir
        The truth of all.
    duration_s
        Of all recordings.
    num_recordings, num_annotated
        How many there are, and how many of them are annotated.
    """

    recordings_dir: Path
    truth_dir: Path
    duration_s: float
    num_recordings: int
    num_annotated: int


def write_aviary(
    folder: str | Path, options: SongOptions | None = None, num_annotated: int = 2, seed: int = 0
) -> Aviary:
    """Write the recordings of an aviary, the annotations of a few, and the truth of all.

    Parameters
    ----------
    folder
        Is replaced when it exists, and appears whole or not at all; holds ``recordings/`` and ``truth/``.
    options
        Who sings, how much, and how; None takes the usual ones.
    num_annotated
        Of each bird and day, the first recordings that have annotations.
    seed
        Equal seeds and options give equal recordings.

    Raises
    ------
    SubsongError
        When the folder cannot be written.
    """
    folder = Path(folder)
    with atomic_folder(folder) as partial:
        recordings_dir, truth_dir = partial / RECORDINGS_NAME, partial / TRUTH_NAME
        written = write_songs(recordings_dir, options, seed)
        with disk_errors(partial):
            truth_dir.mkdir()
            for name in _TRUTH_FILES:
                os.replace(recordings_dir / name, truth_dir / name)
            order = pl.int_range(pl.len()).over("individual", "session")
            annotated = written.files.filter(order < num_annotated)["audio_file"]
            truth = pl.read_csv(truth_dir / SEGMENTS_NAME)
            truth.filter(pl.col("audio_file").is_in(annotated.to_list())).write_csv(recordings_dir / SEGMENTS_NAME)
    duration_s = float(written.files["duration_s"].sum())
    return Aviary(folder / RECORDINGS_NAME, folder / TRUTH_NAME, duration_s, written.files.height, annotated.len())
