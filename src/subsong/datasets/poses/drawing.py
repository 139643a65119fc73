"""From posed pictures to what batches are taken from: poses are drawn once, and parts are cut out once.

Legend: N = pictures, P = drawn poses, K = joints, C, H, W = channels, height and width.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.poses.dataset import PoseArrays
from subsong.datasets.store import StoredArray
from subsong.sources.keypoints.types import PosedPictures, Skeleton
from subsong.sources.stickmen import StickmanStyle, crop_parts, draw_stickmen

Appearance = Literal["picture", "parts"]
"""What a model sees of somebody: a whole picture, or crops of the parts of the body, each turned upright."""

_CUT_AT_ONCE = 1024
_MIN_PART_SIZE = 16


class PoseSource(NamedTuple):
    """Posed pictures in memory or on the disk.

    Attributes
    ----------
    images
        uint8, shape (N, C, H, W).
    items
        One row a picture; see `PosedPictures`.
    keypoints_NK2, skeleton
        As in `PosedPictures`, or None.
    stickmen
        Drawn poses, uint8, shape (P, C, H, W), or None where they are still to be drawn.
    stickman_N
        Which of them each picture shows, int64, or None.
    style
        In which style they were drawn from the keypoints; None where they came as pictures.
    """

    images: StoredArray
    items: pl.DataFrame
    keypoints_NK2: np.ndarray | None = None
    skeleton: Skeleton | None = None
    stickmen: StoredArray | None = None
    stickman_N: np.ndarray | None = None
    style: StickmanStyle | None = None


def hold_pictures(pictures: PosedPictures) -> PoseSource:
    """Return posed pictures that were read as a source; nothing is copied."""
    stickmen = None if pictures.stickmen is None else StoredArray([pictures.stickmen])
    return PoseSource(
        StoredArray([pictures.images]),
        pictures.items,
        pictures.keypoints_NK2,
        pictures.skeleton,
        stickmen,
        pictures.stickman_N,
    )


def build_arrays(
    source: PoseSource, style: StickmanStyle = "port", appearance: Appearance = "picture", part_size: int | None = None
) -> PoseArrays:
    """Return what batches are taken from.

    Parameters
    ----------
    source
        Posed pictures. Poses that were drawn in this style, or came as pictures, are taken as they are.
    style
        Of the stickmen.
    appearance
        What is to be seen of the picture that shows an appearance.
    part_size
        Height and width of a part in pixels; None: see `choose_part_size`.

    Raises
    ------
    SubsongError
        When parts are asked for and there are no keypoints to cut them out around.
    """
    drawn = draw_poses(source, style)
    assert drawn.stickmen is not None
    assert drawn.stickman_N is not None
    appearances = source.images if appearance == "picture" else _cut_parts(source, part_size)
    return PoseArrays(source.images, drawn.stickmen, drawn.stickman_N, appearances, source.skeleton)


def draw_poses(source: PoseSource, style: StickmanStyle) -> PoseSource:
    """Return the source with drawn poses, each that several pictures share only once."""
    if source.stickmen is not None and (source.keypoints_NK2 is None or source.style == style):
        return source
    assert source.keypoints_NK2 is not None
    assert source.skeleton is not None
    keypoints_NK2 = np.ascontiguousarray(source.keypoints_NK2, np.float32)
    rows_N = keypoints_NK2.reshape(len(keypoints_NK2), -1)
    # As bytes, so that missing joints, which are not equal to themselves, are alike.
    _, first_P, pose_N = np.unique(
        rows_N.view(np.dtype((np.void, rows_N.dtype.itemsize * rows_N.shape[1]))).ravel(),
        return_index=True,
        return_inverse=True,
    )
    _, height, width = source.images.item_shape
    stickmen = draw_stickmen(keypoints_NK2[first_P], source.skeleton, (height, width), style)
    return source._replace(stickmen=StoredArray([stickmen]), stickman_N=pose_N.astype(np.int64), style=style)


def choose_part_size(height: int, width: int) -> int:
    """Return the size of a part: a quarter of the pictures' shorter side, down to a power of 2, 16 at least."""
    return max(_MIN_PART_SIZE, 1 << (min(height, width) // 4).bit_length() - 1)


def _cut_parts(source: PoseSource, part_size: int | None) -> StoredArray:
    if source.keypoints_NK2 is None or source.skeleton is None:
        raise SubsongError(
            "data.appearance is parts, which are cut out around joints, but the poses are given as pictures without "
            "keypoints: set data.appearance=picture"
        )
    _, height, width = source.images.item_shape
    size = part_size or choose_part_size(height, width)
    blocks = []
    for start in range(0, len(source.images), _CUT_AT_ONCE):
        rows = np.arange(start, min(start + _CUT_AT_ONCE, len(source.images)))
        images_NCHW = source.images.fetch(rows)
        blocks.append(crop_parts(images_NCHW, source.keypoints_NK2[rows], source.skeleton, size))
    return StoredArray(blocks)
