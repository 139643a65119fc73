"""WhisperSeg ``.json`` files: lists ``onset``, ``offset`` (seconds) and ``cluster`` (labels) of equal length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import read_json, write_json
from subsong.sources.annotations.losses import fill_labels, require_one_recording, require_times, warn_lost
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations

_LISTS = ("onset", "offset", "cluster")


def read_whisperseg(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read the annotations of one recording, named like the file without its suffix.

    Raises
    ------
    SubsongError
        When a list is missing, their lengths differ, or a time is no number; names the entry.
    """
    content = read_json(path)
    onsets, offsets, labels = (_read_list(path, content, name) for name in _LISTS)
    if not len(onsets) == len(offsets) == len(labels):
        raise SubsongError(
            f"{path}: expected onset, offset and cluster of equal length, found {len(onsets)}, {len(offsets)} "
            f"and {len(labels)}"
        )
    return build_annotations(
        recording=path.stem,
        onset_s=[_read_time(path, "onset", entry, value) for entry, value in enumerate(onsets)],
        offset_s=[_read_time(path, "offset", entry, value) for entry, value in enumerate(offsets)],
        label=[None if label is None else str(label) for label in labels],
    )


def write_whisperseg(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write the lists; frequencies, channel, score and annotator are not written, which is logged."""
    require_one_recording(path, table)
    require_times(path, table)
    warn_lost(path, table, ("recording", "onset_s", "offset_s", "label"))
    lists = (table["onset_s"].to_list(), table["offset_s"].to_list(), list(fill_labels(path, table)))
    write_json(path, dict(zip(_LISTS, lists, strict=True)))


def _read_list(path: Path, content: Any, name: str) -> list[Any]:
    values = content.get(name) if isinstance(content, dict) else None
    if not isinstance(values, list):
        raise SubsongError(f"{path}: expected lists onset, offset and cluster, found no list {name!r}")
    return values


def _read_time(path: Path, name: str, entry: int, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SubsongError(f"{path}: expected seconds in {name} entry {entry + 1}, found {value!r}")
    return float(value)
