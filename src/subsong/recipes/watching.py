"""Runs that other processes train: read along, and stop them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.recipes.listing import describe_run
from subsong.training.checkpoints import LAST
from subsong.training.run_folder import RunFolder, open_run_folder
from subsong.training.run_process import RunProcess, read_process

_POLL_S = 0.2


def follow_run(path: str | Path, poll_s: float = _POLL_S) -> Iterator[str]:
    """Yield the lines of a run's log, those to come as they come, and in the end how the run ended.

    Parameters
    ----------
    path
        The run folder.
    poll_s
        Seconds between two looks.

    Raises
    ------
    SubsongError
        When it is no run folder, or a file in it is damaged.
    """
    run = open_run_folder(path)
    position, pending = 0, ""
    while True:
        # Asked before the log is read: what the process wrote last is then in it.
        state = describe_run(run).state
        text, position = _read_from(run.log_path, position)
        *lines, pending = (pending + text).split("\n")
        yield from lines
        if state != "running":
            break
        time.sleep(poll_s)
    if pending:
        yield pending
    yield _describe_end(run)


def _read_from(path: Path, position: int) -> tuple[str, int]:
    """Return what a text file holds from a byte on, up to its last whole character, and where that ends."""
    if not path.is_file():
        return "", position
    with open(path, "rb") as file:
        file.seek(position)
        content = file.read()
    text = content.decode("utf-8", errors="ignore")
    return text, position + len(text.encode("utf-8"))


def _describe_end(run: RunFolder) -> str:
    row, process = describe_run(run), read_process(run)
    said = f": {process.message}" if process is not None and process.state == row.state and process.message else ""
    if row.state == "interrupted" and run.console_path.is_file():
        said = f": its process is gone; what it printed last is in {run.console_path}"
    return f"{run.path} {'has' if row.state == 'not started' else 'is'} {row.state} after epoch {row.epochs}{said}"


def stop_run(path: str | Path, timeout_s: float = 60.0, kill: bool = False) -> str:
    """Ask the process that trains a run to leave a checkpoint and end, wait for it, and say what is left.

    Parameters
    ----------
    path
        The run folder.
    timeout_s
        Seconds to wait.
    kill
        Whether a process that has not ended by then is ended at once; the last whole checkpoint stays.

    Raises
    ------
    SubsongError
        When it is no run folder, when nothing trains it, or a process of another machine, and when the process has not
        ended in time.
    """
    run = open_run_folder(path)
    process = _find_running(run)
    _send(process, signal.SIGTERM)
    if not _wait(process, timeout_s):
        if not kill:
            raise SubsongError(
                f"process {process.pid} was asked to stop and has not ended within {timeout_s:g} s: wait, or say --kill"
            )
        _send(process, signal.SIGKILL)
        _wait(process, timeout_s)
    return _describe_rest(run)


def _find_running(run: RunFolder) -> RunProcess:
    process = read_process(run)
    if process is None or process.state != "running":
        raise SubsongError(f"nothing trains {run.path}: it is {describe_run(run).state}")
    if not process.is_here:
        raise SubsongError(
            f"{run.path} is trained on {process.host}, by process {process.pid} there: stop it on that machine, or "
            "through the cluster that started it"
        )
    if not process.is_alive:
        raise SubsongError(f"nothing trains {run.path}: its process {process.pid} is gone, and left no word")
    return process


def _send(process: RunProcess, number: signal.Signals) -> None:
    try:
        os.kill(process.pid, number)
    except ProcessLookupError:
        return
    except PermissionError as error:
        raise SubsongError(f"process {process.pid} belongs to another user: only they can stop it") from error


def _wait(process: RunProcess, timeout_s: float) -> bool:
    """Return whether the process ended in time."""
    end = time.monotonic() + timeout_s
    while process.is_alive:
        if time.monotonic() > end:
            return False
        time.sleep(_POLL_S / 4)
    return True


def _describe_rest(run: RunFolder) -> str:
    last, row = run.checkpoint_dir / LAST, describe_run(run)
    if row.state == "finished":
        return f"{run.path} had just finished"
    left = f"its last checkpoint is {last}" if last.is_file() else "it left no checkpoint, and begins anew"
    return f"{run.path} is {row.state} after epoch {row.epochs}: {left}; go on with: subsong runs resume {run.path}"
