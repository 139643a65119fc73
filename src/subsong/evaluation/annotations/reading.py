"""Two sets of annotation files -> two tables in which a recording has one name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.beside import NAME_ENDS, find_table
from subsong.sources.annotations.find import find_annotations
from subsong.sources.annotations.formats import FORMATS, detect_format
from subsong.sources.annotations.match import match_recordings
from subsong.sources.annotations.read import read_annotations
from subsong.sources.annotations.table import empty_annotations
from subsong.sources.audio import find_audio, read_audio_info

_SUFFIXES = tuple({suffix for form in FORMATS for suffix in form.suffixes})
log = logging.getLogger(__name__)


class AnnotationSet(NamedTuple):
    """Annotations, and what they are of.

    Attributes
    ----------
    table
        Columns as in `ANNOTATION_SCHEMA`.
    recordings
        Names of all recordings the set says something of: also of those with an empty file.
    names_recordings
        Whether the files themselves say what recordings they are of; else they are called as their files.
    """

    table: pl.DataFrame
    recordings: tuple[str, ...]
    names_recordings: bool = True


class RecordingLengths(NamedTuple):
    """Recordings: their folder, and name -> seconds."""

    root: Path
    durations_s: dict[str, float]


def read_lengths(source: Path) -> RecordingLengths:
    """Return the lengths of the recordings in a folder, of any depth, or of one recording."""
    paths = find_audio(source)
    root = source if source.is_dir() else source.parent
    return RecordingLengths(
        root, {path.relative_to(root).as_posix(): read_audio_info(path).duration_s for path in paths}
    )


def read_set(path: Path, lengths: RecordingLengths | None = None) -> AnnotationSet:
    """Read a set of annotations: a file of any format, or a folder of files.

    Parameters
    ----------
    path
        A file, or a folder with a table of all recordings or with files named like recordings, at any depth.
    lengths
        The recordings, by which annotations are then found and named.

    Raises
    ------
    SubsongError
        When there are none, one cannot be read, or a recording has files in several formats.
    """
    if not path.exists():
        raise SubsongError(f"{path} does not exist: expected a file of annotations, or a folder of such files")
    if lengths is not None:
        audio_paths = [lengths.root / name for name in lengths.durations_s]
        found = find_annotations(audio_paths, lengths.root, path)
        without = set(found.recordings_without)
        return AnnotationSet(found.table, tuple(name for name in lengths.durations_s if name not in without))
    if path.is_file():
        return _read_file(path, "")
    table_path = find_table(path)
    return _read_folder(path) if table_path is None else _read_file(table_path, "")


def _read_file(path: Path, folder: str) -> AnnotationSet:
    """Read a file; recordings are named relative to `folder` where the file lies in a sub-folder of the set."""
    table = read_annotations(path)
    names = table["recording"].unique(maintain_order=True).to_list() or [_strip_end(path.name)]
    prefix = f"{folder}/" if folder else ""
    named = table.with_columns((pl.lit(prefix) + pl.col("recording")).alias("recording"))
    return AnnotationSet(named, tuple(prefix + name for name in names), detect_format(path).names_recordings)


def _strip_end(name: str) -> str:
    """Return the recording a file without rows is of, by its name."""
    for end in NAME_ENDS:
        if name.lower().endswith(end):
            return name[: -len(end)]
    return PurePosixPath(name).stem


def _read_folder(folder: Path) -> AnnotationSet:
    sets, formats = [], dict[str, tuple[str, Path]]()
    for path in sorted(path for path in folder.rglob("*") if _may_hold_annotations(path)):
        try:
            form = detect_format(path)
        except SubsongError:
            log.info("%s: holds no annotations, passed over", path)
            continue
        parent = path.relative_to(folder).parent.as_posix()
        one = _read_file(path, "" if parent == "." else parent)
        _check_one_format(folder, one.recordings, formats, form.name, path)
        sets.append(one)
    if not sets:
        raise SubsongError(
            f"no annotations in {folder}: expected files ending in {', '.join(sorted(_SUFFIXES))}, or a table such as "
            "annotations.csv"
        )
    recordings = tuple(dict.fromkeys(name for one in sets for name in one.recordings))
    return AnnotationSet(pl.concat([empty_annotations(), *(one.table for one in sets)]), recordings)


def _may_hold_annotations(path: Path) -> bool:
    return path.name.lower().endswith(_SUFFIXES) and not path.name.startswith(".") and path.is_file()


def _check_one_format(
    folder: Path, recordings: Sequence[str], formats: dict[str, tuple[str, Path]], form: str, path: Path
) -> None:
    """Refuse a recording with files in several formats, which would count twice."""
    for name in recordings:
        known, other = formats.setdefault(name, (form, path))
        if known != form:
            raise SubsongError(
                f"{folder} has annotations of {name} in two formats, {other.name} and {path.name}: keep one, or give "
                "one of the files"
            )


def align_names(found: AnnotationSet, truth: AnnotationSet, found_path: Path) -> AnnotationSet:
    """Return the found set with its recordings called as in the truth.

    Names fit as `match_recordings` says: by path, or by name without folders and suffixes. Two single files, one of
    which does not say of what recording it is, are taken to be of the same one.

    Raises
    ------
    SubsongError
        When a name fits several recordings of the truth, or two names the same.
    """
    names: dict[str, str | None] = match_recordings(found_path, found.recordings, truth.recordings)
    is_single = len(found.recordings) == len(truth.recordings) == 1
    if is_single and not (found.names_recordings and truth.names_recordings):
        names = {found.recordings[0]: truth.recordings[0]}
    used: dict[str, str] = {}
    for name, recording in names.items():
        if recording is not None and used.setdefault(recording, name) != name:
            raise SubsongError(f"{found_path} has {used[recording]!r} and {name!r}, which both fit {recording!r}")
    called = {name: recording or name for name, recording in names.items()}
    column = pl.col("recording").replace_strict(called, return_dtype=pl.String)
    return AnnotationSet(found.table.with_columns(column), tuple(called.values()), found.names_recordings)
