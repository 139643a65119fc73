"""Posed pictures for a trained VUNet: other data are read, drawn and cut as those it was trained on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import is_store
from subsong.datasets.poses.batch import PoseShapes
from subsong.datasets.poses.dataset import PoseDataset
from subsong.datasets.poses.drawing import PoseSource, build_arrays, hold_pictures
from subsong.datasets.poses.pairing import PairingRule
from subsong.datasets.poses.store import load_poses, read_skeleton_parameters
from subsong.inference.poses import read_shapes
from subsong.models.portable import ModelDescription
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.reading import read_posed_pictures
from subsong.sources.keypoints.types import Skeleton

_NUM_NAMED = 5
"""Joints named in a message about many."""
_OTHER = PairingRule("other", "self")


def read_poses(path: str | Path, description: ModelDescription, rule: PairingRule = _OTHER) -> PoseDataset:
    """Return the posed pictures at `path` as a model is shown them: same size, stickmen and parts.

    Parameters
    ----------
    path
        A store made by 'subsong prepare poses', or a file or folder of pictures with keypoints.
    description
        Of the model.
    rule
        Which picture shows each row's appearance; by default another of the same identity, or itself where there is
        no other.

    Raises
    ------
    SubsongError
        When they cannot be read, or have other joints or, in a store, another size than the model was trained on.
    """
    path = Path(path).expanduser()
    shapes = read_shapes(description)
    source = _open_source(path, description, shapes)
    said = description.preprocessing
    source = _take_skeleton(path, source, read_skeleton_parameters(said["skeleton"]))
    arrays = build_arrays(source, said["stickman_style"], said["appearance"], said["part_size"])
    rows_N = np.arange(source.items.height)
    data = PoseDataset(arrays, source.items, rows_N, rule, seed=0)
    _check_shapes(path, data.shapes, shapes)
    return data


def _open_source(path: Path, description: ModelDescription, shapes: PoseShapes) -> PoseSource:
    if is_store(path):
        return load_poses(path)
    reading = _parse_reading(description)
    # Size and colour are the model's, wherever the pictures come from; files beside those of training are not wanted.
    num_channels, height, width = shapes.target
    own: dict[str, Any] = {
        "format": "auto",
        "keypoints": None,
        "pictures": None,
        "skeleton": None,
        "size": (height, width),
        "channels": "grey" if num_channels == 1 else "colour",
    }
    return hold_pictures(read_posed_pictures(path, reading.model_copy(update=own)))


def _parse_reading(description: ModelDescription) -> PoseReading:
    try:
        return PoseReading.model_validate(description.preprocessing["reading"])
    except ValidationError as error:
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise SubsongError(
            f"the model says of its pictures what this version of subsong does not know ({place}): use the version it "
            "was trained with, or train it again"
        ) from error


def _take_skeleton(path: Path, source: PoseSource, skeleton: Skeleton | None) -> PoseSource:
    """Return the source with the joints of the model, in their order, joined as they were."""
    if skeleton is None:
        if source.keypoints_NK2 is not None:
            raise SubsongError(
                f"{path} has keypoints, but the model was trained on poses given as pictures: give poses of that kind"
            )
        return source
    if source.skeleton is None:
        raise SubsongError(
            f"{path} has poses given as pictures, but the model was trained on poses drawn from keypoints "
            f"({_list(skeleton.names)}): give pictures with keypoints"
        )
    missing = tuple(name for name in skeleton.names if name not in source.skeleton.names)
    if missing:
        raise SubsongError(
            f"{path} lacks joints the model was trained on ({_list(missing)}): it has {_list(source.skeleton.names)}"
        )
    if source.skeleton[:4] == skeleton[:4]:
        return source._replace(skeleton=skeleton)
    assert source.keypoints_NK2 is not None
    order_K = [source.skeleton.names.index(name) for name in skeleton.names]
    keypoints_NK2 = source.keypoints_NK2[:, order_K]
    # Poses that a store holds were drawn along other edges.
    return source._replace(keypoints_NK2=keypoints_NK2, skeleton=skeleton, stickmen=None, stickman_N=None, style=None)


def _list(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:_NUM_NAMED])
    return shown if len(names) <= _NUM_NAMED else f"{shown} and {len(names) - _NUM_NAMED} more"


def _check_shapes(path: Path, found: PoseShapes, expected: PoseShapes) -> None:
    for name, shape in expected._asdict().items():
        theirs = getattr(found, name)
        if theirs != shape:
            advice = "the pictures it was prepared from, which are then read" if is_store(path) else "pictures"
            raise SubsongError(
                f"{path}: {name} has the shape {theirs} (channels, height, width), the model was trained on {shape}: "
                f"give {advice} as the model needs them"
            )
