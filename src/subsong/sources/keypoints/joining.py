"""Which joints of a source there are, in which order, and how they are joined.

Legend: N = pictures, K = joints.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.people import LAYOUTS, convert_people, find_layout
from subsong.sources.keypoints.raw import RawPoses
from subsong.sources.keypoints.skeleton_files import read_skeleton
from subsong.sources.keypoints.skeletons import OPENPOSE_18, guess_sides, join_nearest
from subsong.sources.keypoints.types import Skeleton

log = logging.getLogger(__name__)


def join_joints(raw: RawPoses, reading: PoseReading) -> RawPoses:
    """Return the poses with the joints of the skeleton that was asked for, in its order.

    Parameters
    ----------
    raw
        As the file has them.
    reading
        Its `skeleton` wins over its `layout`, and that over the edges of the source. Without any of them, joints that
        are called like those of a layout of people are in it, and others are joined to their nearest.

    Returns
    -------
    RawPoses
        With a skeleton. Both coordinates of a joint are NaN where one is, or where it is less certain than asked.

    Raises
    ------
    SubsongError
        When the source lacks joints of the skeleton or layout.
    """
    keypoints_NK2 = _drop_missing(raw, reading.min_confidence)
    has_edges = raw.skeleton is not None and bool(raw.skeleton.edges)
    known = find_layout(raw.joints) if reading.layout == "auto" and not has_edges else LAYOUTS.get(reading.layout)
    if reading.skeleton is not None:
        skeleton = read_skeleton(reading.skeleton)
        keypoints_NK2 = _reorder(raw, keypoints_NK2, skeleton, reading.skeleton)
    elif known is not None:
        skeleton, keypoints_NK2 = known, convert_people(raw.path, raw.joints, keypoints_NK2, known)
    elif raw.skeleton is not None and has_edges:
        skeleton = raw.skeleton
    else:
        log.info("%s does not say how joints are joined: each is joined to its nearest", raw.path)
        skeleton = Skeleton(raw.joints, join_nearest(keypoints_NK2), guess_sides(raw.joints))
    return raw._replace(joints=skeleton.names, keypoints_NK2=keypoints_NK2, skeleton=skeleton, confidence_NK=None)


def _drop_missing(raw: RawPoses, min_confidence: float) -> np.ndarray:
    """Return the keypoints, both coordinates NaN where one is missing or the joint is less certain than asked."""
    is_missing_NK = ~np.isfinite(raw.keypoints_NK2).all(axis=2)
    if raw.skeleton is None and find_layout(raw.joints) is OPENPOSE_18:
        # What OpenPose writes for a joint it did not find.
        is_missing_NK |= (raw.keypoints_NK2 <= 0).all(axis=2)
    if raw.confidence_NK is not None:
        is_missing_NK |= raw.confidence_NK < min_confidence
    elif min_confidence > 0:
        log.warning("%s says nothing of confidence: min_confidence has no effect", raw.path)
    return np.where(is_missing_NK[..., None], np.nan, raw.keypoints_NK2)


def _reorder(raw: RawPoses, keypoints_NK2: np.ndarray, skeleton: Skeleton, path: Path) -> np.ndarray:
    unknown = [name for name in skeleton.names if name not in raw.joints]
    if unknown:
        raise SubsongError(
            f"{path} names the joint {unknown[0]!r}, which {raw.path} does not have: "
            f"{did_you_mean(unknown[0], raw.joints)}"
        )
    return keypoints_NK2[:, [raw.joints.index(name) for name in skeleton.names]]
