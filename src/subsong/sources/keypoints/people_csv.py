"""The CSV of public sets of people: ``name:keypoints_y:keypoints_x``, the 18 joints of OpenPose as lists.

Legend: N = pictures.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import PictureFiles, RawPoses, raw_items
from subsong.sources.keypoints.skeletons import OPENPOSE_18
from subsong.sources.reading import read_errors

HEADER = "name:keypoints_y:keypoints_x"
_NUM_JOINTS = len(OPENPOSE_18.names)


def read_people_csv(path: Path, reading: PoseReading) -> RawPoses:
    """Read keypoints of people.

    Parameters
    ----------
    path
        First line ``name:keypoints_y:keypoints_x``, then one line a picture: its name, and two lists of 18 numbers in
        pixels. A joint with -1 in either list is missing.
    reading
        Of its settings `pictures` applies: the folder that names are relative to; without it, the file's.

    Raises
    ------
    SubsongError
        When a line is of another form; names it.
    """
    with read_errors(path):
        lines = path.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not numbered or numbered[0][1].strip() != HEADER:
        raise SubsongError(f"{path} line 1: expected {HEADER}")
    rows = [_read_line(path, number, line) for number, line in numbered[1:]]
    if not rows:
        raise SubsongError(f"{path} has no rows: expected one line a picture after {HEADER}")
    names = [name for name, _ in rows]
    folder = reading.pictures or path.parent
    return RawPoses(
        path,
        [f"line {number}" for number, _ in numbered[1:]],
        raw_items(names),
        PictureFiles(tuple(folder / name for name in names)),
        OPENPOSE_18.names,
        np.stack([keypoints_K2 for _, keypoints_K2 in rows]),
    )


def _read_line(path: Path, number: int, line: str) -> tuple[str, np.ndarray]:
    """Return the picture's name and its keypoints, NaN where missing, shape (18, 2)."""
    name, *lists = line.strip().rsplit(":", 2)
    try:
        y_K, x_K = (np.array(json.loads(text), np.float64) for text in lists)
        keypoints_K2 = np.stack([x_K, y_K], axis=1)
    except (ValueError, TypeError) as error:
        raise SubsongError(
            f"{path} line {number}: expected a name and two lists of numbers, name:[y, ...]:[x, ...]"
        ) from error
    if keypoints_K2.shape != (_NUM_JOINTS, 2):
        raise SubsongError(f"{path} line {number}: expected two lists of {_NUM_JOINTS} numbers, found {len(x_K)}")
    return name, np.where((keypoints_K2 == -1).any(axis=1, keepdims=True), np.nan, keypoints_K2)
