"""Annotation files that belong to one recording each: beside it, or in a folder that mirrors the recordings'."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.sources.annotations.formats import detect_format, find_format
from subsong.sources.annotations.rates import is_audio, recording_stem

_PERSON = "-annotated-"
# In order of preference where a recording has several; a name counts as the first of them that it fits.
NAME_ENDS = (
    ".not.mat",
    "_annotations.csv",
    ".textgrid",
    ".table.1.selections.txt",
    ".selections.txt",
    f"{_PERSON}*.csv",
    "_stats.csv",
    ".json",
    ".csv",
    ".txt",
)
# Tables that hold annotations of all recordings of a folder, in order of preference.
TABLE_NAMES = ("annotations.csv", "segments.csv", "annotation.xml")
log = logging.getLogger(__name__)


class BesideFiles(NamedTuple):
    """Annotation files by the recording they belong to.

    Attributes
    ----------
    by_recording
        The files of each recording that has any; several where several people annotated it.
    orphans
        Files of the same kinds that belong to no recording.
    ends
        How the names of the files end, from `NAME_ENDS`.
    """

    by_recording: Mapping[str, Sequence[Path]]
    orphans: Sequence[Path]
    ends: Sequence[str]


def find_beside(recordings: Sequence[str], folder: Path, format: str | None) -> BesideFiles:
    """Return the annotation files in `folder`, which has the sub-folders of the recordings.

    Parameters
    ----------
    recordings
        Paths relative to the root, forward slashes.
    folder
        The root itself, or one that mirrors it.
    format
        Take files of this format only; None: of the kind that comes first in `NAME_ENDS` and that every recording
        with a file has.

    Raises
    ------
    SubsongError
        When no kind of file is there for all annotated recordings, and some have files of several kinds.
    """
    files = _index_files(folder)
    kinds: dict[str, dict[str, list[Path]]] = {}
    for recording in recordings:
        parent = PurePosixPath(recording).parent.as_posix()
        for base in _bases(recording):
            for end, path in files.get((parent, base), ()):
                kinds.setdefault(end, {}).setdefault(recording, []).append(path)
    kinds = {end: kinds[end] for end in NAME_ENDS if end in kinds and _is_kind(kinds[end], format)}
    chosen = _choose(folder, kinds)
    used = {path for paths in chosen.by_recording.values() for path in paths}
    listed = [path for entries in files.values() for end, path in entries if end in chosen.ends and path not in used]
    orphans = [path for path in sorted(listed) if _is_annotations(path, format)]
    return chosen._replace(orphans=orphans)


def find_table(folder: Path) -> Path | None:
    """Return the table of the whole folder, the first of `TABLE_NAMES` that is there."""
    found = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    tables = [found[name] for name in TABLE_NAMES if name in found]
    if len(tables) > 1:
        log.info("%s: annotations are read from %s, not %s", folder, tables[0].name, tables[1].name)
    return tables[0] if tables else None


def _index_files(folder: Path) -> dict[tuple[str, str], list[tuple[str, Path]]]:
    """Return the kind and path of every file whose name ends right, by its folder and the name before that end."""
    index: dict[tuple[str, str], list[tuple[str, Path]]] = {}
    for path in sorted(folder.rglob("*")):
        split = None if path.name.startswith(".") else _split_name(path.name)
        if split is not None and path.name.lower() not in TABLE_NAMES and path.is_file():
            base, end = split
            parent = path.relative_to(folder).parent.as_posix()
            index.setdefault((parent, base), []).append((end, path))
    return index


def _split_name(name: str) -> tuple[str, str] | None:
    """Return what stands before the end of an annotation file's name, and that end."""
    lower = name.lower()
    for end in NAME_ENDS:
        if end.startswith(_PERSON):
            if _PERSON in lower and lower.endswith(".csv"):
                return name[: lower.rindex(_PERSON)], end
        elif lower.endswith(end):
            return name[: -len(end)], end
    return None


def _bases(recording: str) -> list[str]:
    """Return what a recording may be called in front of the end: with its suffix, without the last, or without any."""
    name = PurePosixPath(recording).name
    return list(dict.fromkeys((name, PurePosixPath(name).stem if is_audio(name) else name, recording_stem(name))))


def _is_kind(by_recording: Mapping[str, Sequence[Path]], format: str | None) -> bool:
    """Tell whether any of the files is of the format, or of one we know: a ``.json`` may as well hold settings."""
    return any(_is_annotations(path, format) for paths in by_recording.values() for path in paths)


def _is_annotations(path: Path, format: str | None) -> bool:
    if format is not None:
        return path.name.lower().endswith(find_format(format).suffixes)
    try:
        detect_format(path)
    except SubsongError:
        return False
    return True


def _choose(folder: Path, kinds: Mapping[str, Mapping[str, Sequence[Path]]]) -> BesideFiles:
    annotated = {recording for files in kinds.values() for recording in files}
    complete = [end for end, files in kinds.items() if len(files) == len(annotated)]
    if complete:
        passed = [end for end in kinds if end != complete[0]]
        if passed:
            log.info("%s: annotations are read from files *%s, not *%s", folder, complete[0], ", *".join(passed))
        return BesideFiles(kinds[complete[0]], (), complete[:1])
    merged: dict[str, Sequence[Path]] = {}
    for files in kinds.values():
        for recording, paths in files.items():
            if recording in merged:
                counts = ", ".join(f"*{end} for {len(files)}" for end, files in kinds.items())
                raise SubsongError(
                    f"{folder} has annotations of several kinds, none for all {len(annotated)} annotated recordings "
                    f"({counts}), and several for {recording}: choose with format= or annotations="
                )
            merged[recording] = paths
    return BesideFiles(merged, (), list(kinds))
