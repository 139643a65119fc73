"""What the reader of each format hands on: keypoints as the file has them, and where the pictures lie.

Legend: N = pictures, H, W = height and width, C = channels (1 grey, 3 colour), K = joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.types import Skeleton
from subsong.sources.picture_folder import is_grey_picture, open_picture


class PictureStore(Protocol):
    """Pictures that are loaded one at a time; they may differ in size."""

    def load(self, index: int) -> np.ndarray:
        """Return a picture, uint8, shape (H, W, C).

        Raises
        ------
        SubsongError
            When it is missing or damaged.
        """
        ...


class PictureFiles(NamedTuple):
    """Pictures that lie in files of their own; several rows may show the same."""

    paths: tuple[Path, ...]

    def load(self, index: int) -> np.ndarray:
        """Return a picture, uint8, shape (H, W, C)."""
        path = self.paths[index]
        if not path.is_file():
            raise SubsongError(f"the picture {path} does not exist: put it there, or take out the row")
        with open_picture(path) as image:
            mode = "L" if is_grey_picture(path, image) else "RGB"
            return np.atleast_3d(np.asarray(image.convert(mode)))


class PictureArray(NamedTuple):
    """Pictures of one size in an array of shape (N, H, W, C)."""

    images_NHWC: np.ndarray

    def load(self, index: int) -> np.ndarray:
        """Return a picture, uint8, shape (H, W, C)."""
        picture_HWC: np.ndarray = self.images_NHWC[index]
        return picture_HWC


class RawPoses(NamedTuple):
    """Pictures with keypoints as a file has them.

    Attributes
    ----------
    path
        The file of keypoints, for messages.
    places
        How messages name each row, length N: ``line 3``, ``frame 17``.
    items
        One row a picture: ``source``, ``row``, and what else the file says of it as text: ``identity``, ``pose``,
        ``split`` and columns of its own.
    pictures
        One a row.
    joints
        Names, length K.
    keypoints_NK2
        x and y in pixels of the pictures as they are stored, NaN where missing; or, with `is_relative`, in their width
        and height, 0 being the left or upper edge and 1 the other.
    confidence_NK
        Of each joint, or None where the file has none.
    boxes_N4
        Around the subject: x, y of the upper left corner, width, height in pixels; or None.
    skeleton
        As the file has it, or None.
    is_relative
        Whether keypoints are in shares of the picture.
    """

    path: Path
    places: Sequence[str]
    items: pl.DataFrame
    pictures: PictureStore
    joints: tuple[str, ...]
    keypoints_NK2: np.ndarray
    confidence_NK: np.ndarray | None = None
    boxes_N4: np.ndarray | None = None
    skeleton: Skeleton | None = None
    is_relative: bool = False


def raw_items(sources: Sequence[str], **columns: Sequence[str | None] | None) -> pl.DataFrame:
    """Return the table of a `RawPoses`: rows are numbered within each source; columns given as None are left out."""
    counted: dict[str, int] = {}
    rows = []
    for source in sources:
        rows.append(counted.get(source, 0))
        counted[source] = rows[-1] + 1
    texts = [pl.Series(name, list(values), pl.String) for name, values in columns.items() if values is not None]
    return pl.DataFrame([pl.Series("source", list(sources), pl.String), pl.Series("row", rows, pl.Int64), *texts])


def as_picture_array(path: Path, values: np.ndarray) -> PictureArray:
    """Return pictures from an array of a file.

    Parameters
    ----------
    path
        The file, for messages.
    values
        uint8, shape (N, H, W) or (N, H, W, C) with 1, 3 or 4 channels; the fourth, alpha, is dropped.

    Raises
    ------
    SubsongError
        When type or shape are others.
    """
    images_NHWC = values[..., None] if values.ndim == 3 else values
    if values.dtype != np.uint8 or images_NHWC.ndim != 4 or images_NHWC.shape[3] not in (1, 3, 4) or not values.size:
        raise SubsongError(
            f"{path} holds pictures of type {values.dtype} and shape {values.shape}, expected uint8 (0-255) and "
            "(number, height, width) or (number, height, width, channels) with 1, 3 or 4 channels: save them so"
        )
    return PictureArray(images_NHWC[..., : min(images_NHWC.shape[3], 3)])
