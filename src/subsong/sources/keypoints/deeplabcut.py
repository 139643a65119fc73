"""DeepLabCut's projects: labelled frames of videos in folders, one table of labels each.

A row is an animal in a frame that shows it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.yaml_files import load_yaml
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import PictureFiles, RawPoses, raw_items
from subsong.sources.keypoints.skeletons import build_skeleton
from subsong.sources.keypoints.types import Skeleton
from subsong.sources.reading import read_errors

TABLE_PATTERN = "CollectedData_*.csv"
_LABELS_FOLDER, _CONFIG = "labeled-data", "config.yaml"
_HEAD = ("scorer", "individuals", "bodyparts", "coords")
_COORDINATES = ("x", "y")
# Body parts that are there once in a picture with several animals, such as corners of the arena, belong to nobody.
_NOBODY = "single"


class _Column(NamedTuple):
    """What a column of a table holds: one coordinate of a body part of an animal, None where there is but one."""

    place: int
    animal: str | None
    part: str
    axis: str


class _Row(NamedTuple):
    """One animal in one picture: x and y of each body part, NaN where it was not labelled."""

    table: Path
    line: int
    name: str
    animal: str | None
    parts: dict[str, np.ndarray]


def find_label_tables(path: Path) -> list[Path]:
    """Return the tables of labels of a project or of one of its folders, or the table itself; maybe none."""
    if path.is_file():
        return [path]
    for pattern in (TABLE_PATTERN, f"*/{TABLE_PATTERN}", f"{_LABELS_FOLDER}/*/{TABLE_PATTERN}"):
        tables = sorted(path.glob(pattern))
        if tables:
            return tables
    return []


def read_deeplabcut(path: Path, reading: PoseReading) -> RawPoses:
    """Read the labels of a project.

    Parameters
    ----------
    path
        The project's folder, its ``labeled-data`` or a video's folder in it, or one ``CollectedData_*.csv``. The
        pictures lie beside the table. Where there is a row ``individuals``, each animal in a frame is a row and its
        name the identity; the body parts that belong to none of them are left out.
    reading
        Nothing of it is used here.

    Returns
    -------
    RawPoses
        ``source`` is relative to ``labeled-data``, so that the first folder is the video. Edges are those of
        ``config.yaml``, where it is found and has some.

    Raises
    ------
    SubsongError
        When there is no table, or one is of another form; names file and line.
    """
    tables = find_label_tables(path)
    if not tables:
        raise SubsongError(
            f"{path} holds no table of labels: expected {_LABELS_FOLDER}/<video>/{TABLE_PATTERN}; an .h5 file is not "
            "read, save the labels again in DeepLabCut, which writes the .csv too"
        )
    rows = [row for table in tables for row in _read_table(table)]
    joints = tuple(dict.fromkeys(part for row in rows for part in row.parts))
    nowhere_2 = np.full(2, np.nan)
    keypoints = [[row.parts.get(part, nowhere_2) for part in joints] for row in rows]
    return RawPoses(
        path,
        [f"line {row.line}" if path.is_file() else f"{row.table.relative_to(path)} line {row.line}" for row in rows],
        raw_items([f"{row.table.parent.name}/{row.name}" for row in rows], identity=[row.animal for row in rows]),
        PictureFiles(tuple(row.table.parent / row.name for row in rows)),
        joints,
        np.array(keypoints, np.float64).reshape(len(rows), len(joints), 2),
        skeleton=_read_skeleton(tables[0], joints),
    )


def _read_table(path: Path) -> list[_Row]:
    with read_errors(path), open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        reader = csv.reader(file)
        numbered = [(reader.line_num, cells) for cells in reader if cells]
    head = {cells[0]: cells for _, cells in numbered[: len(_HEAD)] if cells[0] in _HEAD}
    widths = {len(cells) for _, cells in numbered}
    if not {"scorer", "bodyparts", "coords"} <= set(head) or len(widths) > 1:
        raise SubsongError(
            f"{path}: expected DeepLabCut's rows scorer, (individuals,) bodyparts and coords, then one row a picture "
            "with as many cells"
        )
    columns = _find_columns(head)
    # Newer versions spread the picture's path over three columns.
    num_name_cells = next((place for place, name in enumerate(head["coords"]) if name in _COORDINATES), 1)
    rows = []
    for line, cells in numbered[len(head) :]:
        name = "/".join(cells[:num_name_cells]).replace("\\", "/").rsplit("/", 1)[-1]
        rows += [_Row(path, line, name, *animal) for animal in _read_animals(path, line, cells, columns)]
    return rows


def _find_columns(head: dict[str, list[str]]) -> list[_Column]:
    """Return the columns of coordinates, without those of body parts that belong to nobody."""
    animals = head.get("individuals", [None] * len(head["coords"]))
    named = zip(animals, head["bodyparts"], head["coords"], strict=True)
    columns = [_Column(place, *names) for place, names in enumerate(named)]
    return [column for column in columns if column.axis in _COORDINATES and column.animal != _NOBODY]


def _read_animals(
    path: Path, line: int, cells: Sequence[str], columns: Sequence[_Column]
) -> Iterator[tuple[str | None, dict[str, np.ndarray]]]:
    """Yield the animals of a picture and their body parts; where there may be several, those labelled in it."""
    animals: dict[str | None, dict[str, np.ndarray]] = {}
    for column in columns:
        part = animals.setdefault(column.animal, {}).setdefault(column.part, np.full(2, np.nan))
        part[_COORDINATES.index(column.axis)] = _read_number(path, line, cells[column.place])
    for animal, parts in animals.items():
        if animal is None or any(np.isfinite(point).all() for point in parts.values()):
            yield animal, parts


def _read_number(path: Path, line: int, cell: str) -> float:
    try:
        return float(cell or "nan")
    except ValueError as error:
        raise SubsongError(f"{path} line {line}: expected a number or nothing, found {cell!r}") from error


def _read_skeleton(table: Path, joints: tuple[str, ...]) -> Skeleton | None:
    """Return the edges of the project the table lies in, between joints that it has."""
    config = table.parent.parent.parent / _CONFIG
    pairs = load_yaml(config).values.get("skeleton") if config.is_file() else None
    if not isinstance(pairs, list):
        return None
    named = [pair for pair in pairs if isinstance(pair, list) and len(pair) == 2 and set(pair) <= set(joints)]
    return build_skeleton(joints, named)
