"""Every format of pictures with keypoints: how it is told from the others, and its reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.arrays import read_arrays
from subsong.sources.keypoints.coco import read_coco
from subsong.sources.keypoints.deeplabcut import find_label_tables, read_deeplabcut
from subsong.sources.keypoints.deepposekit import read_deepposekit
from subsong.sources.keypoints.hdf5 import open_hdf5
from subsong.sources.keypoints.npz import list_arrays
from subsong.sources.keypoints.options import PoseReading
from subsong.sources.keypoints.people_csv import HEADER, read_people_csv
from subsong.sources.keypoints.raw import RawPoses
from subsong.sources.keypoints.sleap import read_sleap
from subsong.sources.keypoints.table import read_keypoint_table
from subsong.sources.keypoints.vunet_index import read_vunet_index
from subsong.sources.reading import read_errors

READERS: dict[str, Callable[[Path, PoseReading], RawPoses]] = {
    "arrays": read_arrays,
    "coco": read_coco,
    "deeplabcut": read_deeplabcut,
    "deepposekit": read_deepposekit,
    "people": read_people_csv,
    "sleap": read_sleap,
    "table": read_keypoint_table,
    "vunet": read_vunet_index,
}
"""All but ``sprites``, whose poses are pictures."""

_SUFFIXES = (".csv", ".tsv", ".parquet", ".npz", ".json", ".h5", ".hdf5", ".p", ".pkl", ".pickle")
_PREFERRED_STEMS = ("keypoints", "index", "annotations")


def find_keypoint_file(folder: Path) -> Path:
    """Return what in a folder says where the joints are: a DeepLabCut project is the folder itself, else a file in it.

    Raises
    ------
    SubsongError
        When there is none, or several of which none is called ``keypoints``, ``index`` or ``annotations``.
    """
    if find_label_tables(folder):
        return folder
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
    files = [file for file in files if file.stem != "skeleton"]
    preferred = [file for stem in _PREFERRED_STEMS for file in files if file.stem == stem]
    if preferred or len(files) == 1:
        return (preferred or files)[0]
    found = f"{', '.join(file.name for file in files)}: name one" if files else "none: name one, or put it there"
    raise SubsongError(
        f"{folder}: expected one file that says where the joints are ({', '.join(_SUFFIXES)}), found {found} "
        "(keypoints)"
    )


def detect_format(path: Path) -> str:
    """Tell the format of a file or folder from its name and content.

    Raises
    ------
    SubsongError
        When it is of no format that is read; for related files that are not, says what to give instead.
    """
    suffix = path.suffix.lower()
    if path.is_dir():
        return "deeplabcut"
    if suffix == ".npz":
        return "sprites" if "pose_mask" in list_arrays(path) else "arrays"
    if suffix in (".h5", ".hdf5"):
        return _detect_hdf5(path)
    if suffix in (".csv", ".tsv", ".gz"):
        return _detect_text(path)
    by_suffix = {".json": "coco", ".parquet": "table", **dict.fromkeys((".p", ".pkl", ".pickle"), "vunet")}
    if suffix not in by_suffix:
        hint = "; in SLEAP, export the analysis HDF5" if suffix == ".slp" else ""
        raise SubsongError(f"{path} is of no known format of keypoints: expected {', '.join(_SUFFIXES)}{hint}")
    return by_suffix[suffix]


def _detect_hdf5(path: Path) -> str:
    with open_hdf5(path) as file:
        names = {str(name) for name in file}
    if {"images", "annotations"} <= names:
        return "deepposekit"
    if {"tracks", "node_names"} <= names:
        return "sleap"
    hint = " (DeepLabCut's table: give the .csv beside it)" if "df_with_missing" in names else ""
    raise SubsongError(
        f"{path} holds {', '.join(sorted(names)) or 'nothing'}{hint}: expected images and annotations (DeepPoseKit), "
        "or tracks and node_names (SLEAP's analysis file)"
    )


def _detect_text(path: Path) -> str:
    with read_errors(path), open(path, encoding="utf-8-sig", errors="replace") as file:
        first = file.readline().strip()
    if first == HEADER:
        return "people"
    return "deeplabcut" if first.startswith("scorer,") else "table"
