"""Which process trains a run, and how it ended: ``process.json`` in the run folder.

A number alone does not tell a process, for the system gives it to another one later: the machine and the moment the
process began stand beside it.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from subsong.core.errors import Interrupted, SubsongError
from subsong.core.files import read_json, write_json
from subsong.training.run_folder import RunFolder

_DEAD = "ZX"


class RunProcess(NamedTuple):
    """The process that trained a run last.

    Attributes
    ----------
    pid, host
        Its number, and the machine that number counts on.
    birth
        When the system started it, in the system's own words; "" where it could not be told.
    started
        The same for people: ISO 8601.
    state
        What it said last: ``running``, or how it ended.
    message
        Why it stopped or failed, in one sentence.
    """

    pid: int
    host: str
    birth: str
    started: str
    state: Literal["running", "finished", "stopped", "failed"]
    message: str = ""

    @property
    def is_here(self) -> bool:
        """Whether its number is one of this machine."""
        return self.host == socket.gethostname()

    @property
    def is_alive(self) -> bool:
        """Whether it runs on this machine."""
        return self.is_here and find_birth(self.pid) == self.birth


def find_birth(pid: int) -> str | None:
    """Return when the system started a process, as text no later process of that number shares; None: there is none."""
    if Path("/proc/self/stat").is_file():
        return _find_birth_in_proc(pid)
    try:
        done = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    state, _, birth = done.stdout.strip().partition(" ")
    return None if state[:1] in _DEAD else birth.strip()


def _find_birth_in_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="utf-8").strip()
    except OSError:
        return None
    # The command's name, in parentheses, may hold spaces; state is the field behind it, the start the 20th.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in _DEAD else f"{boot} {fields[19]}"


def describe_process(pid: int) -> RunProcess:
    """Return the record of a process of this machine that begins to train."""
    return RunProcess(pid, socket.gethostname(), find_birth(pid) or "", time.strftime("%Y-%m-%dT%H:%M:%S%z"), "running")


def write_process(run: RunFolder, process: RunProcess) -> None:
    """Write ``process.json``."""
    write_json(run.process_path, process._asdict())


def read_process(run: RunFolder) -> RunProcess | None:
    """Return what ``process.json`` says, or None where no process has trained the run yet.

    Raises
    ------
    SubsongError
        When the file is damaged.
    """
    if not run.process_path.is_file():
        return None
    try:
        return RunProcess(**read_json(run.process_path))
    except TypeError as error:
        raise SubsongError(f"{run.process_path} is damaged: remove it, and resume the run") from error


@contextlib.contextmanager
def recorded_process(run: RunFolder | None) -> Iterator[None]:
    """Say in the run folder that this process trains it while the block runs, and how it ended; None says nothing.

    Raises
    ------
    SubsongError
        When another living process of this machine trains the run.
    """
    if run is None:
        yield
        return
    check_free(run)
    process = describe_process(os.getpid())
    write_process(run, process)
    try:
        yield
    except Interrupted as error:
        write_process(run, process._replace(state="stopped", message=str(error)))
        raise
    except Exception as error:
        said = str(error) if isinstance(error, SubsongError) else f"{type(error).__name__}: {error}"
        _write_last_word(run, process._replace(state="failed", message=said))
        raise
    write_process(run, process._replace(state="finished"))


def _write_last_word(run: RunFolder, process: RunProcess) -> None:
    """Write how the process failed; where that fails too, as on a full disk, the first error is the one to tell."""
    with contextlib.suppress(SubsongError, OSError):
        write_process(run, process)


def check_free(run: RunFolder) -> None:
    """Raise SubsongError when another living process of this machine trains the run."""
    process = read_process(run)
    # A run on several devices of this machine is trained by a child of the process that was started for it.
    if process is None or process.state != "running" or process.pid in (os.getpid(), os.getppid()):
        return
    if process.is_alive:
        raise SubsongError(
            f"process {process.pid} trains {run.path} already: watch it with 'subsong runs follow {run.path}', "
            f"or stop it with 'subsong runs stop {run.path}'"
        )
