"""One process at a time in a folder; the system lets go of the lock however the process ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

# Windows has no such locks: there, two at once are not noticed.
if sys.platform != "win32":
    import fcntl


class FolderInUseError(RuntimeError):
    """Another process, or another call in this one, works in the folder."""


@contextlib.contextmanager
def lock_folder(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made when missing, until the block ends.

    Raises
    ------
    FolderInUseError
        When somebody else holds it.

    Notes
    -----
    The folder itself is locked, so that no file is left behind. It may be renamed inside the block. File systems
    without locks let everyone in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    assert sys.platform != "win32"
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise FolderInUseError(folder) from error
    except OSError:
        return
    # Its holder may have finished, and renamed it, between the opening and the locking.
    if not folder.exists() or not os.path.samestat(os.fstat(descriptor), folder.stat()):
        raise FolderInUseError(folder)
