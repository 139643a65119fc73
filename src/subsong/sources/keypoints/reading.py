"""Pictures with keypoints, from whatever file or folder they lie in."""

from __future__ import annotations

import logging
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.assembly import assemble
from subsong.sources.keypoints.formats import READERS, detect_format, find_keypoint_file
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.sprites import read_sprites
from subsong.sources.keypoints.types import PosedPictures

__all__ = ["PoseReading", "read_posed_pictures"]

_DEFAULT = PoseReading()
# The others hold their pictures, or lie beside them.
_NAMES_PICTURES = ("coco", "people", "sleap", "table", "vunet")
log = logging.getLogger(__name__)


def read_posed_pictures(path: str | Path, reading: PoseReading = _DEFAULT) -> PosedPictures:
    """Read pictures whose poses are known.

    Parameters
    ----------
    path
        A file of keypoints, or a folder of pictures that holds one: a table (CSV, TSV, Parquet), an ``.npz`` file,
        COCO's JSON, DeepLabCut's project, DeepPoseKit's or SLEAP's HDF5, VUNet's ``index.p``, or drawn characters
        (``rendered.npz``).
    reading
        Format, size, layout of the joints, identities; see `PoseReading`.

    Returns
    -------
    PosedPictures
        With keypoints and a skeleton; of drawn characters, with stickmen. Rows in the order of the file.

    Raises
    ------
    SubsongError
        When nothing lies there, the format is not known, a file is damaged, or a row has no joint or no readable
        picture; names file and row.
    """
    path, reading = _locate(Path(path).expanduser(), reading)
    name = detect_format(path) if reading.format == "auto" else reading.format
    log.info("%s: read as %s", path, name)
    if name == "sprites":
        return read_sprites(path, reading)
    if reading.pictures is not None and name not in _NAMES_PICTURES:
        log.warning("%s has pictures of its own: pictures (%s) has no effect", path, reading.pictures)
    return assemble(READERS[name](path, reading), reading)


def _locate(path: Path, reading: PoseReading) -> tuple[Path, PoseReading]:
    """Return what says where the joints are, and the settings with the folder of the pictures."""
    if not path.exists():
        raise SubsongError(f"{path} does not exist: expected a file of keypoints, or a folder of pictures that has one")
    if path.is_file():
        if reading.keypoints is not None:
            log.warning("%s is a file: keypoints (%s) has no effect", path, reading.keypoints)
        # DeepLabCut calls its projects by this file.
        return (path.parent if path.name == "config.yaml" else path), reading
    if reading.keypoints is not None:
        return reading.keypoints.expanduser(), reading.model_copy(update={"pictures": reading.pictures or path})
    return (path if reading.format == "deeplabcut" else find_keypoint_file(path)), reading
