"""Annotations that are there already, and those found now: which of the latter are new.

Legend: N = annotations found, M = annotations that are there.
"""

from __future__ import annotations

import numpy as np
import polars as pl

_SORTED_BY = ("recording", "channel", "onset_s", "offset_s", "label")


def merge_found(existing: pl.DataFrame, found: pl.DataFrame, event_spacing_s: float) -> pl.DataFrame:
    """Return what is there with what was found beside it, sorted by recording, channel and onset.

    A found annotation is left out where it overlaps one of its label that is there, in the same recording and channel;
    one without a channel is of all channels. Nothing that is there is changed.

    Parameters
    ----------
    existing, found
        Columns as in `ANNOTATION_SCHEMA`.
    event_spacing_s
        Events nearer than this to one that is there are the same.
    """
    is_new_N = np.ones(found.height, bool)
    numbered = found.with_row_index("row")
    for (recording, label), rows in numbered.group_by("recording", "label"):
        there = existing.filter((pl.col("recording") == recording) & pl.col("label").eq_missing(label))
        for channel in rows["channel"].unique().to_list():
            own = rows.filter(pl.col("channel").eq_missing(channel))
            rivals = there if channel is None else there.filter(pl.col("channel").fill_null(channel) == channel)
            is_new_N[own["row"].to_numpy()] = ~_find_overlaps(own, rivals, event_spacing_s)
    return sort_found(pl.concat([existing, found.filter(pl.Series(is_new_N, dtype=pl.Boolean))]))


def _find_overlaps(found: pl.DataFrame, there: pl.DataFrame, event_spacing_s: float) -> np.ndarray:
    """Return which found annotations overlap any that is there, bool, shape (N,)."""
    onset_M, offset_M = (there[name].to_numpy().copy() for name in ("onset_s", "offset_s"))
    is_event_M = onset_M == offset_M
    onset_M[is_event_M] -= event_spacing_s
    offset_M[is_event_M] += event_spacing_s
    order = np.argsort(onset_M, kind="stable")
    latest_M = np.maximum.accumulate(np.append(-np.inf, offset_M[order]))
    onset_N, offset_N = (found[name].to_numpy() for name in ("onset_s", "offset_s"))
    # An event that is found has no length, and lies in what begins at it too.
    num_begun_N = np.searchsorted(onset_M[order], np.maximum(offset_N, np.nextafter(onset_N, np.inf)))
    overlaps_N: np.ndarray = latest_M[num_begun_N] > onset_N
    return overlaps_N


def sort_found(table: pl.DataFrame) -> pl.DataFrame:
    """Return annotations by recording, channel and onset."""
    return table.sort(_SORTED_BY, maintain_order=True)
