"""Text files of annotations: encodings, rows, numbers, and what is wrong with them in one sentence."""

from __future__ import annotations

import codecs
import csv
import difflib
import io
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.reading import read_errors

DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+")
_BOMS = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))
log = logging.getLogger(__name__)


class Row(NamedTuple):
    """The cells of one line of a file, and that line's number, counted from 1."""

    line: int
    cells: list[str]


def read_text(path: Path) -> str:
    """Return a file's text: UTF-8, UTF-16 with its mark, or else Latin-1, which is logged.

    Raises
    ------
    SubsongError
        When the file cannot be read or is not text.
    """
    with read_errors(path):
        data = path.read_bytes()
    return decode_text(path, data)


def decode_text(path: Path, data: bytes, is_whole: bool = True) -> str:
    """Return the text of a file's bytes, or of its first ones, which may end within a letter; see `read_text`."""
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\x00" in data:
        raise SubsongError(f"{path} is not text: expected an annotation file, found binary data; check the path")
    try:
        return codecs.getincrementaldecoder(encoding)().decode(data, final=is_whole)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise SubsongError(f"{path} is marked as UTF-16 text but is damaged; save it again as UTF-8") from error
        if is_whole:
            log.warning("%s is not UTF-8 text: read as Latin-1; check the letters of its labels", path)
        return data.decode("latin-1")


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, whichever system wrote it; rarer separators stay within their line."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def split_rows(path: Path, text: str, separator: str) -> list[Row]:
    """Return the lines that are not blank as cells without spaces around them.

    Quotes count where `separator` is a comma or a semicolon; programs that write tabs do not quote.

    Raises
    ------
    SubsongError
        When a quote has no end.
    """
    if separator == "\t":
        rows = [Row(line, cells.split("\t")) for line, cells in enumerate(split_lines(text), start=1)]
    else:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, skipinitialspace=True)
        try:
            rows = [Row(reader.line_num, cells) for cells in reader]
        except csv.Error as error:
            raise SubsongError(f"{path} line {reader.line_num}: no table ({error}); is a quote left open?") from error
    stripped = (Row(row.line, [cell.strip() for cell in row.cells]) for row in rows)
    return [row for row in stripped if any(row.cells)]


def parse_number(cell: str, path: Path, line: int, column: str) -> float:
    """Return the number a cell holds; NaN for an empty cell.

    Raises
    ------
    SubsongError
        When the cell holds no number, or one with a decimal comma; names file, line and column.
    """
    try:
        return float(cell) if cell else float("nan")
    except ValueError:
        pass
    if DECIMAL_COMMA.fullmatch(cell):
        point = cell.replace(",", ".")
        raise SubsongError(
            f"{path} line {line}: expected a number with a decimal point in {column}, found {cell!r}; "
            f"write {point} (replace the commas of the numbers in the whole file)"
        )
    raise SubsongError(f"{path} line {line}: expected a number in {column}, found {cell!r}; correct that cell")


class HeadedTable(NamedTuple):
    """A table whose first row names its columns."""

    path: Path
    columns: tuple[str, ...]
    rows: list[Row]

    def find(self, *names: str) -> int | None:
        """Return the place of the first of `names` that is a column, whatever its case, or None."""
        lower = [column.lower() for column in self.columns]
        return next((lower.index(name.lower()) for name in names if name.lower() in lower), None)

    def require(self, *names: str) -> int:
        """Return the place of the first of `names` that is a column.

        Raises
        ------
        SubsongError
            When none of them is; names the nearest column.
        """
        place = self.find(*names)
        if place is None:
            expected = " or ".join(repr(name) for name in names)
            near = did_you_mean(names[0], self.columns)
            raise SubsongError(f"{self.path} line 1: expected a column {expected}; {near}")
        return place

    def numbers(self, place: int) -> list[float]:
        """Return a column's numbers, NaN where a cell is empty."""
        column = self.columns[place]
        return [parse_number(row.cells[place], self.path, row.line, column) for row in self.rows]

    def optional_numbers(self, place: int | None) -> list[float | None] | None:
        """Return a column's numbers, None where a cell is empty or NaN; None for a column that is not there."""
        if place is None:
            return None
        return [None if number != number else number for number in self.numbers(place)]

    def whole_numbers(self, place: int | None) -> list[int | None] | None:
        """Return a column's whole numbers, None where a cell is empty.

        Raises
        ------
        SubsongError
            When a number is not whole; names file, line and column.
        """
        numbers = self.optional_numbers(place)
        if numbers is None or place is None:
            return None
        for row, number in zip(self.rows, numbers, strict=True):
            if number is not None and not number.is_integer():
                raise SubsongError(
                    f"{self.path} line {row.line}: expected a whole number in {self.columns[place]}, "
                    f"found {row.cells[place]!r}; correct that cell"
                )
        return [None if number is None else int(number) for number in numbers]

    def texts(self, place: int | None) -> list[str | None] | None:
        """Return a column's texts, None where a cell is empty; None for a column that is not there."""
        return None if place is None else [row.cells[place] or None for row in self.rows]

    def pass_over(self, used: Iterable[str]) -> None:
        """Log the columns that are not in `used`.

        Raises
        ------
        SubsongError
            When such a column is nearly named like a missing one of `used`: more likely misspelt than not meant.
        """
        known = {name.lower() for name in used}
        free = [column for column in self.columns if column and column.lower() not in known]
        missing = known - {column.lower() for column in self.columns}
        for column in free:
            near = difflib.get_close_matches(column.lower(), sorted(missing), n=1, cutoff=0.8)
            if near:
                raise SubsongError(f"{self.path} line 1: unknown column {column!r}; did you mean {near[0]!r}?")
        if free:
            log.info("%s: columns passed over: %s", self.path, ", ".join(free))


def read_headed_table(path: Path, separator: str | None = None) -> HeadedTable:
    """Read a table whose first line names its columns.

    Parameters
    ----------
    path
        The file.
    separator
        What stands between cells; None: the one of tab, semicolon and comma that the first line has most of.

    Raises
    ------
    SubsongError
        When the file is empty, a column has two places, or a line has more or fewer cells than the first.
    """
    text = read_text(path)
    rows = split_rows(path, text, separator or find_separator(text))
    if not rows:
        raise SubsongError(f"{path} is empty: expected a first line that names the columns")
    columns = tuple(rows[0].cells)
    doubled = [column for column in columns if column and columns.count(column) > 1]
    if doubled:
        raise SubsongError(f"{path} line {rows[0].line}: column {doubled[0]!r} is there twice; rename one")
    check_widths(path, rows[1:], len(columns))
    return HeadedTable(path, columns, rows[1:])


def check_widths(path: Path, rows: Sequence[Row], width: int) -> None:
    """Refuse a line whose number of cells is not `width`; empty cells at its end are taken off first."""
    for row in rows:
        while len(row.cells) > width and not row.cells[-1]:
            row.cells.pop()
        if len(row.cells) != width:
            hint = "a comma within a number or a label?" if len(row.cells) > width else "is the line cut short?"
            raise SubsongError(f"{path} line {row.line}: expected {width} cells, found {len(row.cells)}; {hint}")


def find_separator(text: str) -> str:
    """Return the one of tab, semicolon and comma that the first line which is not blank has most of."""
    first = next((line for line in split_lines(text) if line.strip()), "")
    return max(("\t", ";", ","), key=first.count) if any(mark in first for mark in "\t;,") else ","
