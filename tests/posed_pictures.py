"""Posed pictures whose every truth is known, for the tests of several rooms."""

from __future__ import annotations

import numpy as np
import polars as pl
import torch

from subsong.datasets.poses.dataset import PoseArrays, PoseDataset
from subsong.datasets.poses.pairing import PairingRule
from subsong.datasets.store import StoredArray
from subsong.inference.poses import TrainedVunet
from subsong.models.portable import ModelDescription
from subsong.models.vunet.config import VunetConfig

SIDE = 16
NUM_IDENTITIES, NUM_POSES = 6, 5
SHAPES = {"stickman": [3, SIDE, SIDE], "appearance": [3, SIDE, SIDE]}
TINY = VunetConfig(pose_channels=(8, 16), appearance_channels=(8, 16), patch_size=2, coarsest_size=1)


def draw_pictures(identity_N, pose_N, seed=0):
    """Return a patch where the pose puts it, in the texture of the identity; uint8, shape (N, 3, 16, 16)."""
    generator = np.random.default_rng(seed)
    textures = generator.integers(60, 255, (NUM_IDENTITIES, 3, 8, 8), dtype=np.uint8)
    images = np.full((len(identity_N), 3, SIDE, SIDE), 20, np.uint8)
    for number, (identity, pose) in enumerate(zip(identity_N, pose_N, strict=True)):
        images[number, :, 2 * (pose % 4) : 2 * (pose % 4) + 8, pose : pose + 8] = textures[identity]
    return images


def draw_stickmen(pose_N, width_N):
    """Return the patch's outline, of a width that may differ from identity to identity; uint8, (N, 3, 16, 16)."""
    stickmen = np.zeros((len(pose_N), 3, SIDE, SIDE), np.uint8)
    for number, (pose, width) in enumerate(zip(pose_N, width_N, strict=True)):
        stickmen[number, pose % 3, 2 * (pose % 4) : 2 * (pose % 4) + 8, pose : pose + width] = 255
    return stickmen


def build_poses(rows=None, same_stickmen=True, num_known=4, names=True):
    """Return a dataset of every identity in every pose, or some of its rows; the first identities are known."""
    identity_N, pose_N = (index.ravel() for index in np.indices((NUM_IDENTITIES, NUM_POSES)))
    width_N = np.full(len(pose_N), 8) if same_stickmen else 4 + identity_N // 2
    images = StoredArray([draw_pictures(identity_N, pose_N)])
    arrays = PoseArrays(
        images, StoredArray([draw_stickmen(pose_N, width_N)]), np.arange(len(pose_N)), images, skeleton=None
    )
    items = pl.DataFrame(
        {
            "source": ["made up"] * len(pose_N),
            "row": np.arange(len(pose_N)),
            "identity": [f"figure {number}" for number in identity_N],
            "pose": [f"pose {number}" if names else None for number in pose_N],
            "is_known": identity_N < num_known,
        },
        schema_overrides={"pose": pl.String},
    )
    rows = np.arange(len(pose_N)) if rows is None else np.asarray(rows)
    return PoseDataset(arrays, items[rows], rows, PairingRule("other", "self"), seed=0)


def describe_tiny(**more):
    """Return what the folder of a tiny VUNet says."""
    preprocessing = {
        "kind": "poses",
        "item_shape": [3, SIDE, SIDE],
        "input_shapes": SHAPES,
        "value_range": [-1.0, 1.0],
        "stickman_style": "port",
        "appearance": "picture",
        "part_size": None,
        "reading": {},
        "skeleton": None,
        **more,
    }
    return ModelDescription("pose-vunet", TINY.model_dump(mode="json"), preprocessing)


def build_tiny(seed=0, **more):
    """Return an untrained VUNet of 16 x 16 pictures, whose weights are drawn from the seed."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = TINY.build((3, SIDE, SIDE), SHAPES)
    return TrainedVunet(module, describe_tiny(**more), torch.device("cpu"))
