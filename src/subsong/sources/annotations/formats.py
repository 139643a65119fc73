"""Every format we know: its name, how its files end, how its content is told from others, its reader and writer."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.annotations import audacity, call_tables, das, koumura, notmat, own_csv, raven, songexplorer
from subsong.sources.annotations.rates import SampleRates
from subsong.sources.annotations.text import decode_text, find_separator, split_lines
from subsong.sources.annotations.textgrid import read_textgrid, write_textgrid
from subsong.sources.annotations.two_columns import holds_row, read_two_columns, split_cells, write_two_columns
from subsong.sources.annotations.whisperseg import read_whisperseg, write_whisperseg
from subsong.sources.reading import read_errors

_HEAD_BYTES = 65536
_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d+)?|nan", re.IGNORECASE)


class Head(NamedTuple):
    """How a file begins.

    Attributes
    ----------
    text
        The first characters.
    lines
        Their lines that are neither blank nor comments.
    cells
        The cells of the first of those, in lower case; none when there is none.
    is_text
        Whether the file is text at all; the rest is empty where it is not.
    """

    text: str
    lines: tuple[str, ...]
    cells: tuple[str, ...]
    is_text: bool = True


class AnnotationFormat(NamedTuple):
    """One format of annotation files.

    Attributes
    ----------
    name
        What ``format=`` calls it.
    suffixes
        How its files end, in lower case.
    expected
        What its files begin with, in words.
    fits
        Whether a file that begins like that is of this format.
    read
        Its reader.
    write
        Its writer, None where we write none.
    names_recordings
        Whether its files say which recording an annotation is of.
    """

    name: str
    suffixes: tuple[str, ...]
    expected: str
    fits: Callable[[Head], bool]
    read: Callable[[Path, SampleRates], pl.DataFrame]
    write: Callable[[Path, pl.DataFrame, SampleRates], None] | None = None
    names_recordings: bool = False


def read_head(path: Path) -> Head:
    """Read how a file begins; a file that is not text has no lines."""
    with read_errors(path), open(path, "rb") as file:
        data = file.read(_HEAD_BYTES)
    try:
        text = decode_text(path, data, is_whole=len(data) < _HEAD_BYTES)
    except SubsongError:
        return Head("", (), (), is_text=False)
    lines = tuple(line for line in split_lines(text) if holds_row(line))
    first = lines[0] if lines else ""
    cells = tuple(cell.strip().strip('"').lower() for cell in first.split(find_separator(first)))
    return Head(text, lines, cells if lines else ())


def _has(*names: str) -> Callable[[Head], bool]:
    return lambda head: all(name.lower() in head.cells for name in names)


def _has_plain(layout: call_tables.CallLayout) -> Callable[[Head], bool]:
    def fits(head: Head) -> bool:
        return {layout.onset, layout.end} <= {call_tables.plain_name(cell) for cell in head.cells}

    return fits


def _is_two_columns(head: Head) -> bool:
    if not head.lines:
        return head.is_text
    return all(_NUMBER.fullmatch(cell) for cell in (*split_cells(head.lines[0]), "")[:2])


def _is_label_track(head: Head) -> bool:
    has_band = any(line.startswith(audacity.FREQUENCY_MARK) for line in head.lines)
    return has_band or (_is_two_columns(head) and any(line.count("\t") > 1 for line in head.lines))


def _is_songexplorer(head: Head) -> bool:
    return len(head.cells) == 5 and all(cell.isdigit() for cell in head.cells[1:3])


# In the order in which they are tried where several share a suffix.
FORMATS: tuple[AnnotationFormat, ...] = (
    AnnotationFormat(
        "not-mat", (notmat.SUFFIX,), "MATLAB variables", lambda head: True, notmat.read_notmat, notmat.write_notmat
    ),
    AnnotationFormat(
        "textgrid",
        (".textgrid",),
        "a Praat text file",
        lambda head: "ooTextFile" in head.text[:200],
        read_textgrid,
        write_textgrid,
    ),
    AnnotationFormat(
        "das",
        (das.SUFFIX, ".csv"),
        f"the columns {', '.join(das.COLUMNS)}",
        _has(*das.COLUMNS),
        das.read_das,
        das.write_das,
    ),
    AnnotationFormat(
        "csv",
        (".csv", ".tsv"),
        "the columns onset_s, offset_s",
        _has("onset_s", "offset_s"),
        own_csv.read_own_csv,
        own_csv.write_own_csv,
        names_recordings=True,
    ),
    AnnotationFormat(
        "songexplorer",
        (".csv",),
        "five cells file,start,stop,kind,label with samples",
        _is_songexplorer,
        songexplorer.read_songexplorer,
        songexplorer.write_songexplorer,
        names_recordings=True,
    ),
    AnnotationFormat(
        "mupet",
        (".csv",),
        "the columns syllable start time, syllable end time",
        _has_plain(call_tables.MUPET),
        call_tables.read_mupet,
    ),
    AnnotationFormat(
        "deepsqueak",
        ("_stats.csv", ".csv"),
        "the columns begin time, end time",
        _has_plain(call_tables.DEEPSQUEAK),
        call_tables.read_deepsqueak,
    ),
    AnnotationFormat(
        "sap",
        (".csv",),
        "the columns syllable_start, syllable_duration",
        _has_plain(call_tables.SAP),
        call_tables.read_sap,
        names_recordings=True,
    ),
    AnnotationFormat(
        "raven",
        (".selections.txt", ".txt", ".tsv"),
        f"the columns {raven.BEGIN}, {raven.END}",
        _has(raven.BEGIN, raven.END),
        raven.read_raven,
        raven.write_raven,
        names_recordings=True,
    ),
    AnnotationFormat(
        "audacity",
        (".txt",),
        "times and a label with tabs between them",
        _is_label_track,
        audacity.read_audacity,
        audacity.write_audacity,
    ),
    AnnotationFormat(
        "ava",
        (".txt", ".csv"),
        "two numbers, or comments alone",
        _is_two_columns,
        read_two_columns,
        write_two_columns,
    ),
    AnnotationFormat(
        "whisperseg",
        (".json",),
        'lists "onset", "offset" and "cluster"',
        lambda head: any(f'"{name}"' in head.text for name in ("onset", "offset", "cluster")),
        read_whisperseg,
        write_whisperseg,
    ),
    AnnotationFormat(
        "koumura",
        (".xml",),
        "XML with <Sequences>",
        lambda head: "<Sequences" in head.text,
        koumura.read_koumura,
        names_recordings=True,
    ),
)


def find_format(name: str) -> AnnotationFormat:
    """Return the format of that name.

    Raises
    ------
    SubsongError
        When there is none; names the nearest.
    """
    for annotation_format in FORMATS:
        if annotation_format.name == name:
            return annotation_format
    names = [annotation_format.name for annotation_format in FORMATS]
    raise SubsongError(f"unknown annotation format {name!r}: {did_you_mean(name, names)}")


def detect_format(path: Path) -> AnnotationFormat:
    """Return the format of a file, by its suffix and, where several share it, by how it begins.

    Raises
    ------
    SubsongError
        When none fits; lists those tried and what each expects.
    """
    candidates = [form for form in FORMATS if path.name.lower().endswith(form.suffixes)]
    if not candidates:
        known = sorted({suffix for form in FORMATS for suffix in form.suffixes})
        raise SubsongError(f"{path}: no annotation format has that suffix, known are {', '.join(known)}; give format=")
    head = read_head(path)
    found = next((form for form in candidates if form.fits(head)), None)
    if found is None:
        tried = "; ".join(f"{form.name} expects {form.expected}" for form in candidates)
        first = repr(head.lines[0][:60]) if head.lines else "bytes that are not text"
        raise SubsongError(f"{path} is no annotation file we know, it begins with {first}: {tried}")
    return found


def format_to_write(path: Path) -> AnnotationFormat:
    """Return the format a file to write is to have, by the longest suffix that fits; ``.txt`` is AVA's, ``.csv`` ours.

    Raises
    ------
    SubsongError
        When no format that we write has the suffix.
    """
    defaults = {".txt": "ava", ".csv": "csv", ".tsv": "csv"}
    name = path.name.lower()
    fits = [(len(end), form) for form in FORMATS for end in form.suffixes if form.write and name.endswith(end)]
    if not fits:
        known = sorted({suffix for form in FORMATS if form.write for suffix in form.suffixes})
        raise SubsongError(f"{path}: cannot tell the format to write from its suffix, known are {', '.join(known)}")
    length = max(size for size, _ in fits)
    default = defaults.get(name[-length:])
    return next(form for size, form in fits if size == length and default in (None, form.name))
