"""VUNet's original index: pictures of people and their 15 joints, a pickle that is read without executing it.

Legend: N = pictures, K = joints.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.pickle_values import read_pickle_values
from subsong.sources.keypoints.raw import PictureFiles, RawPoses, raw_items

_KEYS = ("joint_order", "imgs", "joints")


def read_vunet_index(path: Path, reading: PoseReading) -> RawPoses:
    """Read an index.

    Parameters
    ----------
    path
        ``index.p``, a dict of ``joint_order``, K names; ``imgs``, N paths of pictures relative to it; ``joints``, shape
        (N, K, 2), in shares of the picture's width and height, negative where missing; and maybe ``train``, N flags,
        which become the column ``split``.
    reading
        Of its settings `pictures` applies: the folder that paths are relative to; without it, the index's.

    Raises
    ------
    SubsongError
        When the file is damaged, holds anything but plain values and arrays, or its parts do not fit each other.
    """
    values = read_pickle_values(path)
    missing = [key for key in _KEYS if not isinstance(values, dict) or key not in values]
    if missing:
        raise SubsongError(f"{path} is no index of VUNet: it lacks {', '.join(missing)}; expected {', '.join(_KEYS)}")
    joints = tuple(_as_text(name) for name in values["joint_order"])
    names = [_as_text(name).replace("\\", "/") for name in values["imgs"]]
    keypoints_NK2 = _as_keypoints(path, values["joints"], (len(names), len(joints), 2))
    folder = reading.pictures or path.parent
    return RawPoses(
        path,
        [f"row {row}" for row in range(len(names))],
        raw_items(names, split=_read_splits(path, values.get("train"), len(names))),
        PictureFiles(tuple(folder / name for name in names)),
        joints,
        np.where((keypoints_NK2 < 0).any(axis=2, keepdims=True), np.nan, keypoints_NK2),
        is_relative=True,
    )


def _as_text(value: Any) -> str:
    return value.decode("utf-8", errors="replace") if isinstance(value, bytes) else str(value)


def _as_keypoints(path: Path, values: Any, expected: tuple[int, int, int]) -> np.ndarray:
    try:
        keypoints_NK2 = np.array(values, np.float64)
    except (ValueError, TypeError) as error:
        raise SubsongError(f"{path}: expected numbers of shape {expected} under joints: mend the index") from error
    if keypoints_NK2.shape != expected:
        raise SubsongError(
            f"{path}: joints have shape {keypoints_NK2.shape}, expected {expected} for its imgs and joint_order"
        )
    return keypoints_NK2


def _read_splits(path: Path, flags: Sequence[Any] | None, num_pictures: int) -> list[str | None] | None:
    if flags is None:
        return None
    if len(flags) != num_pictures:
        raise SubsongError(f"{path}: train has {len(flags)} flags for {num_pictures} imgs, expected one each")
    return ["train" if flag else "test" for flag in flags]
