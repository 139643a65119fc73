"""Work in processes of its own, which goes on when the studio ends and is found again when it starts."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.processes import start_detached
from subsong.projects.project import Project
from subsong.studio.errors import NotFoundError
from subsong.studio.jobs.console import read_last_line
from subsong.studio.jobs.record import JobFolder, Started, State, is_alive
from subsong.training.run_process import find_birth

_ID = re.compile(r"\d{8}-\d{6}-[a-z0-9]+-[0-9a-f]{6}")
_STOPPED = tuple(128 + number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
_MAX_KEPT = 30


class Job(NamedTuple):
    """A piece of work as it is now.

    Attributes
    ----------
    id
        What it is called.
    kind, title, arguments
        As it was started.
    state
        running, finished, stopped or failed.
    is_asked_to_stop
        Whether it runs, but was asked to end.
    progress
        The last line it printed, "" so far.
    exit_code
        Of its command line; None while it runs, and when it was killed.
    started_at, ended_at
        Seconds since 1970; None where that is not known.
    """

    id: str
    kind: str
    title: str
    arguments: list[str]
    state: State
    is_asked_to_stop: bool
    progress: str
    exit_code: int | None
    started_at: float
    ended_at: float | None


class JobStore:
    """The jobs of one project.

    Parameters
    ----------
    project
        Each job has a folder in its ``studio/jobs``.
    num_kept
        Ended ones that are kept, the last ones.
    """

    def __init__(self, project: Project, num_kept: int = _MAX_KEPT) -> None:
        self._folder, self._num_kept = project.studio_dir / "jobs", num_kept
        self._lock = threading.Lock()
        self._host = socket.gethostname()

    def start(self, kind: str, title: str, arguments: Sequence[str]) -> Job:
        """Start ``subsong <arguments>`` in a process of its own.

        Parameters
        ----------
        kind
            A word for what it is, of letters.
        title
            The same for people.
        arguments
            What the command line is given.

        Raises
        ------
        SubsongError
            When nothing can be written where jobs are kept.
        """
        assert kind.isalpha()
        assert kind.islower()
        self._remove_old()
        name = f"{time.strftime('%Y%m%d-%H%M%S')}-{kind}-{secrets.token_hex(3)}"
        job = JobFolder(self._folder / name)
        with self._lock:
            job.make()
            command = [sys.executable, "-u", "-m", "subsong.studio.jobs.child", str(job.path), *arguments]
            pid = start_detached(command, job.console_path)
            job.write_started(Started(kind, title, [*arguments], pid, self._host, find_birth(pid) or "", time.time()))
        return self.read(name)

    def list_all(self) -> list[Job]:
        """Return all jobs, the latest first; a folder that is none, or is damaged, is passed over."""
        jobs = []
        for path in sorted(self._folder.glob("*"), reverse=True):
            if _ID.fullmatch(path.name):
                with contextlib.suppress(SubsongError):
                    jobs.append(self._describe(JobFolder(path)))
        return sorted(jobs, key=lambda job: job.started_at, reverse=True)

    def find_running(self, kind: str) -> Job | None:
        """Return a job of a kind that runs, None where there is none."""
        return next((job for job in self.list_all() if job.kind == kind and job.state == "running"), None)

    def read(self, name: str) -> Job:
        """Return one job as it is now.

        Raises
        ------
        NotFoundError
            When there is none of this name.
        """
        return self._describe(self._find(name))

    def find_console(self, name: str) -> Path:
        """Return the file of everything a job printed; see `read`."""
        return self._find(name).console_path

    def stop(self, name: str) -> Job:
        """Ask a job to end in good order, as the system does when it shuts down; asked again, it is ended at once.

        Raises
        ------
        NotFoundError
            When there is none of this name.
        SubsongError
            When it runs on another machine.
        """
        folder = self._find(name)
        with self._lock:
            started = folder.read_started()
            if self._describe(folder).state != "running":
                return self.read(name)
            if started.host != self._host:
                raise SubsongError(f"this job runs on {started.host}: stop it there, it is process {started.pid}")
            number = signal.SIGKILL if started.is_asked_to_stop else signal.SIGTERM
            folder.write_started(started._replace(is_asked_to_stop=True))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(started.pid, number)
        return self.read(name)

    def _find(self, name: str) -> JobFolder:
        path = self._folder / name
        if not _ID.fullmatch(name) or not path.is_dir():
            raise NotFoundError(f"there is no job {name!r}: old ones are removed in time")
        return JobFolder(path)

    def _describe(self, folder: JobFolder) -> Job:
        started = folder.read_started()
        _reap(started.pid)
        # Whether it runs is asked first: what it writes at its end is there once it does not.
        runs = is_alive(started, self._host)
        ended = folder.read_ended()
        state: State = "running"
        if ended is not None:
            state = "finished" if ended.exit_code == 0 else "stopped" if ended.exit_code in _STOPPED else "failed"
        elif not runs:
            state = "stopped" if started.is_asked_to_stop else "failed"
        return Job(
            folder.path.name,
            started.kind,
            started.title,
            started.arguments,
            state,
            started.is_asked_to_stop,
            read_last_line(folder.console_path),
            ended.exit_code if ended else None,
            started.started_at,
            ended.ended_at if ended else None,
        )

    def _remove_old(self) -> None:
        ended = [job for job in self.list_all() if job.state != "running"]
        for job in ended[max(self._num_kept - 1, 0) :]:
            shutil.rmtree(self._folder / job.id, ignore_errors=True)


def _reap(pid: int) -> None:
    """Let the system forget a process of ours that has ended."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
