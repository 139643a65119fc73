"""Channels of recordings taken together: which rows of a store they are, and their annotations as those of all of them.

Legend: N = recordings, R = channels of each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun

# Segments that overlap by no more than this only touch.
_TOUCHING_S = 1e-6


def find_channels(recordings: pl.DataFrame, parts: pl.DataFrame, path: Path) -> np.ndarray:
    """Return the rows of the channels of each recording, in the order of recordings and channels, shape (N, R).

    Parameters
    ----------
    recordings
        One row a recording and channel: ``source``, ``channel``.
    parts
        ``recording`` (a row of those), ``first_sample``, ``stop_sample``, ``split``.
    path
        The store, as errors name it.

    Raises
    ------
    SubsongError
        When recordings have one channel, or not as many as each other, or channels lie in different splits.
    """
    rows = recordings.with_row_index("row").sort("channel", maintain_order=True)
    grouped = rows.group_by("source").agg("row").sort(pl.col("row").list.min())
    of_recording = dict(grouped.select("source", "row").iter_rows())
    first, num_channels = next((source, len(numbers)) for source, numbers in of_recording.items())
    for source, numbers in of_recording.items():
        if len(numbers) != num_channels:
            raise SubsongError(
                f"{path} has {count_noun(num_channels, 'channel')} of {first} but {len(numbers)} of {source}: channels "
                "are looked at together where all recordings have as many"
            )
    if num_channels == 1:
        raise SubsongError(
            f"{path} has one channel of each recording, such as {first}: leave out data.channels, or prepare the "
            "recordings with channel=all"
        )
    _check_parts(of_recording, parts, path)
    return np.array(list(of_recording.values()), np.int64)


def merge_channels(annotations: pl.DataFrame) -> pl.DataFrame:
    """Return the annotations of any channel as annotations of all: ``channel`` is null, nothing is there twice.

    Segments of one label and recording that overlap become one, from the first onset to the last offset.
    """
    by = ("source", "label", "kind")
    ordered = annotations.sort(*by, "onset_s", "offset_s", maintain_order=True)
    latest_s = pl.col("offset_s").cum_max().shift(1).over(by)
    is_apart = pl.col("onset_s") > latest_s - _TOUCHING_S
    is_repeated = (pl.col("onset_s") == latest_s) & (pl.col("offset_s") == latest_s)
    begins = is_apart.fill_null(value=True) & ~is_repeated.fill_null(value=False)
    merged = (
        ordered.with_columns(_run=begins.cum_sum())
        .group_by("_run", maintain_order=True)
        .agg(pl.exclude("offset_s").first(), pl.col("offset_s").max())
    )
    return merged.select(annotations.columns).with_columns(pl.lit(None, annotations.schema["channel"]).alias("channel"))


def _check_parts(of_recording: dict[str, list[int]], parts: pl.DataFrame, path: Path) -> None:
    by_row = parts.select("recording", "split", "first_sample", "stop_sample").partition_by(
        "recording", as_dict=True, include_key=False
    )
    for source, (first, *others) in of_recording.items():
        if any(not _same_parts(by_row.get((first,)), by_row.get((other,))) for other in others):
            raise SubsongError(
                f"{path} has channels of {source} in different splits: prepare it again with another split_by, as "
                "channels that are looked at together are divided together"
            )


def _same_parts(one: pl.DataFrame | None, other: pl.DataFrame | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.sort("first_sample").equals(other.sort("first_sample"))
