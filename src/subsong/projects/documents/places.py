"""Where the files of a recording's document lie, and what they were when they were last looked at."""

from __future__ import annotations

import hashlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.projects.project import Project

Stamp = tuple[int, int, int] | None


class Places(NamedTuple):
    """The files of a recording's document, which need not exist.

    Attributes
    ----------
    annotations
        What is accepted.
    proposals
        What a model says.
    journal
        How it came about.
    checkpoint
        What the journal adds up to.
    """

    annotations: Path
    proposals: Path
    journal: Path
    checkpoint: Path

    def stamp(self) -> tuple[Stamp, Stamp, Stamp]:
        """Return what changes when the annotations, proposals or journal do."""
        return stamp_file(self.annotations), stamp_file(self.proposals), stamp_file(self.journal)


def find_places(project: Project, recording: str) -> Places:
    """Return where the files of a recording's document lie.

    Raises
    ------
    SubsongError
        When the name would lead out of the project.
    """
    path = PurePosixPath(recording)
    if path.is_absolute() or ".." in path.parts or "\0" in recording or not path.name:
        raise SubsongError(f"{recording!r} names no recording: expected a path inside the project's recordings")
    return Places(
        project.annotations_dir / f"{recording}.csv",
        project.proposals_dir / f"{recording}.csv",
        project.journal_dir / f"{recording}.jsonl",
        project.journal_dir / f"{recording}.checkpoint.json",
    )


def stamp_file(path: Path) -> Stamp:
    """Return what changes when a file does; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def read_bytes(path: Path) -> bytes | None:
    """Return a file's bytes, None where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
