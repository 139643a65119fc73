"""Keypoints and pictures as a file has them -> equal-sized pictures with keypoints of one skeleton.

Legend: N = pictures, H, W = height and width, C = channels (1 grey, 3 colour), K = joints.
"""

from __future__ import annotations

import logging
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.keypoints.joining import join_joints
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.pixels import (
    box_around,
    crop_picture,
    resize_keypoints,
    resize_picture,
    set_channels,
    widen_box,
)
from subsong.sources.keypoints.raw import RawPoses
from subsong.sources.keypoints.types import PosedPictures

FOLDER_IDENTITY = "folder"
ONLY_IDENTITY = "all"
# Far beyond any picture, and far within float32.
_MAX_COORDINATE_PX = 1_000_000
_KEPT_COLUMNS = ("source", "row", "identity", "pose", "split")
log = logging.getLogger(__name__)


class _Cut(NamedTuple):
    """One picture and its joints: uint8 of shape (H, W, C), float64 of shape (K, 2)."""

    row: int
    image_HWC: np.ndarray
    keypoints_K2: np.ndarray


def assemble(raw: RawPoses, reading: PoseReading) -> PosedPictures:
    """Load the pictures, bring them and their keypoints to one size and layout, and say who is seen.

    Raises
    ------
    SubsongError
        When a row has no joints or no readable picture (unless these are skipped), sizes differ and none was asked for,
        or joints, skeleton or identities are not what was asked for.
    """
    raw = join_joints(raw, reading)
    cuts = _collect(raw, reading)
    _check_sizes(raw, cuts)
    num_channels = _choose_channels(raw, cuts, reading)
    height, width = cuts[0].image_HWC.shape[:2]
    images = np.empty((len(cuts), num_channels, height, width), np.uint8)
    for image, cut in zip(images, cuts, strict=True):
        image[...] = np.moveaxis(set_channels(cut.image_HWC, num_channels), -1, 0)
    keypoints_NK2 = np.stack([cut.keypoints_K2 for cut in cuts]).astype(np.float32)
    items = name_identities(raw.items[[cut.row for cut in cuts]], reading.identity, str(raw.path))
    return PosedPictures(images, items, keypoints_NK2, raw.skeleton)


def _collect(raw: RawPoses, reading: PoseReading) -> list[_Cut]:
    """Return the rows that can be used; the others are an error, or named in a warning."""
    cuts: list[_Cut] = []
    problems: list[str] = []
    for row in range(len(raw.places)):
        try:
            cuts.append(_cut(raw, row, reading))
        except SubsongError as error:
            problem = SubsongError(f"{raw.path} {raw.places[row]}: {error}")
            if reading.on_error == "raise":
                raise problem from error
            problems.append(str(problem))
    if problems:
        log.warning("left out %d of %d rows:\n%s", len(problems), len(raw.places), "\n".join(problems))
    if not cuts:
        what = f"; the first: {problems[0]}" if problems else ""
        raise SubsongError(f"{raw.path} holds no picture with keypoints that can be used{what}")
    return cuts


def _cut(raw: RawPoses, row: int, reading: PoseReading) -> _Cut:
    keypoints_K2 = raw.keypoints_NK2[row]
    if np.isnan(keypoints_K2).all():
        raise SubsongError("no joint is there: mark one, take out the row, or skip such rows with on_error: skip")
    image_HWC = raw.pictures.load(row)
    height, width = image_HWC.shape[:2]
    if raw.is_relative:
        keypoints_K2 = keypoints_K2 * np.array([width, height]) - 0.5
    if np.nanmax(np.abs(keypoints_K2)) > _MAX_COORDINATE_PX:
        raise SubsongError(f"a joint lies more than {_MAX_COORDINATE_PX:,} pixels off: expected x and y in pixels")
    if reading.crop:
        box = box_around(keypoints_K2) if raw.boxes_N4 is None else raw.boxes_N4[row]
        box = _widen_within(box, (height, width), reading)
        image_HWC, keypoints_K2 = crop_picture(image_HWC, box), keypoints_K2 - box[:2]
    size_HW = reading.size_HW
    if size_HW is not None:
        keypoints_K2 = resize_keypoints(keypoints_K2, image_HWC.shape[:2], size_HW)
        image_HWC = resize_picture(image_HWC, size_HW)
    return _Cut(row, image_HWC, keypoints_K2)


def _widen_within(box: np.ndarray, picture_HW: tuple[int, int], reading: PoseReading) -> np.ndarray:
    """Return the part of a box that lies in the picture, widened as asked for."""
    low = np.maximum(box[:2], 0.0)
    high = np.minimum(box[:2] + box[2:], [picture_HW[1], picture_HW[0]])
    if not (high > low).all():
        raise SubsongError("the subject's box lies outside the picture: mend it, or read without crop")
    return widen_box(np.concatenate([low, high - low]), reading.crop_margin, reading.size_HW)


def _check_sizes(raw: RawPoses, cuts: list[_Cut]) -> None:
    expected = cuts[0].image_HWC.shape[:2]
    for cut in cuts:
        height, width = cut.image_HWC.shape[:2]
        if (height, width) != expected:
            first, other = (f"{raw.items['source'][row]} ({raw.places[row]})" for row in (cuts[0].row, cut.row))
            raise SubsongError(
                f"{raw.path}: {first} is {expected[1]} x {expected[0]} pixels (width x height) and "
                f"{other} {width} x {height}: give the size that all are brought to (size)"
            )


def _choose_channels(raw: RawPoses, cuts: list[_Cut], reading: PoseReading) -> int:
    num_grey = sum(cut.image_HWC.shape[2] == 1 for cut in cuts)
    if reading.channels == "auto" and 0 < num_grey < len(cuts):
        log.warning("%s: %d of %d pictures are grey: all are read in colour", raw.path, num_grey, len(cuts))
    is_grey = reading.channels == "grey" or (reading.channels == "auto" and num_grey == len(cuts))
    return 1 if is_grey else 3


def name_identities(items: pl.DataFrame, identity: str | None, path: str) -> pl.DataFrame:
    """Return the items with ``identity`` and ``pose``, null where the source does not know them.

    Parameters
    ----------
    items
        Of a `RawPoses`.
    identity
        As in `PoseReading`.
    path
        The file, for messages.

    Raises
    ------
    SubsongError
        When there is no such column, or a picture lies in no sub-folder.
    """
    if identity == FOLDER_IDENTITY:
        items = items.with_columns(identity=_first_folders(items["source"], path))
    elif identity is not None:
        if identity not in items.columns:
            raise SubsongError(
                f"{path} has no column {identity!r} for identities: {did_you_mean(identity, items.columns)}"
            )
        items = items.with_columns(identity=pl.col(identity).cast(pl.String))
    elif "identity" not in items.columns or items["identity"].is_null().all():
        log.info("%s does not say who is seen: all pictures are taken as one identity, %r", path, ONLY_IDENTITY)
        items = items.with_columns(identity=pl.lit(ONLY_IDENTITY))
    if "pose" not in items.columns:
        items = items.with_columns(pose=pl.lit(None, pl.String))
    return items.select(name for name in _KEPT_COLUMNS if name in items.columns)


def _first_folders(sources: pl.Series, path: str) -> pl.Series:
    for source in sources:
        if "/" not in source:
            raise SubsongError(
                f"{path}: {source} lies in no sub-folder, which would be its identity: put each identity's pictures "
                "into a folder of its own, or choose another identity"
            )
    return sources.str.split("/").list.first()
