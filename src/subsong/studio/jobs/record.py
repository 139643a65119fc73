"""What is kept of a job: how it was started, in ``job.json``, and how it ended, in ``end.json``."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Literal, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors, read_json, write_json
from subsong.training.run_process import find_birth

State = Literal["running", "finished", "stopped", "failed"]


class Started(NamedTuple):
    """How a job was started.

    Attributes
    ----------
    kind
        What it is, in a word the page knows: run, train, predict, ...
    title
        The same for people.
    arguments
        What the command line was given.
    pid, host, birth
        The process; see `subsong.training.run_process.RunProcess`.
    started_at
        Seconds since 1970.
    is_asked_to_stop
        Whether somebody wants it to end.
    """

    kind: str
    title: str
    arguments: list[str]
    pid: int
    host: str
    birth: str
    started_at: float
    is_asked_to_stop: bool = False


class Ended(NamedTuple):
    """How a job ended: the exit code of its command line, and when."""

    exit_code: int
    ended_at: float


class JobFolder:
    """The folder of one job.

    Parameters
    ----------
    path
        ``studio/jobs/<id>``, which may not exist yet.

    Attributes
    ----------
    path
        As given.
    console_path
        Everything the job printed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.console_path = path / "console.txt"
        self._started_path = path / "job.json"
        self._ended_path = path / "end.json"

    def make(self) -> None:
        """Make the folder.

        Raises
        ------
        SubsongError
            When it cannot be written.
        """
        with disk_errors(self.path):
            self.path.mkdir(parents=True)

    def write_started(self, started: Started) -> None:
        """Write ``job.json``."""
        write_json(self._started_path, started._asdict())

    def write_ended(self, exit_code: int) -> None:
        """Write ``end.json``."""
        write_json(self._ended_path, Ended(exit_code, time.time())._asdict())

    def read_started(self) -> Started:
        """Read ``job.json``.

        Raises
        ------
        SubsongError
            When it is missing or damaged.
        """
        values = read_json(self._started_path)
        try:
            return Started(**values)
        except TypeError as error:
            raise SubsongError(f"{self._started_path} is damaged: remove {self.path}") from error

    def read_ended(self) -> Ended | None:
        """Read ``end.json``; None where the job did not say how it ended."""
        if not self._ended_path.is_file():
            return None
        try:
            return Ended(**read_json(self._ended_path))
        except TypeError as error:
            raise SubsongError(f"{self._ended_path} is damaged: remove {self.path}") from error


def is_alive(started: Started, host: str) -> bool:
    """Tell whether the process of a job runs; on another machine of the same disk nobody can tell, and it counts."""
    return started.host != host or (started.birth != "" and find_birth(started.pid) == started.birth)
