"""Train a run in child processes that are killed again and again, until one of them reaches the end.

Run as a program of its own: it imports everything once and forks, so that a kill costs a fraction of a second.
``kill.py RUN SEED NUM_TIMED NUM_WRITING``: kills at random times, and in the middle of writing a checkpoint.
Prints one line a kill: how it was killed.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

torch.set_num_threads(1)

from subsong.core import files  # noqa: E402
from subsong.recipes.fitting import fit_run  # noqa: E402
from subsong.training.run_folder import RunFolder  # noqa: E402


def train(path: Path) -> None:
    fit_run(RunFolder(path))


def die_while_writing(number: int, at: str) -> None:
    """Kill this process at the n-th file that is written whole: before its bytes are safe, or before its renaming."""
    original = getattr(files.os, at)
    left = [number]

    def dying(*arguments: object) -> object:
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*arguments)

    setattr(files.os, at, dying)


def fork(path: Path, prepare: object = None) -> int:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if callable(prepare):
                prepare()
            train(path)
            status = 0
        finally:
            os._exit(status)
    return child


def wait(child: int, kill_after_s: float | None = None) -> int:
    """Wait for the child, killing it after a while; return its exit status (negative: the signal)."""
    if kill_after_s is not None:
        time.sleep(kill_after_s)
        os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    path, seed, num_timed, num_writing = Path(sys.argv[1]), *map(int, sys.argv[2:])
    choose = random.Random(seed)
    deaths = ["timed"] * num_timed + ["fsync", "replace"] * (num_writing // 2)
    choose.shuffle(deaths)
    for death in deaths:
        if death == "timed":
            status = wait(fork(path), choose.uniform(0.02, 0.25))
        else:
            number = choose.randint(1, 4)
            status = wait(fork(path, lambda number=number, death=death: die_while_writing(number, death)))
        sys.stdout.write(f"{death} {status}\n")
        sys.stdout.flush()
    sys.exit(wait(fork(path)))


if __name__ == "__main__":
    main()
