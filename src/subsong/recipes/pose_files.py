"""Where pictures of poses go: one picture of them all, an archive of values, or a folder of a file each.

Legend: N = pictures, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.file_names import build_file_stems
from subsong.core.files import atomic_file, atomic_folder, disk_errors
from subsong.core.progress import Progress
from subsong.datasets.poses.batch import PICTURE_RANGE
from subsong.inference.tables import write_table
from subsong.reports.pictures import write_picture_grid

ARCHIVE, GRID = ".npz", ".png"
TABLE_NAME = "table.csv"


class MadePictures(NamedTuple):
    """Pictures a model made.

    Attributes
    ----------
    pictures
        float32, values in `PICTURE_RANGE`, shape (N, C, H, W).
    table
        One row a picture: what each was made of.
    """

    pictures: np.ndarray
    table: pl.DataFrame


def check_destination(out: Path, suffixes: Sequence[str]) -> None:
    """Check, before any work, where pictures are to go: a file of these suffixes, or, without one, a new folder.

    Raises
    ------
    SubsongError
        When the suffix is another one, or the folder holds anything.
    """
    if out.suffix.lower() in suffixes:
        return
    if out.suffix and not out.is_dir():
        raise SubsongError(f"--out {out}: expected {' or '.join(suffixes)}, or a folder, whose name has no suffix")
    if out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise SubsongError(f"--out {out} is there already: name a new or empty folder")


def write_archive(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays as an .npz, whole or not at all."""
    with disk_errors(path), atomic_file(path) as file:
        np.savez_compressed(file, **arrays)


def write_folder(path: Path, made: MadePictures, names: Sequence[str], tell: Progress) -> None:
    """Write one PNG a picture and ``table.csv``, whose first column says which file is which; whole or not at all.

    Parameters
    ----------
    path
        A new or empty folder.
    made
        The pictures.
    names
        What the files are called; characters that a file cannot have become hyphens.
    tell
        Told how many files are written.
    """
    files = [f"{stem}{GRID}" for stem in build_file_stems(names, "picture")]
    with atomic_folder(path) as folder:
        for number, (picture_CHW, file) in enumerate(zip(made.pictures, files, strict=True)):
            tell("files", number, len(files))
            write_picture_grid(folder / file, picture_CHW[None], 1, PICTURE_RANGE, pad=0)
        write_table(folder / TABLE_NAME, made.table.select(pl.Series("file", files, dtype=pl.String), pl.all()))
    tell("files", len(files), len(files))
