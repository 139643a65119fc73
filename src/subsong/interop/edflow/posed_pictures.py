"""Posed pictures as datasets of edflow: ``stickman``, ``appearance`` and ``target``, arrays of values from -1 to 1.

Legend: B = examples, C, H, W = channels, height and width.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from subsong.core.config_files import validate_config
from subsong.core.errors import SubsongError
from subsong.datasets.poses.config import PoseDataConfig, build_pose_splits
from subsong.datasets.types import Splits
from subsong.interop.edflow.datasets import INDEX, DatasetMixin, spread_batch
from subsong.interop.edflow.retrieve import contains_key, retrieve

_PICTURES = ("stickman", "appearance", "target")


class PosedPictures(DatasetMixin):
    """The pictures to train on.

    Parameters
    ----------
    config
        ``data_root``: a store made by ``subsong prepare poses``, or what that verb reads; without it figures are made
        up. ``data``: further settings, as the ``data`` of a ``pose-vunet`` configuration has them. ``seed``, and
        ``model_pars/spatial_size``, which pictures are brought to.

    Raises
    ------
    SubsongError
        When the pictures cannot be read or divided.
    """

    split = "train"

    def __init__(self, config: Any) -> None:
        data = read_data_config(config)
        splits = _open_splits(data.model_dump_json(), int(retrieve(config, "seed", default=0)))
        self._dataset: Any = getattr(splits, self.split)
        items = self._dataset.items
        self.labels = {name: items[name].fill_null("").to_numpy() for name in ("identity", "pose")}

    def __len__(self) -> int:
        return len(self._dataset)

    def start_epoch(self, epoch: int) -> None:
        """Draw other pictures of each appearance, where that is how they are paired."""
        if hasattr(self._dataset, "start_epoch"):
            self._dataset.start_epoch(epoch)

    def fetch(self, index: np.ndarray) -> dict[str, Any]:
        """Return a batch: pictures as float32, (B, H, W, C)."""
        found = spread_batch(self._dataset.fetch(index))
        pictures = {name: np.ascontiguousarray(found[name].transpose(0, 2, 3, 1)) for name in _PICTURES}
        return {"rows": found[INDEX], **pictures}

    def get_example(self, i: int) -> dict[str, Any]:
        """Return one example: pictures as float32, (H, W, C)."""
        batch = self.fetch(np.array([i]))
        return {name: batch[name][0] for name in _PICTURES}


class HeldOutPictures(PosedPictures):
    """The pictures each epoch is judged by."""

    split = "validation"


def read_spatial_size(config: Any) -> tuple[int, int]:
    """Return height and width of the pictures: ``model_pars/spatial_size``, one number or two; 256 where none is given.

    Raises
    ------
    SubsongError
        When it is something else.
    """
    size = retrieve(config, "model_pars/spatial_size", default=256)
    sides = [size, size] if isinstance(size, int) else size
    if not isinstance(sides, list) or len(sides) != 2 or not all(isinstance(side, int) and side > 0 for side in sides):
        raise SubsongError(f"model_pars/spatial_size is {size!r}: expected a number of pixels, or [height, width]")
    return sides[0], sides[1]


def read_data_config(config: Any) -> PoseDataConfig:
    """Return where the pictures are and how they are taken, with VUNet's choices where nothing is said.

    Raises
    ------
    SubsongError
        When a key of ``data`` is unknown.
    """
    size = list(read_spatial_size(config))
    given = dict(retrieve(config, "data", default={}))
    values: dict[str, Any] = {"pairing": "any", "known": 0.1, **given}
    path = retrieve(config, "data_root") if contains_key(config, "data_root") else None
    if path is not None:
        values["path"] = str(path)
        values["reading"] = {"size": size, **_mapping(given.get("reading"))}
    else:
        values["figures"] = {"size": size, **_mapping(given.get("figures"))}
    return validate_config(PoseDataConfig, values)


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


@functools.lru_cache(maxsize=1)
def _open_splits(config_json: str, seed: int) -> Splits:
    """Return both splits, which two datasets of a configuration share."""
    return build_pose_splits(PoseDataConfig.model_validate_json(config_json), seed)
