"""Posed pictures as a trained VUNet is shown them, and which of them: by row, by identity, by the pose's name.

Legend: N = pictures, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.poses.batch import scale_pictures
from subsong.datasets.poses.dataset import PoseDataset
from subsong.datasets.poses.pairing import PairingRule
from subsong.inference.pose_reading import read_poses
from subsong.inference.poses import TrainedVunet
from subsong.sources.keypoints.pixels import resize_picture, set_channels
from subsong.sources.keypoints.raw import PictureFiles
from subsong.sources.picture_folder import PICTURE_SUFFIXES


class Choice(NamedTuple):
    """Which pictures of a source are wanted.

    Attributes
    ----------
    rows
        Their rows, from 0, in the order wanted; None: not chosen by row.
    names
        Identities, or poses, of each of which the first picture is taken; None: not chosen by name.
    num
        With neither, the first so many identities or poses, each by its first picture; None: all.
    """

    rows: Sequence[int] | None = None
    names: Sequence[str] | None = None
    num: int | None = None


class Shown(NamedTuple):
    """Pictures as a model takes them, or the true ones.

    Attributes
    ----------
    pictures
        float32, values in [-1, 1], shape (N, C, H, W).
    items
        One row a picture: ``source``, ``row`` (in it), ``name`` (unique).
    num_others
        How many identities or poses were left out because no more were wanted.
    """

    pictures: np.ndarray
    items: pl.DataFrame
    num_others: int = 0

    @property
    def names(self) -> list[str]:
        """What the pictures are called."""
        names: list[str] = self.items["name"].to_list()
        return names


def read_as_own(path: Path, model: TrainedVunet) -> PoseDataset:
    """Read every picture of a store or source as a dataset in which each shows its own appearance.

    Raises
    ------
    SubsongError
        When the pictures cannot be read, or do not fit the model.
    """
    return read_poses(path, model.description, PairingRule("same"))


def take_appearances(data: PoseDataset, choice: Choice, path: Path) -> Shown:
    """Return who is to be seen.

    Parameters
    ----------
    data
        As `read_as_own` reads it.
    choice
        Which pictures.
    path
        Where they were read from, for errors.

    Raises
    ------
    SubsongError
        When there is no such row or identity.
    """
    rows, num_others = choose_rows(data.items, "identity", choice, path)
    return Shown(data.fetch(rows).input["appearance"].numpy(), _name(data.items, "identity", rows), num_others)


def take_poses(data: PoseDataset, choice: Choice, path: Path) -> tuple[Shown, np.ndarray]:
    """Return poses, drawn as the model was trained to see them, and the true pictures they were taken from.

    See `take_appearances`; the true pictures have the shape of what the model makes.
    """
    rows, num_others = choose_rows(data.items, "pose", choice, path)
    batch = data.fetch(rows)
    return Shown(batch.input["stickman"].numpy(), _name(data.items, "pose", rows), num_others), batch.target.numpy()


def is_picture(path: Path) -> bool:
    """Tell whether a path is one picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()


def read_picture(path: Path, model: TrainedVunet, choice: Choice) -> Shown:
    """Read one picture as the appearance of whom it shows.

    Raises
    ------
    SubsongError
        When rows or identities were chosen, the model is shown parts of the body, or the file is no picture.
    """
    if choice.rows is not None or choice.names is not None:
        raise SubsongError(f"{path} is one picture: leave out the choice of rows and identities")
    if model.description.preprocessing["appearance"] != "picture":
        raise SubsongError(
            f"{path} is a picture without keypoints, and the model is shown crops around joints: give a source of "
            "pictures with keypoints as the appearance"
        )
    channels, height, width = model.appearance_shape
    picture_HWC = resize_picture(set_channels(PictureFiles((path,)).load(0), channels), (height, width))
    items = pl.DataFrame({"source": [path.name], "row": [0], "name": [path.stem]})
    # A copy: a decoded picture may not be written to.
    return Shown(scale_pictures(np.moveaxis(picture_HWC, -1, 0)[None].copy()).numpy(), items)


def choose_rows(items: pl.DataFrame, column: str, choice: Choice, path: Path) -> tuple[np.ndarray, int]:
    """Return the rows of a choice, int64, and how many more values of `column` there would have been.

    Parameters
    ----------
    items
        One row a picture.
    column
        ``identity`` or ``pose``; pictures that have none each stand for themselves.
    choice
        Which.
    path
        Named in errors.

    Raises
    ------
    SubsongError
        When a row or a name is not there.
    """
    if choice.rows is not None:
        return _check_rows(choice.rows, items.height, path), 0
    values = items[column].to_list()
    firsts: dict[str | int, int] = {}
    for row, value in enumerate(values):
        firsts.setdefault(row if value is None else value, row)
    if choice.names is None:
        rows = list(firsts.values())[: choice.num]
        return np.array(rows, np.int64), len(firsts) - len(rows)
    return np.array([_find_first(firsts, name, column, path) for name in choice.names], np.int64), 0


def _check_rows(rows: Sequence[int], num_rows: int, path: Path) -> np.ndarray:
    for row in rows:
        if not 0 <= row < num_rows:
            raise SubsongError(f"{path} has no row {row}: its {num_rows:,} pictures are numbered 0 to {num_rows - 1:,}")
    return np.array(rows, np.int64)


def _find_first(firsts: dict[str | int, int], name: str, column: str, path: Path) -> int:
    if name not in firsts:
        known = [value for value in firsts if isinstance(value, str)]
        if not known:
            raise SubsongError(f"{path} does not say which {column} its pictures show: choose them by row instead")
        raise SubsongError(f"{path} has no {column} {name!r}: {did_you_mean(name, known)}")
    return firsts[name]


def _name(items: pl.DataFrame, column: str, rows: np.ndarray) -> pl.DataFrame:
    """Return the chosen items with a name each: identity or pose, with the row where that is not enough."""
    chosen = items.with_row_index("row_read")[rows]
    names = [f"{column} {row}" if name is None else name for name, row in chosen.select(column, "row_read").rows()]
    doubled = {name for name in names if names.count(name) > 1}
    unique = [
        f"{name} ({row})" if name in doubled else name for name, row in zip(names, chosen["row_read"], strict=True)
    ]
    return chosen.select("source", "row", name=pl.Series(unique, dtype=pl.String))
