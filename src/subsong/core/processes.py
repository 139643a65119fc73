"""Processes that outlive the one that starts them."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from pathlib import Path

from subsong.core.files import disk_errors


def start_detached(command: Sequence[str], console_path: Path) -> int:
    """Start a program in a session of its own: neither Ctrl-C nor the end of this terminal reaches it.

    Parameters
    ----------
    command
        The program's full path and its arguments.
    console_path
        Everything it prints is added here.

    Returns
    -------
    Its process number.

    Raises
    ------
    SubsongError
        When `console_path` cannot be written.
    """
    with disk_errors(console_path), open(console_path, "ab") as console, open(os.devnull, "rb") as nothing:
        streams = [(nothing, 0), (console, 1), (console, 2)]
        # Not a Popen, which wants to be waited for.
        return os.posix_spawn(
            command[0],
            [*command],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, file.fileno(), number) for file, number in streams],
            setsid=True,
            setsigdef=(signal.SIGINT, signal.SIGTERM),
        )
