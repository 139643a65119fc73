"""What is in a project: its recordings, who is heard in each, and whether they can be read."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.datasets.syllables.metadata import METADATA_NAME, join_metadata
from subsong.projects.project import Project
from subsong.sources.audio import find_audio

ONE_BIRD = "bird"


class Recording(NamedTuple):
    """A recording of a project.

    Attributes
    ----------
    name
        Path relative to the project's recordings, forward slashes: what it is called everywhere.
    path
        The file.
    bird
        Who is heard.
    """

    name: str
    path: Path
    bird: str


def list_recordings(project: Project) -> list[Recording]:
    """Return the recordings of a project by name.

    Raises
    ------
    SubsongError
        When there are none, or the project file tells of birds in a way that does not fit them.
    """
    root, config = project.recordings_dir, project.config
    base = root if root.is_dir() else root.parent
    paths = {path.relative_to(base).as_posix(): path for path in find_audio(root)}
    names = [name for name in paths if any(_fits(name, pattern) for pattern in config.only)]
    if not names:
        raise SubsongError(f"{project.file}: only: none of {len(paths)} recordings fits {', '.join(config.only)}")
    birds = _name_birds(names, base, project)
    return [Recording(name, paths[name], bird) for name, bird in zip(names, birds, strict=True)]


def _fits(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(PurePosixPath(name).name, pattern)


def _name_birds(names: Sequence[str], base: Path, project: Project) -> list[str]:
    birds = project.config.birds
    if isinstance(birds, dict):
        return [_find_bird(name, birds, project) for name in names]
    table = join_metadata(pl.DataFrame({"source": list(names)}), base, ())
    column = "individual" if birds == "auto" else birds
    if column in table.columns:
        return [ONE_BIRD if bird is None else str(bird) for bird in table[column].to_list()]
    if birds == "one":
        return [ONE_BIRD] * len(names)
    if birds not in ("auto", "folder"):
        known = ["auto", "folder", "one", *table.columns[1:]]
        raise SubsongError(
            f"{project.file}: birds: {METADATA_NAME} has no column {birds!r}; {did_you_mean(birds, known)}"
        )
    folders = [PurePosixPath(name).parts[0] if "/" in name else ONE_BIRD for name in names]
    return folders


def _find_bird(name: str, birds: dict[str, tuple[str, ...]], project: Project) -> str:
    found = [bird for bird, patterns in birds.items() if any(_fits(name, pattern) for pattern in patterns)]
    if len(found) != 1:
        said = " and ".join(found) or "none"
        raise SubsongError(f"{project.file}: birds: {name} fits {said}: expected the patterns of one bird")
    return found[0]
