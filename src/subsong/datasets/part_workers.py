"""Computing the parts of a store, several at a time, and what is written beside the store's own files."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

import polars as pl
import torch

from subsong.core.files import atomic_file, disk_errors
from subsong.datasets.parts import StorePlan

_MOST_WORKERS = 8
Progress = Callable[[str, int, int], None]


def divide_rows(num_rows: int, part_size: int) -> list[range]:
    """Return which rows of a table each part of a store is made of."""
    return [range(start, min(start + part_size, num_rows)) for start in range(0, num_rows, part_size)]


def write_parts(
    plan: StorePlan,
    rows_of_part: Sequence[range],
    write: Callable[[int, range], None],
    tell: Progress,
    num_workers: int | None = None,
    what: str = "computing spectrograms",
) -> None:
    """Write the parts of `plan` that are missing.

    Parameters
    ----------
    plan
        The store, entered.
    rows_of_part
        Which rows each part is made of; see `divide_rows`.
    write
        Computes and writes one part; told its number and its rows, and called from several threads.
    tell
        Told what is done, how many rows of it are done and how many there are.
    num_workers
        Parts at a time; None: one a processor, 8 at most. Changes no number.
    what
        What is done, in a few words.
    """
    num_rows = sum(map(len, rows_of_part))
    missing = plan.begin()
    num_done = num_rows - sum(len(rows_of_part[part]) for part in missing)
    tell(what, num_done, num_rows)

    def run(part: int) -> int:
        write(part, rows_of_part[part])
        return len(rows_of_part[part])

    num_workers = num_workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    with _one_thread_each(), ThreadPoolExecutor(num_workers) as pool:
        for done in _run_bounded(pool, run, missing, 2 * num_workers):
            num_done += done
            tell(what, num_done, num_rows)


def hash_table(table: pl.DataFrame) -> str:
    """Return the SHA-256 of a table's cells: annotations that were edited meanwhile make another store."""
    return hashlib.sha256(table.write_csv().encode()).hexdigest()


def write_csv(path: Path, table: pl.DataFrame) -> None:
    """Write a table as csv, whole or not at all.

    Raises
    ------
    SubsongError
        When it cannot be written.
    """
    with disk_errors(path), atomic_file(path) as file:
        table.write_csv(file)


def _run_bounded(pool: ThreadPoolExecutor, run: Callable[[int], int], parts: list[int], most: int) -> Iterator[int]:
    """Yield results as they come, with at most `most` parts under way: an error or Ctrl-C waits for no others."""
    waiting, running = iter(parts), set[Future[int]]()
    try:
        while True:
            running |= {pool.submit(run, part) for part in itertools.islice(waiting, most - len(running))}
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in finished)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let parts, not the operations inside them, share the processors."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
