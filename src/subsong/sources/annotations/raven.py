"""Raven selection tables: tabs between columns, times in seconds, a band of frequencies, channels counted from 1.

The label is the first of `LABEL_COLUMNS` that the table has. The same selection seen in several views is one
annotation.
"""

from __future__ import annotations

import logging
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import plain_labels, require_one_recording, require_times, warn_lost
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.annotations.text import HeadedTable, read_headed_table

BEGIN, END, LOW, HIGH = "Begin Time (s)", "End Time (s)", "Low Freq (Hz)", "High Freq (Hz)"
LABEL_COLUMNS = (
    "Annotation",
    "Label",
    "Call Type",
    "Type",
    "Species",
    "Common Name",
    "Species Code",
    "Class",
    "Tags",
    "Sound Type",
    "Notes",
)
_SUFFIXES = (".table.1.selections.txt", ".selections.txt", ".txt", ".tsv")
_COLUMNS = ("Selection", "View", "Channel", BEGIN, END, LOW, HIGH, "Annotation")
log = logging.getLogger(__name__)


def read_raven(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a selection table.

    The recording is the one named in ``Begin File`` or ``Begin Path``, else the file's name without its suffix.

    Raises
    ------
    SubsongError
        When a time column is missing, a cell is not a number, or selections of several files are timed from the
        start of the first.
    """
    table = _drop_views(read_headed_table(path, "\t"))
    begins, ends = table.numbers(table.require(BEGIN)), table.numbers(table.require(END))
    recordings = _read_recordings(table)
    offset_place = table.find("File Offset (s)")
    starts = begins if offset_place is None else table.numbers(offset_place)
    if offset_place is None and len(set(recordings)) > 1:
        raise SubsongError(
            f"{path} holds selections of {len(set(recordings))} files, timed from the start of the first: "
            "add Raven's column 'File Offset (s)' and save it again"
        )
    channels = table.whole_numbers(table.find("Channel"))
    return build_annotations(
        recording=recordings,
        channel=None if channels is None else [None if channel is None else channel - 1 for channel in channels],
        onset_s=starts,
        offset_s=[
            start + end - begin if start != begin else end
            for start, end, begin in zip(starts, ends, begins, strict=True)
        ],
        low_hz=table.optional_numbers(table.find(LOW)),
        high_hz=table.optional_numbers(table.find(HIGH)),
        label=table.texts(table.find(*LABEL_COLUMNS)),
        score=table.optional_numbers(table.find("Score", "Confidence")),
    )


def write_raven(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write a selection table; an unknown channel is 1, and score and annotator are not written, which is logged."""
    require_one_recording(path, table)
    require_times(path, table)
    warn_lost(path, table, ("recording", "channel", "onset_s", "offset_s", "low_hz", "high_hz", "label"))
    labels = plain_labels(path, table["label"].fill_null("").to_list())
    cells = table["channel", "onset_s", "offset_s", "low_hz", "high_hz"].iter_rows()
    with atomic_file(path, "w") as file:
        file.write("\t".join(_COLUMNS) + "\n")
        for number, ((channel, *numbers), label) in enumerate(zip(cells, labels, strict=True), start=1):
            texts = ["" if value is None else f"{value:.9f}" for value in numbers]
            row = [str(number), "Spectrogram 1", str(1 if channel is None else channel + 1), *texts, label]
            file.write("\t".join(row) + "\n")


def _drop_views(table: HeadedTable) -> HeadedTable:
    """Keep each selection once: Raven writes it for the waveform and for the spectrogram."""
    selection, view = table.find("Selection"), table.find("View")
    if selection is None or view is None:
        return table
    last = {row.cells[selection]: row for row in table.rows}
    views = {row.cells[view] for row in table.rows}
    if len(views) < 2 or len(last) == len(table.rows):
        return table
    log.info("%s: %d selections in %d views, each taken once", table.path, len(last), len(views))
    return table._replace(rows=list(last.values()))


def _read_recordings(table: HeadedTable) -> list[str]:
    place = table.find("Begin File", "Begin Path")
    stem = table.path.name
    for suffix in _SUFFIXES:
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
            break
    return [row.cells[place].replace("\\", "/") if place is not None else stem for row in table.rows]
