"""Tables of keypoints beside pictures, CSV, TSV or Parquet: one row a joint (long), or one row a picture (wide).

Legend: N = pictures, K = joints, P = parts of a joint: x, y and maybe the confidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import PictureFiles, RawPoses, raw_items
from subsong.sources.species_table_files import RawTable, as_text, read_table

_PICTURE_COLUMN, _JOINT_COLUMN, _CONFIDENCE = "picture", "joint", "confidence"
_Value = TypeVar("_Value")
_LONG_COLUMNS = (_PICTURE_COLUMN, _JOINT_COLUMN, "x", "y", _CONFIDENCE)


def read_keypoint_table(path: Path, reading: PoseReading) -> RawPoses:
    """Read a table of keypoints.

    Parameters
    ----------
    path
        Long: columns ``picture``, ``joint``, ``x``, ``y`` and maybe ``confidence``, one row a joint; rows of the same
        picture (and identity, where there is such a column) belong together. Wide: ``picture``, ``<joint>_x``,
        ``<joint>_y`` and maybe ``<joint>_confidence``, one row a picture. Further columns (``identity``, ``pose``,
        ``split``, any other) are kept as text. An empty cell is a missing joint.
    reading
        Of its settings `pictures` applies: the folder that names of pictures are relative to; without it, the table's.

    Raises
    ------
    SubsongError
        When a column is missing, a cell holds no number, or a joint of a picture is there twice; names file and line.
    """
    table = read_table(path)
    table.require(_PICTURE_COLUMN)
    folder = reading.pictures or path.parent
    return _read_long(table, folder) if _JOINT_COLUMN in table.frame.columns else _read_wide(table, folder)


def _read_long(table: RawTable, folder: Path) -> RawPoses:
    names, joint_of_row = (list(table.join_text((column,))) for column in (_PICTURE_COLUMN, _JOINT_COLUMN))
    has_identity = "identity" in table.frame.columns
    identities = as_text(table.frame["identity"]).to_list() if has_identity else [None] * len(names)
    subjects = list(zip(names, identities, strict=True))
    first_rows: dict[tuple[str, str | None], int] = {}
    for row, subject in enumerate(subjects):
        first_rows.setdefault(subject, row)
    subject_number, joint_number = _number(first_rows), _number(joint_of_row)
    parts = ("x", "y", _CONFIDENCE) if _CONFIDENCE in table.frame.columns else ("x", "y")
    cells = np.stack([_read_numbers(table, part) for part in parts], axis=1)
    values_NKP = np.full((len(subject_number), len(joint_number), len(parts)), np.nan)
    seen: set[tuple[int, int]] = set()
    for row, (subject, joint) in enumerate(zip(subjects, joint_of_row, strict=True)):
        place = subject_number[subject], joint_number[joint]
        if place in seen:
            raise SubsongError(f"{table.say_where(row)}: joint {joint!r} of {subject[0]} is there twice: take one out")
        seen.add(place)
        values_NKP[place] = cells[row]
    return _build(table, folder, list(first_rows.values()), tuple(joint_number), values_NKP)


def _number(values: Iterable[_Value]) -> dict[_Value, int]:
    """Return the place of each value, in the order in which they first appear."""
    return {value: place for place, value in enumerate(dict.fromkeys(values))}


def _read_wide(table: RawTable, folder: Path) -> RawPoses:
    columns = table.frame.columns
    joints = tuple(name[:-2] for name in columns if name.endswith("_x") and f"{name[:-2]}_y" in columns)
    if not joints:
        raise SubsongError(
            f"{table.path} has the columns {', '.join(columns)}: expected picture, joint, x, y (one row a joint), or "
            "picture and a pair such as nose_x, nose_y for each joint (one row a picture)"
        )
    parts = ["x", "y"]
    if any(f"{joint}_{_CONFIDENCE}" in columns for joint in joints):
        parts.append(_CONFIDENCE)
    values_NKP = np.stack(
        [np.stack([_read_numbers(table, f"{joint}_{part}") for part in parts], axis=1) for joint in joints], axis=1
    )
    return _build(table, folder, range(table.frame.height), joints, values_NKP)


def _build(
    table: RawTable, folder: Path, rows: Sequence[int], joints: tuple[str, ...], values_NKP: np.ndarray
) -> RawPoses:
    """Return the rows; values of a joint are x, y and maybe the confidence."""
    sources = [Path(name).as_posix() for name in table.join_text((_PICTURE_COLUMN,)).gather(list(rows))]
    used = {*_LONG_COLUMNS, *(f"{joint}_{part}" for joint in joints for part in ("x", "y", _CONFIDENCE))}
    extra = _read_extra(table, used)
    return RawPoses(
        table.path,
        [table.say_where(row).removeprefix(f"{table.path} ") for row in rows],
        raw_items(sources, **{name: [values[row] for row in rows] for name, values in extra.items()}),
        PictureFiles(tuple(folder / name for name in sources)),
        joints,
        values_NKP[..., :2],
        confidence_NK=values_NKP[..., 2] if values_NKP.shape[2] == 3 else None,
    )


def _read_extra(table: RawTable, used: set[str]) -> dict[str, list[str | None]]:
    """Return the columns that are not of keypoints, as text."""
    reserved = {*used, "source", "row"}
    columns = [cells for cells in table.frame if cells.name not in reserved and not _is_compound(cells.dtype)]
    return {cells.name: as_text(cells).to_list() for cells in columns}


def _is_compound(dtype: pl.DataType) -> bool:
    """Tell the types of Parquet that no text stands for."""
    return dtype.is_nested() or dtype in (pl.Binary, pl.Object)


def _read_numbers(table: RawTable, column: str) -> np.ndarray:
    """Return a column as numbers, NaN where a cell is empty."""
    cells = table.frame[table.require(column)]
    if not (cells.dtype == pl.String or cells.dtype.is_numeric() or cells.dtype == pl.Null):
        raise SubsongError(f"{table.path}: column {column!r} is of type {cells.dtype}, expected numbers")
    texts = as_text(cells) if cells.dtype == pl.String else cells
    numbers = texts.cast(pl.Float64, strict=False)
    is_wrong = numbers.is_null() & texts.is_not_null()
    if is_wrong.any():
        row = int(is_wrong.arg_max() or 0)
        raise SubsongError(f"{table.say_where(row)}: expected a number in column {column!r}, found {texts[row]!r}")
    return numbers.fill_null(np.nan).to_numpy()
