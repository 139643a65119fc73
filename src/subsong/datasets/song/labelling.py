"""Where annotations are complete, when they are not everywhere: some stretches of a recording were looked at.

There, what is not annotated is nothing. Elsewhere nobody knows, and a network is not taught that it is nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.song.stretches import join_stretches
from subsong.sources.annotations import find_annotations

LABELLED_SCHEMA = {"source": pl.String, "channel": pl.Int64, "start_s": pl.Float64, "stop_s": pl.Float64}
NUMBER = pl.int_range(1, pl.len() + 1).over("recording", "annotator").alias("number")


class Marks(NamedTuple):
    """Annotations, apart from those that mark where the others are complete.

    Attributes
    ----------
    sounds
        Annotations of sounds.
    windows
        Those that mark; columns as of `sounds`; None where nothing was to mark and annotations are complete everywhere.
    """

    sounds: pl.DataFrame
    windows: pl.DataFrame | None


def take_marks(table: pl.DataFrame, within: Sequence[str], audio_paths: Sequence[Path], root: Path) -> Marks:
    """Divide annotations into sounds and marks.

    Parameters
    ----------
    table
        Columns as in `ANNOTATION_SCHEMA` and ``number``: which one of its recording each is.
    within
        Labels that mark, ``*`` for any letters, or files of annotations all of which do.
    audio_paths, root
        The recordings, and the folder that they are named relative to; files are matched with them.

    Raises
    ------
    SubsongError
        When a label is of no annotation, or a file marks nothing in the recordings.
    """
    if not within:
        return Marks(table, None)
    paths = [Path(value).expanduser() for value in within]
    windows = [_read_windows(path, audio_paths, root) for path in paths if path.exists()]
    patterns = [value for value, path in zip(within, paths, strict=True) if not path.exists()]
    labels = table["label"].drop_nulls().unique().sort().to_list()
    for pattern in patterns:
        if not any(fnmatchcase(label, pattern) for label in labels):
            raise SubsongError(
                f"within names {pattern!r}, which is no file and no label that could mark where annotations are "
                f"complete: {did_you_mean(pattern, labels)}"
            )
    marking = [label for label in labels if any(fnmatchcase(label, pattern) for pattern in patterns)]
    is_mark = pl.col("label").is_in(marking).fill_null(value=False)
    return Marks(table.filter(~is_mark), pl.concat([table.filter(is_mark), *windows]))


def list_labelled(
    recordings: pl.DataFrame,
    annotations: pl.DataFrame,
    windows: pl.DataFrame,
    margin_s: float,
    known_silent: Collection[str] = (),
) -> pl.DataFrame:
    """Return the stretches of each recording and channel whose annotations are complete.

    Parameters
    ----------
    recordings
        One row a recording and channel: ``source``, ``channel``, ``sample_rate_hz``, ``num_samples``.
    annotations, windows
        ``source``, ``channel`` (null: all of them), ``onset_s``, ``offset_s``: sounds, and where they are complete.
    margin_s
        What lies this near an annotation is known as well.
    known_silent
        Recordings that hold nothing at all: they are complete.

    Returns
    -------
    pl.DataFrame
        Columns `LABELLED_SCHEMA`: apart from each other, in order, within their recordings.
    """
    around = annotations.with_columns(onset_s=pl.col("onset_s") - margin_s, offset_s=pl.col("offset_s") + margin_s)
    columns = ("source", "channel", "onset_s", "offset_s")
    known = pl.concat([around.select(columns), windows.select(columns)])
    by_source = known.partition_by("source", as_dict=True)
    rows: list[tuple[str, int | None, float, float]] = []
    for source, channel, rate, num in recordings.select(
        "source", "channel", "sample_rate_hz", "num_samples"
    ).iter_rows():
        mine = by_source.get((source,), known.clear())
        mine = mine.filter(pl.col("channel").is_null() | pl.col("channel").eq_missing(channel))
        stretches_N2 = mine.select("onset_s", "offset_s").to_numpy().clip(0.0, num / rate)
        if source in known_silent:
            stretches_N2 = np.array([[0.0, num / rate]])
        rows += [(source, channel, *ends) for ends in join_stretches(stretches_N2).tolist() if ends[0] < ends[1]]
    return pl.DataFrame(rows, LABELLED_SCHEMA, orient="row")


def _read_windows(path: Path, audio_paths: Sequence[Path], root: Path) -> pl.DataFrame:
    table = find_annotations(audio_paths, root, path).table
    if table.is_empty():
        raise SubsongError(f"{path}, given to say where annotations are complete, marks nothing in these recordings")
    return table.with_columns(NUMBER)
