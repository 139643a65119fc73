"""Pictures of a video's frames, for formats that count frames and hold no pictures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.raw import PictureArray, PictureFiles, PictureStore
from subsong.sources.picture_arrays import read_picture_array
from subsong.sources.picture_folder import PICTURE_SUFFIXES

_LAST_NUMBER = re.compile(r"(\d+)\D*$")


class Frames(NamedTuple):
    """The picture of each row, and the file it comes from."""

    pictures: PictureStore
    sources: list[str]


def find_frames(path: Path, reading: PoseReading, frame_of_row: Sequence[int], num_frames: int) -> Frames:
    """Find the pictures of frames.

    Parameters
    ----------
    path
        The file of keypoints, for messages.
    reading
        Its `pictures` is a folder of pictures, or an ``.npy`` or ``.npz`` file whose picture i is frame i. In a folder
        with as many pictures as frames, they are the frames in the order of their names; else the last number in a
        name is the frame's, from 0. None: the folder of the file.
    frame_of_row
        Which frame each row shows, from 0.
    num_frames
        Of the video.

    Raises
    ------
    SubsongError
        When there are no pictures, or a frame has none.
    """
    source = reading.pictures or path.parent
    if source.is_dir():
        return _find_files(path, source, frame_of_row, num_frames)
    if not source.is_file():
        raise SubsongError(f"{source} does not exist: expected the pictures of the frames of {path}")
    images_NHWC = np.moveaxis(read_picture_array(source).images, 1, -1)
    if len(images_NHWC) != num_frames:
        raise SubsongError(
            f"{source} holds {len(images_NHWC)} pictures and {path} {num_frames} frames: expected as many"
        )
    return Frames(PictureArray(images_NHWC[list(frame_of_row)]), [source.name] * len(frame_of_row))


def _find_files(path: Path, folder: Path, frame_of_row: Sequence[int], num_frames: int) -> Frames:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in PICTURE_SUFFIXES)
    if not files:
        raise SubsongError(
            f"{path} holds no pictures, and none lie in {folder}: give the folder of its frames, or an .npy or .npz "
            "file with one picture a frame (pictures)"
        )
    found = dict(enumerate(files)) if len(files) == num_frames else _number(files)
    for frame in frame_of_row:
        if frame not in found:
            raise SubsongError(
                f"{folder} holds {len(files)} pictures and {path} {num_frames} frames, and no name ends in the number "
                f"of frame {frame}: expected one picture a frame, or names such as frame_{frame:06d}.png"
            )
    chosen = [found[frame] for frame in frame_of_row]
    return Frames(PictureFiles(tuple(chosen)), [file.name for file in chosen])


def _number(files: Sequence[Path]) -> dict[int, Path]:
    matches = ((_LAST_NUMBER.search(file.stem), file) for file in files)
    return {int(match[1]): file for match, file in matches if match}
