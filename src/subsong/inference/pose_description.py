"""What a model of poses says of its pictures, so that others are read, drawn and cut alike."""

from __future__ import annotations

from typing import Any

from subsong.datasets.manifest import is_store
from subsong.datasets.poses.config import PoseDataConfig
from subsong.datasets.poses.dataset import PoseDataset
from subsong.datasets.poses.store import describe_skeleton, load_pose_store
from subsong.sources.keypoints.options import PoseReading


def describe_poses(config: PoseDataConfig, data: PoseDataset) -> dict[str, Any]:
    """Return the ``preprocessing`` of a model trained on `data`, as plain values; `read_poses` follows it."""
    shapes = data.shapes
    is_cut = config.appearance == "parts"
    return {
        "kind": "poses",
        "item_shape": list(shapes.target),
        "input_shapes": {"stickman": list(shapes.stickman), "appearance": list(shapes.appearance)},
        "value_range": list(data.value_range),
        "stickman_style": config.stickman,
        "appearance": config.appearance,
        "part_size": shapes.appearance[1] if is_cut else None,
        "reading": _find_reading(config).model_dump(mode="json"),
        "skeleton": describe_skeleton(data.skeleton),
    }


def _find_reading(config: PoseDataConfig) -> PoseReading:
    """Return how the pictures were read; of a store, its manifest tells."""
    if config.path is None or not is_store(config.path):
        return config.reading
    said = load_pose_store(config.path).manifest.parameters
    return PoseReading.model_validate({name: said[name] for name in PoseReading.model_fields if name in said})
