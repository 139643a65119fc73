"""A table in a file, as it is written: CSV, TSV (packed with gzip or not) or Parquet.

Legend: N = rows.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.reading import read_errors

_GZIP_MAGIC = b"\x1f\x8b"
_SEPARATORS = ",;\t"
# The first column may go without a name: R and pandas write the numbers of rows so.
_UNNAMED = "row_name"


class RawTable(NamedTuple):
    """The cells of a table.

    Attributes
    ----------
    path
        The file.
    frame
        Shape (N, columns): text where the file is text, else the types of the Parquet file.
    rows
        Shape (N,): the line of each row, from 1 for the one after the header.
    is_text
        Whether the file has lines.
    """

    path: Path
    frame: pl.DataFrame
    rows: np.ndarray
    is_text: bool

    def say_where(self, row: int) -> str:
        """Return how messages name a row."""
        return f"{self.path} line {self.rows[row] + 1}" if self.is_text else f"{self.path} row {self.rows[row]}"

    def require(self, column: str) -> str:
        """Return a column's name.

        Raises
        ------
        SubsongError
            When the table has no such column; names the nearest.
        """
        if column not in self.frame.columns:
            raise SubsongError(f"{self.path} has no column {column!r}: {did_you_mean(column, self.frame.columns)}")
        return column

    def join_text(self, columns: tuple[str, ...]) -> pl.Series:
        """Return columns as one text, joined by ``:``.

        Raises
        ------
        SubsongError
            When a column is missing or a cell is empty.
        """
        texts = self.frame.select(as_text(self.frame[self.require(column)]) for column in columns)
        for column in columns:
            if texts[column].null_count():
                row = int(texts[column].is_null().arg_max() or 0)
                raise SubsongError(f"{self.say_where(row)}: expected an id in column {column!r}, found an empty cell")
        return texts.select(pl.concat_str(columns, separator=":").alias("list")).to_series()


def as_text(cells: pl.Series) -> pl.Series:
    """Return cells as text without blanks around, null where empty; whole numbers without a point, as in CSV files."""
    if cells.dtype == pl.String:
        return cells.str.strip_chars().replace("", None)
    if cells.dtype.is_float() and (cells.drop_nulls() % 1 == 0).all():
        cells = cells.cast(pl.Int64)
    return cells.cast(pl.String)


def read_table(path: str | Path) -> RawTable:
    """Read a table.

    Raises
    ------
    SubsongError
        When the file is missing, damaged, empty, has two columns of one name, a column after the first without a name
        that is not empty, or a row with too many or too few cells.

    Notes
    -----
    Blanks around the names of columns are passed over, and so are columns that are empty from name to end: what a
    separator at the end of each line leaves.
    """
    path = Path(path)
    with read_errors(path):
        content = path.read_bytes()
    if not content:
        raise SubsongError(f"{path} is empty (0 bytes): copy or download it again")
    is_text = path.suffix.lower() != ".parquet"
    table = _parse_text(path, content) if is_text else _parse_parquet(path, content)
    if not table.frame.height:
        raise SubsongError(f"{path} has no rows: expected one row a list after the names of the columns")
    return table


def _parse_parquet(path: Path, content: bytes) -> RawTable:
    try:
        frame = pl.read_parquet(content)
    except pl.exceptions.PolarsError as error:
        raise SubsongError(f"{path} is no Parquet file, or damaged: write or download it again") from error
    # NaN is what pandas writes for an empty cell.
    frame = frame.with_columns(pl.col(pl.Float32, pl.Float64).fill_nan(None))
    frame = _name_columns(path, frame.columns, frame.get_columns())
    return RawTable(path, frame, np.arange(1, frame.height + 1), is_text=False)


def _parse_text(path: Path, content: bytes) -> RawTable:
    text = _decode(path, content)
    first_line = text[: text.find("\n")] if "\n" in text else text
    separator = max(_SEPARATORS, key=first_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    names = next(reader, [])
    rows = list(_read_rows(path, reader, len(names)))
    cells = zip(*(cells for _, cells in rows), strict=True) if rows else ((),) * len(names)
    frame = _name_columns(path, names, [pl.Series("", column, pl.String) for column in cells])
    return RawTable(path, frame, np.array([line - 1 for line, _ in rows], np.int64), is_text=True)


def _decode(path: Path, content: bytes) -> str:
    with read_errors(path):
        content = gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SubsongError(f"{path} line {line} is not UTF-8 text: save the table as UTF-8") from error


def _read_rows(path: Path, reader: Iterator[list[str]], num_columns: int) -> Iterator[tuple[int, list[str]]]:
    """Yield the line and the cells of each row; empty lines are passed over."""
    for cells in reader:
        line: int = reader.line_num  # type: ignore[attr-defined]
        if len(cells) not in (0, num_columns):
            raise SubsongError(
                f"{path} line {line} has {len(cells)} cells, expected {num_columns} as in the first line: mend the row"
            )
        if cells:
            yield line, cells


def _name_columns(path: Path, names: Sequence[str], columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Return columns under their names without blanks around, but for those that have neither name nor content."""
    named = [(place, name.strip(), cells) for place, (name, cells) in enumerate(zip(names, columns, strict=True), 1)]
    named = [(place, name, cells) for place, name, cells in named if name or not _is_empty(cells)]
    seen: dict[str, int] = {}
    for place, name, _ in named:
        if not name and place > 1:
            raise SubsongError(f"{path}: column {place} has no name but is not empty: name it, or take it out")
        if name in seen:
            raise SubsongError(
                f"{path}: columns {seen[name]} and {place} are both named {name!r}, expected each name once: rename one"
            )
        seen[name] = place
    return pl.DataFrame([cells.alias(name or _UNNAMED) for _, name, cells in named])


def _is_empty(cells: pl.Series) -> bool:
    return as_text(cells).null_count() == len(cells)
