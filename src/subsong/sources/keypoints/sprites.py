"""Drawn characters in drawn poses: ``rendered.npz``, where every character is shown in every pose.

Legend: A = characters, P = poses, H, W = height and width.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.npz import load_arrays
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.pixels import resize_picture, set_channels
from subsong.sources.keypoints.types import PosedPictures

_USED_SETTINGS = ("format", "size", "channels")
log = logging.getLogger(__name__)


def read_sprites(path: Path, reading: PoseReading) -> PosedPictures:
    """Read drawn characters.

    Parameters
    ----------
    path
        ``.npz`` with ``images``, uint8, shape (A, P, H, W, 3); ``pose_mask``, the outline of a bare body in each pose,
        shape (P, H, W), of two values; and ``pose_name``, shape (P,).
    reading
        Of its settings `size` and `channels` apply.

    Returns
    -------
    PosedPictures
        Character after character, its poses in order. Identities are ``character-000`` and on; the outlines, black and
        white, are the stickmen.

    Raises
    ------
    SubsongError
        When an array is missing or does not fit the others.
    """
    ignored = [name for name in reading.model_dump(exclude_defaults=True) if name not in _USED_SETTINGS]
    if ignored:
        log.warning("%s: drawn characters have outlines, not keypoints; no effect have: %s", path, ", ".join(ignored))
    images_APHWC, masks_PHW, poses = _check(path, load_arrays(path))
    num_characters, num_poses = images_APHWC.shape[:2]
    size_HW = reading.size_HW or (images_APHWC.shape[2], images_APHWC.shape[3])
    num_channels = 1 if reading.channels == "grey" else 3
    images = np.empty((num_characters * num_poses, num_channels, *size_HW), np.uint8)
    for image, picture_HWC in zip(images, images_APHWC.reshape(-1, *images_APHWC.shape[2:]), strict=True):
        image[...] = np.moveaxis(set_channels(resize_picture(picture_HWC, size_HW), num_channels), -1, 0)
    outlines_PHW = (masks_PHW > 0).astype(np.uint8) * np.uint8(255)
    stickmen = np.stack([np.moveaxis(resize_picture(mask[..., None], size_HW), -1, 0) for mask in outlines_PHW])
    stickman_N = np.tile(np.arange(num_poses), num_characters)
    identities = np.repeat([f"character-{number:03d}" for number in range(num_characters)], num_poses)
    items = pl.DataFrame(
        {
            "source": [path.name] * len(images),
            "row": np.arange(len(images)),
            "identity": identities.tolist(),
            "pose": [poses[pose] for pose in stickman_N],
        }
    )
    return PosedPictures(images, items, stickmen=stickmen, stickman_N=stickman_N)


def _check(path: Path, arrays: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, list[str]]:
    missing = [name for name in ("images", "pose_mask", "pose_name") if name not in arrays]
    if missing:
        raise SubsongError(f"{path} has no array {', '.join(missing)}: expected images, pose_mask and pose_name")
    images, masks, names = arrays["images"], arrays["pose_mask"], arrays["pose_name"]
    fits = images.ndim == 5 and images.dtype == np.uint8 and images.shape[4] in (1, 3)
    if not fits or masks.shape != images.shape[1:4] or names.shape != images.shape[1:2]:
        raise SubsongError(
            f"{path}: images have type {images.dtype} and shape {images.shape}, pose_mask {masks.shape} and pose_name "
            f"{names.shape}; expected uint8 (characters, poses, height, width, 3), (poses, height, width) and (poses,)"
        )
    return images, masks, [str(name) for name in names]
