"""Pictures with keypoints in one ``.npz`` file: our own, and others' whose arrays are called alike.

Legend: N = pictures, H, W = height and width, C = channels, K = joints, E = edges, M = joints of the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast, get_args

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.sources.keypoints.npz import load_arrays
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import RawPoses, as_picture_array, raw_items
from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15, guess_sides
from subsong.sources.keypoints.types import PosedPictures, Side, Skeleton

# Under the first of these names that the file has; ours come first.
_NAMES = {
    "images": ("images", "pictures"),
    "keypoints": ("keypoints", "keypoints_xy"),
    "joints": ("joints", "keypoint_names"),
}
_SAVED_TEXTS = ("identity", "pose", "split", "frame")


def write_posed_pictures(path: str | Path, pictures: PosedPictures) -> None:
    """Write pictures with keypoints, whole or not at all; the same pictures give the same bytes.

    Parameters
    ----------
    path
        Ends in ``.npz``. It holds ``images`` uint8 (N, H, W, C), ``keypoints`` float32 (N, K, 2): x and y in pixels,
        NaN where missing, ``identity`` and ``pose`` text (N,), ``joints`` text (K,), ``edges`` whole numbers (E, 2),
        ``sides`` text (K,), ``body`` whole numbers (M,) and ``layout`` text.
    pictures
        With keypoints. An identity or pose that is not known is written as empty text.

    Raises
    ------
    SubsongError
        When the name ends otherwise, the pictures have stickmen in place of keypoints, or the disk is full.
    """
    path = Path(path)
    if path.suffix != ".npz":
        raise SubsongError(f"cannot write pictures with keypoints to {path.name}: expected a name that ends in .npz")
    if pictures.keypoints_NK2 is None or pictures.skeleton is None:
        raise SubsongError(f"cannot write {path}: these pictures have stickmen, expected keypoints and a skeleton")
    skeleton = pictures.skeleton
    with atomic_file(path) as file:
        np.savez_compressed(
            file,
            images=np.ascontiguousarray(np.moveaxis(pictures.images, 1, -1)),
            keypoints=pictures.keypoints_NK2.astype(np.float32),
            joints=np.array(skeleton.names, np.str_),
            edges=np.array(skeleton.edges, np.int64).reshape(-1, 2),
            sides=np.array(skeleton.sides, np.str_),
            body=np.array(skeleton.body, np.int64),
            layout=np.array(skeleton.layout, np.str_),
            identity=_text_array(pictures, "identity"),
            pose=_text_array(pictures, "pose"),
        )


def _text_array(pictures: PosedPictures, column: str) -> np.ndarray:
    return np.array(pictures.items[column].fill_null("").to_list(), np.str_)


def read_arrays(path: Path, reading: PoseReading) -> RawPoses:
    """Read pictures and keypoints from an ``.npz`` file.

    Parameters
    ----------
    path
        As `write_posed_pictures` writes it; all but ``images`` and ``keypoints`` may be missing. ``pictures``,
        ``keypoints_xy`` and ``keypoint_names`` are understood too.
    reading
        Nothing of it is used here.

    Raises
    ------
    SubsongError
        When an array is missing or does not fit the others.
    """
    arrays = load_arrays(path)
    store = as_picture_array(path, _require(path, arrays, "images"))
    num_pictures = len(store.images_NHWC)
    keypoints_NK2 = _require(path, arrays, "keypoints")
    if keypoints_NK2.shape[:1] + keypoints_NK2.shape[2:] != (num_pictures, 2) or keypoints_NK2.dtype.kind not in "iuf":
        raise SubsongError(
            f"{path}: keypoints have shape {keypoints_NK2.shape} for {num_pictures} pictures, expected numbers of "
            f"shape ({num_pictures}, joints, 2)"
        )
    joints = _joint_names(path, arrays, keypoints_NK2.shape[1])
    texts = {name: _texts(path, arrays, name, num_pictures) for name in _SAVED_TEXTS}
    return RawPoses(
        path,
        [f"picture {index}" for index in range(num_pictures)],
        raw_items([path.name] * num_pictures, **texts),
        store,
        joints,
        keypoints_NK2.astype(np.float64),
        skeleton=_read_skeleton(path, arrays, joints),
    )


def _require(path: Path, arrays: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    found = next((arrays[other] for other in _NAMES[name] if other in arrays), None)
    if found is None:
        raise SubsongError(
            f"{path} holds the arrays {', '.join(sorted(arrays)) or '(none)'}: expected images and keypoints among them"
        )
    return found


def _joint_names(path: Path, arrays: Mapping[str, np.ndarray], num_joints: int) -> tuple[str, ...]:
    """Return the names in the file; without any, those of the layout of people with as many joints, else numbers."""
    found = next((arrays[name] for name in _NAMES["joints"] if name in arrays), None)
    if found is None:
        known = next((layout.names for layout in (PEOPLE_15, OPENPOSE_18) if len(layout.names) == num_joints), None)
        return known or tuple(f"joint-{number:02d}" for number in range(num_joints))
    if found.shape != (num_joints,):
        raise SubsongError(f"{path}: joints has shape {found.shape} for keypoints of {num_joints} joints: name each")
    return tuple(str(name) for name in found)


def _texts(path: Path, arrays: Mapping[str, np.ndarray], name: str, num_pictures: int) -> list[str | None] | None:
    if name not in arrays:
        return None
    if arrays[name].shape != (num_pictures,):
        raise SubsongError(
            f"{path}: {name} has shape {arrays[name].shape}, expected ({num_pictures},), one for each picture"
        )
    return [str(value) or None for value in arrays[name]]


def _read_skeleton(path: Path, arrays: Mapping[str, np.ndarray], joints: tuple[str, ...]) -> Skeleton | None:
    if "edges" not in arrays:
        return None
    edges, body = arrays["edges"].reshape(-1, 2), arrays.get("body", np.zeros(0, np.int64))
    numbers = np.concatenate([edges.ravel(), body.ravel()])
    if numbers.size and (numbers.dtype.kind not in "iu" or numbers.min() < 0 or numbers.max() >= len(joints)):
        raise SubsongError(f"{path}: edges and body must be numbers of joints, 0 to {len(joints) - 1}: mend them")
    sides = tuple(str(side) for side in arrays["sides"]) if "sides" in arrays else guess_sides(joints)
    if len(sides) != len(joints) or not set(sides) <= set(get_args(Side)):
        raise SubsongError(f"{path}: expected one of {', '.join(get_args(Side))} for each joint under sides: mend it")
    pairs = tuple((int(first), int(second)) for first, second in edges)
    layout = str(arrays["layout"]) if "layout" in arrays else "own"
    return Skeleton(joints, pairs, cast("tuple[Side, ...]", sides), tuple(int(joint) for joint in body), layout)
