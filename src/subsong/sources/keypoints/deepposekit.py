"""DeepPoseKit's annotation sets: pictures, keypoints and skeleton in one HDF5 file.

Legend: N = pictures, H, W = height and width, C = channels, K = joints.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.hdf5 import open_hdf5, read_array
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import RawPoses, as_picture_array, raw_items
from subsong.sources.keypoints.skeleton_files import read_skeleton
from subsong.sources.keypoints.skeletons import guess_sides
from subsong.sources.keypoints.types import Skeleton

_SKELETON_FILE = "skeleton.csv"


def read_deepposekit(path: Path, reading: PoseReading) -> RawPoses:
    """Read an annotation set.

    Parameters
    ----------
    path
        HDF5 with ``images``, uint8, shape (N, H, W, C); ``annotations``, x and y in pixels, NaN where missing, shape
        (N, K, 2); and ``skeleton``, shape (K, 2), whose first column is the number of each joint's parent, -1 without.
        Names are those of ``skeleton.csv`` beside it. The marks ``annotated`` of the annotation tool are not used.
    reading
        Nothing of it is used here.

    Raises
    ------
    SubsongError
        When a dataset is missing or does not fit the others, or the names are not as many as the joints.
    """
    with open_hdf5(path) as file:
        store = as_picture_array(path, read_array(path, file, "images"))
        keypoints_NK2 = read_array(path, file, "annotations").astype(np.float64)
        parents = np.atleast_2d(read_array(path, file, "skeleton"))[:, 0] if "skeleton" in file else np.zeros(0, int)
    num_pictures = len(store.images_NHWC)
    if keypoints_NK2.ndim != 3 or keypoints_NK2.shape[::2] != (num_pictures, 2):
        raise SubsongError(
            f"{path}: annotations have shape {keypoints_NK2.shape} for {num_pictures} pictures, expected "
            f"({num_pictures}, joints, 2)"
        )
    skeleton = _find_skeleton(path, parents, keypoints_NK2.shape[1])
    return RawPoses(
        path,
        [f"picture {index}" for index in range(num_pictures)],
        raw_items([path.name] * num_pictures),
        store,
        skeleton.names,
        keypoints_NK2,
        skeleton=skeleton,
    )


def _find_skeleton(path: Path, parents: np.ndarray, num_joints: int) -> Skeleton:
    beside = path.with_name(_SKELETON_FILE)
    if beside.is_file():
        skeleton = read_skeleton(beside)
        if len(skeleton.names) != num_joints:
            raise SubsongError(
                f"{beside} names {len(skeleton.names)} joints and {path} has {num_joints}: they do not belong together"
            )
        return skeleton
    names = tuple(f"joint-{number:02d}" for number in range(num_joints))
    edges = tuple((int(parent), joint) for joint, parent in enumerate(parents) if 0 <= parent < num_joints)
    return Skeleton(names, edges, guess_sides(names))
