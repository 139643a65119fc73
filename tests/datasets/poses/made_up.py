"""Posed pictures of noise, each unlike all others, with a skeleton of four joints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from subsong.sources.keypoints.types import PosedPictures, Skeleton

SKELETON = Skeleton(
    ("nose", "left_hand", "right_hand", "tail"), ((0, 1), (0, 2), (0, 3)), ("centre", "left", "right", "centre")
)


def make_pictures(num_identities: int = 4, num_poses: int = 5, size: int = 8) -> PosedPictures:
    """Return every identity in every pose, poses in turn; identities share the keypoints of a pose."""
    rng = np.random.default_rng(0)
    num_pictures = num_identities * num_poses
    images = rng.integers(0, 256, (num_pictures, 3, size, size), dtype=np.uint8)
    keypoints_PK2 = rng.uniform(0, size - 1, (num_poses, 4, 2)).astype(np.float32)
    keypoints_PK2[0, 3] = np.nan
    items = pl.DataFrame(
        {
            "source": ["made-up.npz"] * num_pictures,
            "row": range(num_pictures),
            "identity": [f"animal-{number // num_poses}" for number in range(num_pictures)],
            "pose": [f"pose-{number % num_poses}" for number in range(num_pictures)],
        }
    )
    return PosedPictures(images, items, np.tile(keypoints_PK2, (num_identities, 1, 1)), SKELETON)


def make_drawn(num_identities: int = 4, num_poses: int = 5, size: int = 8) -> PosedPictures:
    """Return the same pictures with poses that were drawn beforehand, in place of keypoints."""
    pictures = make_pictures(num_identities, num_poses, size)
    stickmen = np.random.default_rng(1).integers(0, 256, (num_poses, 1, size, size), dtype=np.uint8)
    number_N = np.tile(np.arange(num_poses), num_identities)
    return PosedPictures(pictures.images, pictures.items, stickmen=stickmen, stickman_N=number_N)


def write_pictures(path: Path, pictures: PosedPictures) -> Path:
    """Write posed pictures with keypoints as a file our reader takes; return it."""
    assert pictures.keypoints_NK2 is not None
    assert pictures.skeleton is not None
    np.savez(
        path,
        images=pictures.images.transpose(0, 2, 3, 1),
        keypoints=pictures.keypoints_NK2,
        identity=pictures.items["identity"].to_numpy().astype(str),
        pose=pictures.items["pose"].to_numpy().astype(str),
        joints=np.array(pictures.skeleton.names),
        edges=np.array(pictures.skeleton.edges),
        sides=np.array(pictures.skeleton.sides),
        body=np.zeros(0, np.int64),
    )
    return path
