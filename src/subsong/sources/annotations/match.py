"""Which recording an annotation file means by a name: the path, the name without folders, or without its suffix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from subsong.core.errors import SubsongError
from subsong.sources.annotations.rates import recording_stem


def match_recordings(path: Path, names: Iterable[str], recordings: Sequence[str]) -> dict[str, str | None]:
    """Return the recording each name stands for, None where there is none.

    Parameters
    ----------
    path
        The annotation file, named in errors.
    names
        Names as the file gives them.
    recordings
        Paths relative to the root, forward slashes.

    Raises
    ------
    SubsongError
        When a name stands for several recordings: none has its path, and several have its name, suffixes aside, in
        folders that fit it equally well.
    """
    by_stem: dict[str, list[str]] = {}
    for recording in recordings:
        by_stem.setdefault(recording_stem(recording), []).append(recording)
    known = set(recordings)
    return {name: name if name in known else _match(path, name, by_stem) for name in dict.fromkeys(names)}


def _match(path: Path, name: str, by_stem: dict[str, list[str]]) -> str | None:
    candidates = by_stem.get(recording_stem(name), [])
    depth = {candidate: _count_common_folders(name, candidate) for candidate in candidates}
    nearest = [candidate for candidate in candidates if depth[candidate] == max(depth.values())]
    if len(nearest) > 1:
        raise SubsongError(
            f"{path} names {name!r}, which fits {' and '.join(nearest[:3])}: read fewer recordings, or give their "
            "paths in the annotations"
        )
    return nearest[0] if nearest else None


def _count_common_folders(first: str, second: str) -> int:
    """Return how many folders, from the last upwards, two paths share."""
    folders = [reversed(PurePosixPath(path.replace("\\", "/")).parts[:-1]) for path in (first, second)]
    count = 0
    for one, other in zip(*folders, strict=False):
        if one != other:
            break
        count += 1
    return count
