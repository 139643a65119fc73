"""Stores of posed pictures: opening one.

`subsong.datasets.poses.building` makes them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from subsong.datasets.manifest import is_store_of
from subsong.datasets.poses.drawing import PoseSource
from subsong.datasets.store import Store, load_store_of
from subsong.sources.keypoints.types import Skeleton

KIND = "poses"


def load_poses(path: str | Path) -> PoseSource:
    """Open a store of posed pictures; pictures and drawn poses stay on the disk.

    Raises
    ------
    SubsongError
        When there is none, or it is one of something else.
    """
    store = load_pose_store(path)
    parameters, all_rows = store.manifest.parameters, np.arange(store.items.height)
    keypoints = store.arrays.get("keypoints")
    return PoseSource(
        store.arrays["x"],
        store.items,
        None if keypoints is None else keypoints.fetch(all_rows),
        read_skeleton_parameters(parameters["joints"]),
        store.arrays["stickman"],
        all_rows,
        parameters["stickman"] if keypoints is not None else None,
    )


def is_pose_store(path: str | Path) -> bool:
    """Whether the folder `path` is a store of posed pictures."""
    return is_store_of(path, KIND)


def load_pose_store(path: str | Path) -> Store:
    """Open a store after checking that it is one of posed pictures."""
    return load_store_of(path, KIND, "pictures with keypoints")


def describe_skeleton(skeleton: Skeleton | None) -> dict[str, Any] | None:
    """Return a skeleton as plain values, for a manifest."""
    return None if skeleton is None else skeleton._asdict()


def read_skeleton_parameters(values: dict[str, Any] | None) -> Skeleton | None:
    """Return the skeleton a manifest describes, or None where there is none."""
    if values is None:
        return None
    return Skeleton(
        tuple(values["names"]),
        tuple((first, second) for first, second in values["edges"]),
        tuple(values["sides"]),
        tuple(values["body"]),
        values["layout"],
    )
