"""Where the parts of a body are: four corners a part, as seen upright by the part itself.

Legend: N = pictures, K = joints, P = parts; the four corners go round from the upper left by the upper right.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.keypoints.types import Skeleton
from subsong.sources.stickmen.people import PEOPLE, Arm, People

PEOPLE_PARTS = (
    "torso",
    "head",
    "left upper arm",
    "left forearm",
    "right upper arm",
    "right forearm",
    "left thigh",
    "right thigh",
)
_LIMB_WIDTH = 0.5
"""Of the box around a limb, as a share of its length."""


def list_parts(skeleton: Skeleton) -> tuple[str, ...]:
    """Return the names of the parts of a body: the eight of people, and one an edge for every other skeleton."""
    if skeleton.layout in PEOPLE:
        return PEOPLE_PARTS
    return tuple(f"{skeleton.names[start]}-{skeleton.names[end]}" for start, end in skeleton.edges)


def find_part_corners(keypoints_NK2: np.ndarray, skeleton: Skeleton, height: int) -> np.ndarray:
    """Return the corners of every part.

    Parameters
    ----------
    keypoints_NK2
        x and y in pixels, NaN where missing.
    skeleton
        Whose parts, in the order of `list_parts`.
    height
        Of the pictures; a thigh without its knee goes straight down to their last row.

    Returns
    -------
    np.ndarray
        float64, shape (N, P, 4, 2); NaN where joints that the part needs are missing.

    Notes
    -----
    The torso has its corners on shoulders and hips. The head is a square from the neck, the middle of the shoulders, to
    twice as far as the nose; without a nose it is the square on the shoulders. A limb goes from joint to joint and is
    half as wide as it is long.
    """
    people = PEOPLE.get(skeleton.layout)
    if people is None:
        corners = [_box_limb(keypoints_NK2[:, start], keypoints_NK2[:, end]) for start, end in skeleton.edges]
    else:
        corners = _list_people_corners(keypoints_NK2, people, height)
    return np.stack(corners, axis=1) if corners else np.empty((len(keypoints_NK2), 0, 4, 2))


def _list_people_corners(keypoints_NK2: np.ndarray, people: People, height: int) -> list[np.ndarray]:
    left, right = people.left, people.right
    torso = [left.shoulder, right.shoulder, right.hip, left.hip]
    corners = [keypoints_NK2[:, torso], _box_head(keypoints_NK2, people)]
    for arm in (left, right):
        upper, elbow, wrist = (keypoints_NK2[:, joint] for joint in (arm.shoulder, arm.elbow, arm.wrist))
        corners += [_box_limb(upper, elbow), _box_limb(elbow, wrist)]
    return corners + [_box_thigh(keypoints_NK2, arm, height) for arm in (left, right)]


def _box_limb(start_N2: np.ndarray, end_N2: np.ndarray, width: float = _LIMB_WIDTH) -> np.ndarray:
    """Return the corners of a box from start (above) to end (below), `width` times as wide as it is long."""
    step_N2 = end_N2 - start_N2
    # A quarter turn from down to the right.
    half_N2 = np.stack([step_N2[:, 1], -step_N2[:, 0]], axis=1) * (width / 2)
    return np.stack([start_N2 - half_N2, start_N2 + half_N2, end_N2 + half_N2, end_N2 - half_N2], axis=1)


def _box_head(keypoints_NK2: np.ndarray, people: People) -> np.ndarray:
    left_N2, right_N2 = keypoints_NK2[:, people.left.shoulder], keypoints_NK2[:, people.right.shoulder]
    neck_N2, nose_N2 = (left_N2 + right_N2) / 2, keypoints_NK2[:, people.nose]
    with_nose_N42 = _box_limb(2 * nose_N2 - neck_N2, neck_N2, width=1.0)
    up_N2 = np.stack([left_N2[:, 1] - right_N2[:, 1], right_N2[:, 0] - left_N2[:, 0]], axis=1)
    # Upwards in the picture, whichever shoulder is to the left.
    up_N2 = np.where(up_N2[:, 1:] > 0, -up_N2, up_N2)
    on_shoulders_N42 = _box_limb(neck_N2 + up_N2, neck_N2, width=1.0)
    return np.where(np.isnan(with_nose_N42), on_shoulders_N42, with_nose_N42)


def _box_thigh(keypoints_NK2: np.ndarray, arm: Arm, height: int) -> np.ndarray:
    hip_N2, knee_N2 = keypoints_NK2[:, arm.hip], keypoints_NK2[:, arm.knee]
    below_N2 = np.stack([hip_N2[:, 0], np.maximum(height - 1, hip_N2[:, 1])], axis=1)
    return _box_limb(hip_N2, np.where(np.isnan(knee_N2), below_N2, knee_N2))
