"""Folders of files that can be made again: bounded in size, the longest unused deleted first."""

from __future__ import annotations

import threading
from pathlib import Path

_DELETING = threading.Lock()


def delete_oldest(folder: Path, pattern: str, most_bytes: int) -> None:
    """Delete the longest unused files of a folder until the rest is no more than `most_bytes`.

    Parameters
    ----------
    folder
        The folder, which may not exist yet.
    pattern
        What the names of the files look like; others are left alone.
    most_bytes
        The bound.
    """
    kept = 0
    with _DELETING:
        for path in sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime, reverse=True):
            kept += path.stat().st_size
            if kept > most_bytes:
                path.unlink(missing_ok=True)
