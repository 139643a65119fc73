"""Which posed pictures a run uses, how they are divided, and what a model sees of them."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Literal

import numpy as np
import polars as pl
from pydantic import Field

from subsong.datasets.manifest import is_store
from subsong.datasets.poses.dataset import DrawnPoseDataset, PoseArrays, PoseDataset
from subsong.datasets.poses.drawing import Appearance, PoseSource, build_arrays, hold_pictures
from subsong.datasets.poses.pairing import OnSingle, Pairing, PairingRule, check_pairing
from subsong.datasets.poses.splitting import PoseSplitConfig, divide_poses
from subsong.datasets.poses.store import load_poses
from subsong.datasets.types import Splits
from subsong.sources.keypoints.reading import PoseReading, read_posed_pictures
from subsong.sources.stickmen import StickmanStyle
from subsong.synthesis.figures import FigureOptions, make_figures

log = logging.getLogger(__name__)


class PoseDataConfig(PoseSplitConfig):
    """Posed pictures as a run uses them."""

    kind: Literal["poses"] = "poses"
    path: Path | None = Field(
        None,
        description="Store made by 'subsong prepare poses', or a file or folder of pictures with keypoints; null: "
        "figures made up with known truth, which need no data.",
    )
    reading: PoseReading = Field(PoseReading(), description="How a file or folder is read; a store was read before.")
    figures: FigureOptions = Field(FigureOptions(), description="What is made up without a path.")
    stickman: StickmanStyle = Field(
        "port", description="How poses are drawn from keypoints; poses given as pictures are taken as they are."
    )
    appearance: Appearance = Field(
        "picture",
        description="What is seen of the picture that shows the appearance: all of it, or crops of the parts of the "
        "body, which need keypoints.",
    )
    part_size: int | None = Field(
        None, ge=2, description="Height and width of a part in pixels; null: about a quarter of the picture's."
    )
    pairing: Pairing = Field(
        "other",
        description="Which picture shows the appearance: another of the same identity and split; same: the target "
        "itself; any: any of the identity, itself included.",
    )
    on_single: OnSingle = Field(
        "error",
        description="With pairing: other, what to do with an identity of one picture: an error, or it shows itself.",
    )


def build_pose_splits(config: PoseDataConfig, seed: int) -> Splits:
    """Open the pictures of a run and divide them.

    Parameters
    ----------
    config
        Which pictures, and how.
    seed
        Of the division, of the partners, and of figures that are made up.

    Returns
    -------
    Splits
        `DrawnPoseDataset` to train on, `PoseDataset` for validation and, with test above 0, for the test.

    Raises
    ------
    SubsongError
        When the pictures cannot be read or divided, or one has no partner.
    """
    return divide_source(open_poses(config, seed), config, seed)


def open_poses(config: PoseDataConfig, seed: int) -> PoseSource:
    """Return the posed pictures a config names: a store by memory map, all else in memory."""
    if config.path is None:
        return hold_pictures(make_figures(config.figures, seed))
    if is_store(config.path):
        if config.reading != PoseReading():
            log.warning("%s is a dataset, which was read before: data.reading has no effect", config.path)
        return load_poses(config.path)
    return hold_pictures(read_posed_pictures(config.path, config.reading))


def divide_source(source: PoseSource, config: PoseDataConfig, seed: int) -> Splits:
    """Divide posed pictures that are open; see `build_pose_splits`."""
    arrays = build_arrays(source, config.stickman, config.appearance, config.part_size)
    rule = PairingRule(config.pairing, config.on_single)
    min_known = 2 if rule == PairingRule("other", "error") else 1
    items = divide_poses(source.items, config, min_known, seed)
    parts = {
        name: _take_part(arrays, items, name, rule, seed)
        for name in ("train", "validation", "test")
        if (items["split"] == name).any()
    }
    return Splits(parts["train"], parts["validation"], parts.get("test"))


def _take_part(arrays: PoseArrays, items: pl.DataFrame, name: str, rule: PairingRule, seed: int) -> PoseDataset:
    picture_N = (items["split"] == name).arg_true().to_numpy()
    own = items[picture_N].drop("split")
    check_pairing(own, rule, name)
    dataset_class = DrawnPoseDataset if name == "train" else PoseDataset
    return dataset_class(arrays, own, picture_N.astype(np.int64), rule, seed)
