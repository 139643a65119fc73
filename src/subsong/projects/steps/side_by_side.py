"""Networks of several birds trained at the same time, each in a process of its own with its share of the processors.

Small networks gain little from a second thread: two birds side by side take little longer than one
(``docs/experiments.md``). What a network learns depends on the number of its threads, bit for bit, which is therefore
the same whether birds are trained side by side or one after the other.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from subsong.core.errors import Interrupted, SubsongError
from subsong.projects.project import Project

_MOST_JOBS = 8
log = logging.getLogger(__name__)


def count_processors() -> int:
    """Return how many processors this process may use: ``OMP_NUM_THREADS`` where that is set."""
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    if wanted.isdecimal() and int(wanted) > 0:
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def share_processors(num_birds: int) -> int | None:
    """Return the threads of one of several birds' networks; None, as many as PyTorch likes, where there is one bird."""
    return None if num_birds < 2 else max(1, count_processors() // num_birds)


def count_jobs(project: Project) -> int:
    """Return how many networks are trained at a time: as the project says, else one a processor, and one on a GPU."""
    from subsong.core.devices import get_device

    if project.config.jobs is not None:
        return project.config.jobs
    device = get_device().type if project.config.device == "auto" else project.config.device
    return min(count_processors(), _MOST_JOBS) if device == "cpu" else 1


class SideBySide:
    """The processes of a group of steps; where the block is left by an error or a stop, they are stopped with it."""

    def __init__(self) -> None:
        self._lock, self._is_stopped = threading.Lock(), False
        self._running: set[subprocess.Popen[str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._is_stopped, stopped = True, list(self._running)
        for process in stopped:
            process.terminate()
        for process in stopped:
            process.wait()

    def fit(self, path: Path, num_threads: int | None) -> None:
        """Train the run in a folder, from where it stands; return when it is done.

        Raises
        ------
        SubsongError
            As the training says, or when its process died.
        Interrupted
            When it was asked to stop.
        """
        # The process ends with this one, however that ends: then nobody holds the other end of what it reads.
        reads, held = os.pipe()
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        command = [sys.executable, "-m", __name__, str(path), str(num_threads or count_processors())]
        process = subprocess.Popen(
            command, text=True, env=environment, stdin=reads, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        os.close(reads)
        try:
            with self._lock:
                self._running.add(process)
                if self._is_stopped:
                    process.terminate()
            said, errors = process.communicate()
        finally:
            os.close(held)
            with self._lock:
                self._running.discard(process)
        _pass_on(path, said, errors)


@contextlib.contextmanager
def limited_threads(number: int | None) -> Iterator[None]:
    """Let every operation of PyTorch compute in so many threads while the block runs; None: as it is."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _pass_on(path: Path, said: str, errors: str) -> None:
    """Raise what a process raised, and log what it warned of."""
    try:
        outcome = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        last = errors.strip().splitlines()[-1:] or ["it said nothing"]
        raise SubsongError(
            f"the process that trains {path} died, perhaps for lack of memory ({last[0]}): the same command goes on "
            "from there, and jobs: 1 in the project file trains one bird after the other"
        ) from None
    for text in outcome["warnings"]:
        log.warning("%s: %s", path.name, text)
    if outcome["signal"] is not None:
        raise Interrupted(outcome["error"], outcome["signal"])
    if outcome["error"] is not None:
        raise SubsongError(outcome["error"])


class _Warnings(logging.Handler):
    """Collects what is warned of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def _end_with_parent() -> NoReturn:
    sys.stdin.buffer.read()
    os._exit(1)


def _main(path: str, num_threads: int) -> None:
    """Train a run, and say in a last line of JSON how it went."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process stops the others
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from subsong.recipes.fitting import fit_run
    from subsong.training.run_folder import open_run_folder

    warned, error, number = _Warnings(), None, None
    logging.getLogger("subsong").addHandler(warned)
    try:
        with limited_threads(num_threads):
            fit_run(open_run_folder(path))
    except Interrupted as stop:
        error, number = str(stop), stop.signal_number
    except SubsongError as mistake:
        error = str(mistake)
    sys.stdout.write("\n" + json.dumps({"error": error, "signal": number, "warnings": warned.texts}) + "\n")


if __name__ == "__main__":
    _main(sys.argv[1], int(sys.argv[2]))
