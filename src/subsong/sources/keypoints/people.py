"""Joints of people under other names and in other orders, brought to VUNet's 15 or OpenPose's 18.

Legend: N = pictures, K = joints.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15
from subsong.sources.keypoints.types import Skeleton

LAYOUTS = {skeleton.layout: skeleton for skeleton in (PEOPLE_15, OPENPOSE_18)}
_TRUNK = ("lshoulder", "rshoulder", "lhip", "rhip")


def plain_name(name: str) -> str:
    """Return how we call a joint of people: ``Left_Shoulder`` is ``lshoulder``, ``cnose`` is ``nose``."""
    letters = re.sub(r"[^a-z]", "", name.lower())
    letters = re.sub(r"^(l|r)(eft|ight)", r"\1", letters)
    return "nose" if letters == "cnose" else letters


def find_layout(joints: Sequence[str]) -> Skeleton | None:
    """Return the layout of people that has exactly these joints, in whatever order; None when there is none."""
    names = sorted(plain_name(name) for name in joints)
    fitting = (layout for layout in LAYOUTS.values() if sorted(map(plain_name, layout.names)) == names)
    return next(fitting, None)


def convert_people(path: Path, joints: Sequence[str], keypoints_NK2: np.ndarray, layout: Skeleton) -> np.ndarray:
    """Bring keypoints of people to a layout, joint by joint as they are called.

    Parameters
    ----------
    path
        The file, for messages.
    joints
        Names, length K.
    keypoints_NK2
        NaN where missing.
    layout
        One of `LAYOUTS`.

    Returns
    -------
    numpy.ndarray
        Keypoints of the layout's joints, in its order. A neck that the source lacks is the middle of the shoulders;
        other joints that it lacks are missing.

    Raises
    ------
    SubsongError
        When the source lacks a shoulder or a hip.
    """
    found = {plain_name(name): keypoints_NK2[:, number] for number, name in enumerate(joints)}
    lacking = [name for name in _TRUNK if name not in found]
    if lacking:
        raise SubsongError(
            f"{path} has the joints {', '.join(joints)}: layout {layout.layout} needs both shoulders and hips, and "
            f"{', '.join(lacking)} cannot be found by name; choose layout own, or name the joints as people's are"
        )
    found.setdefault("neck", (found["lshoulder"] + found["rshoulder"]) / 2)
    nowhere_N2 = np.full((len(keypoints_NK2), 2), np.nan)
    columns = [found.get(plain_name(name), nowhere_N2) for name in layout.names]
    return np.stack(columns, axis=1)
