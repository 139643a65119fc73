"""AVA's segment files: onset and offset in seconds, one pair a line; also two-column ``.csv`` files without a header.

Spaces, tabs, commas or semicolons may stand between the columns. Lines that begin with ``#`` are comments, whatever
they say and wherever they stand, so several blocks a file are read as one list. A third column is a label. A file
with nothing but comments, or nothing at all, is a recording without segments.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.annotations.losses import require_one_recording, require_segments, require_times, warn_lost
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.table import build_annotations
from subsong.sources.annotations.text import DECIMAL_COMMA, Row, parse_number, read_text, split_lines

_WHOLE_NUMBER = re.compile(r"[+-]?\d+")
log = logging.getLogger(__name__)


def read_two_columns(path: Path, rates: SampleRates) -> pl.DataFrame:
    """Read a file of onsets and offsets in seconds; the recording is the file's name without its suffix.

    Raises
    ------
    SubsongError
        When a line holds fewer than two numbers, or commas within numbers cannot be told from commas between them.
    """
    text = read_text(path)
    if not text.strip():
        log.warning("%s is empty: taken for a recording without segments", path)
    rows = [_split(line, number) for number, line in enumerate(split_lines(text), start=1) if holds_row(line)]
    _refuse_decimal_commas(path, rows)
    onsets, offsets, labels = [], [], []
    for row in rows:
        if len(row.cells) < 2:
            raise SubsongError(
                f"{path} line {row.line}: expected an onset and an offset in seconds, found {row.cells[0]!r}"
            )
        onsets.append(parse_number(row.cells[0], path, row.line, "column 1 (onset)"))
        offsets.append(parse_number(row.cells[1], path, row.line, "column 2 (offset)"))
        labels.append(row.cells[2].strip() or None if len(row.cells) > 2 else None)
    return build_annotations(recording=path.stem, onset_s=onsets, offset_s=offsets, label=labels)


def write_two_columns(path: Path, table: pl.DataFrame, rates: SampleRates) -> None:
    """Write onsets and offsets to the microsecond, a tab between them, below one comment line.

    All of AVA's readers take that form: one of them needs the tab, and one passes over the first line. Labels and
    the rest are not written, which is logged.
    """
    recording = require_one_recording(path, table)
    require_times(path, table)
    require_segments(path, table)
    warn_lost(path, table, ("recording", "onset_s", "offset_s"))
    with atomic_file(path, "w") as file:
        file.write(f"# Onsets/offsets for {recording or path.stem}\n")
        file.writelines(f"{onset:.6f}\t{offset:.6f}\n" for onset, offset in table["onset_s", "offset_s"].iter_rows())


def holds_row(line: str) -> bool:
    """Tell whether a line is neither blank nor a comment."""
    line = line.strip().lstrip("\ufeff")
    return bool(line) and not line.startswith("#")


def split_cells(line: str) -> list[str]:
    """Return up to three cells: two without spaces, and the rest of the line."""
    line = line.strip()
    for mark in ("\t", ";"):
        if mark in line:
            return [cell.strip() for cell in line.split(mark, 2)]
    words = line.split(None, 2)
    if len(words) > 1 and ("," not in words[0] or DECIMAL_COMMA.fullmatch(words[0])):
        return words
    return [cell.strip() for cell in line.split(",", 2)]


def _split(line: str, number: int) -> Row:
    return Row(number, split_cells(line))


def _refuse_decimal_commas(path: Path, rows: list[Row]) -> None:
    """Refuse ``0,5,1,25``: with whole numbers alone, commas may be decimal commas as well as separators."""
    whole = [row for row in rows if all(_WHOLE_NUMBER.fullmatch(cell) for cell in row.cells[:2])]
    more = [row for row in whole if len(row.cells) > 2 and re.fullmatch(r"\d+(,\d+)?", row.cells[2])]
    if more and len(whole) == len(rows):
        raise SubsongError(
            f"{path} line {more[0].line}: cannot tell commas within numbers from commas between them in "
            f"{','.join(more[0].cells)!r}; write decimal points"
        )
