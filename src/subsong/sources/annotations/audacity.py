"""Audacity label tracks: onset, offset and label with tabs between them; points have equal times.

Lines that begin with ``#`` are comments, as AVA writes them above such lines.
A line that begins with a backslash gives the frequencies of the label above it: ``\\<tab>low<tab>high``, in hertz.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import plain_labels, require_one_recording, require_times, warn_lost
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.annotations.text import Row, parse_number, read_text, split_rows

FREQUENCY_MARK = "\\"
# What Audacity writes for a side of the band that is not set.
_UNSET_HZ = -1.0


def read_audacity(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a label track; the recording is the file's name without its suffix.

    Raises
    ------
    SubsongError
        When a line holds fewer than two times, or a line of frequencies follows no label.
    """
    columns: dict[str, list[Any]] = {name: [] for name in ("onset_s", "offset_s", "label", "low_hz", "high_hz")}
    for row in split_rows(path, read_text(path), "\t"):
        if row.cells[0].startswith("#"):
            continue
        if row.cells[0] == FREQUENCY_MARK:
            _add_frequencies(path, row, columns)
        else:
            _add_label(path, row, columns)
    return build_annotations(recording=path.stem, **columns)


def write_audacity(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write a label track, times to the microsecond; channel, score and annotator are not written, which is logged."""
    require_one_recording(path, table)
    require_times(path, table)
    warn_lost(path, table, ("recording", "onset_s", "offset_s", "label", "low_hz", "high_hz"))
    labels = plain_labels(path, table["label"].fill_null("").to_list())
    bands = table["onset_s", "offset_s", "low_hz", "high_hz"].iter_rows()
    with atomic_file(path, "w") as file:
        for (onset, offset, low, high), label in zip(bands, labels, strict=True):
            file.write(f"{onset:.6f}\t{offset:.6f}\t{label}\n")
            if low is not None or high is not None:
                low, high = (_UNSET_HZ if side is None else side for side in (low, high))
                file.write(f"{FREQUENCY_MARK}\t{low:.6f}\t{high:.6f}\n")


def _add_label(path: Path, row: Row, columns: dict[str, list[Any]]) -> None:
    if len(row.cells) < 2:
        raise SubsongError(
            f"{path} line {row.line}: expected an onset, an offset and a label with tabs between them, "
            f"found {row.cells[0]!r}"
        )
    columns["onset_s"].append(parse_number(row.cells[0], path, row.line, "column 1 (onset)"))
    columns["offset_s"].append(parse_number(row.cells[1], path, row.line, "column 2 (offset)"))
    columns["label"].append(" ".join(row.cells[2:]) or None)
    columns["low_hz"].append(None)
    columns["high_hz"].append(None)


def _add_frequencies(path: Path, row: Row, columns: dict[str, list[Any]]) -> None:
    if len(row.cells) < 3 or not columns["low_hz"]:
        raise SubsongError(
            f"{path} line {row.line}: expected two frequencies in hertz below a label; correct that line"
        )
    for name, cell in zip(("low_hz", "high_hz"), row.cells[1:3], strict=True):
        number = parse_number(cell, path, row.line, name)
        columns[name][-1] = number if number >= 0 else None
