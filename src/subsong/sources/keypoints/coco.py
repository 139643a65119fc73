"""COCO's JSON of keypoints: one annotation, one picture.

Legend: N = annotations, K = joints.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError
from subsong.core.files import read_json
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import PictureFiles, RawPoses, raw_items
from subsong.sources.keypoints.skeletons import guess_sides
from subsong.sources.keypoints.types import Skeleton

_LISTS = ("images", "annotations", "categories")
_FOLDERS = (".", "images", "../images", "..")
# What data sets with several pictures of one animal call it.
_IDENTITY_KEYS = ("identity", "track_id", "instance_id")
log = logging.getLogger(__name__)


def read_coco(path: Path, reading: PoseReading) -> RawPoses:
    """Read annotations of keypoints.

    Parameters
    ----------
    path
        The JSON file. A joint of visibility 0 is missing; edges are those of ``skeleton``, counted from 1. Annotations
        without any joint, which only outline something, are passed over. ``identity``, ``track_id`` or
        ``instance_id`` of an annotation is its identity; its category is the column ``category``.
    reading
        Of its settings `pictures` applies: the folder that ``file_name`` is relative to. Without it: the folder of the
        file, its sub-folder ``images``, or the same one level up.

    Raises
    ------
    SubsongError
        When the file is of another kind, its categories have different joints, or an annotation names no picture of it.
    """
    values = read_json(path)
    if not isinstance(values, Mapping) or not all(_is_list_of_mappings(values.get(name)) for name in _LISTS):
        raise SubsongError(f"{path} is no COCO file of keypoints: expected the lists {', '.join(_LISTS)}")
    skeleton = _read_skeleton(path, values["categories"])
    places = {id(note): f"annotation {number}" for number, note in enumerate(values["annotations"])}
    notes = [note for note in values["annotations"] if _has_joints(note)]
    if len(notes) < len(places):
        log.info("%s: passed over %d annotations without keypoints", path, len(places) - len(notes))
    if not notes:
        raise SubsongError(
            f"{path} holds no annotation with keypoints: expected a file of keypoints, not of boxes only"
        )
    names = _picture_names(path, values["images"], notes)
    keypoints_NK3 = np.stack([_read_keypoints(path, places[id(note)], note, len(skeleton.names)) for note in notes])
    folder = _find_folder(path, reading, names[0])
    return RawPoses(
        path,
        [places[id(note)] for note in notes],
        raw_items(names, identity=_identities(notes), category=_categories(values["categories"], notes)),
        PictureFiles(tuple(folder / name for name in names)),
        skeleton.names,
        np.where(keypoints_NK3[..., 2:] > 0, keypoints_NK3[..., :2], np.nan),
        boxes_N4=_read_boxes(path, notes),
        skeleton=skeleton,
    )


def _is_list_of_mappings(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(value, Mapping) for value in values)


def _has_joints(note: Mapping[str, Any]) -> bool:
    keypoints = note.get("keypoints")
    return isinstance(keypoints, list) and any(keypoints[2::3])


def _read_skeleton(path: Path, categories: list[dict[str, Any]]) -> Skeleton:
    described = [category for category in categories if category.get("keypoints")]
    if not described:
        raise SubsongError(f"{path} has no category with keypoints: expected a file of keypoints, not of boxes only")
    if any(category["keypoints"] != described[0]["keypoints"] for category in described):
        names = ", ".join(str(category.get("name")) for category in described)
        raise SubsongError(
            f"{path}: the categories {names} have different joints: keep those with the same in one file"
        )
    joints = tuple(str(name) for name in described[0]["keypoints"])
    edges = described[0].get("skeleton") or []
    known = range(1, len(joints) + 1)
    if not all(isinstance(edge, list) and len(edge) == 2 and all(joint in known for joint in edge) for edge in edges):
        raise SubsongError(
            f"{path}: skeleton must hold pairs of numbers of joints, from 1 to {len(joints)}: mend the category"
        )
    return Skeleton(joints, tuple((first - 1, second - 1) for first, second in edges), guess_sides(joints))


def _picture_names(path: Path, images: list[dict[str, Any]], notes: list[dict[str, Any]]) -> list[str]:
    names = {image.get("id"): str(image.get("file_name")) for image in images}
    for note in notes:
        if note.get("image_id") not in names:
            raise SubsongError(
                f"{path}: annotation with id {note.get('id')} is of image {note.get('image_id')!r}, which is not among "
                "the images: add it, or take out the annotation"
            )
    return [names[note["image_id"]] for note in notes]


def _read_keypoints(path: Path, place: str, note: dict[str, Any], num_joints: int) -> np.ndarray:
    """Return x, y and visibility of each joint, shape (K, 3)."""
    try:
        return np.array(note["keypoints"], np.float64).reshape(num_joints, 3)
    except (ValueError, TypeError) as error:
        raise SubsongError(
            f"{path} {place}: expected {3 * num_joints} numbers (x, y, visibility of {num_joints} joints) as "
            f"keypoints, found {len(note['keypoints'])} values: mend the annotation"
        ) from error


def _read_boxes(path: Path, notes: list[dict[str, Any]]) -> np.ndarray | None:
    """Return the boxes, shape (N, 4); None unless every annotation has one."""
    boxes = [note.get("bbox") for note in notes]
    if not all(isinstance(box, list) and [type(side) in (int, float) for side in box] == [True] * 4 for box in boxes):
        log.info("%s: not every annotation has a bbox of four numbers: none is used", path)
        return None
    return np.array(boxes, np.float64)


def _identities(notes: list[dict[str, Any]]) -> list[str | None] | None:
    key = next((key for key in _IDENTITY_KEYS if any(key in note for note in notes)), None)
    return None if key is None else [str(note[key]) if note.get(key) is not None else None for note in notes]


def _categories(categories: list[dict[str, Any]], notes: list[dict[str, Any]]) -> list[str | None]:
    names = {category.get("id"): str(category.get("name")) for category in categories}
    return [names.get(note.get("category_id")) for note in notes]


def _find_folder(path: Path, reading: PoseReading, name: str) -> Path:
    if reading.pictures is not None:
        return reading.pictures
    folders = (path.parent / folder for folder in _FOLDERS)
    return next((folder for folder in folders if (folder / name).is_file()), path.parent)
