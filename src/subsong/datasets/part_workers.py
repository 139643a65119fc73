"""Running parts of a store several at a time, with a bound on what is under way."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from subsong.core.devices import one_thread

_MOST_WORKERS = 8


def run_bounded(run: Callable[[int], int], parts: Sequence[int], num_workers: int | None = None) -> Generator[int]:
    """Yield what `run` returns of each part, as they come, from several threads.

    Parameters
    ----------
    run
        Told the number of a part.
    parts
        Their numbers.
    num_workers
        Parts at a time; None: one a processor, 8 at most.
    """
    num_workers = num_workers or min(os.cpu_count() or 1, _MOST_WORKERS)
    # Parts, not the operations inside them, share the processors.
    with one_thread(), ThreadPoolExecutor(num_workers) as pool:
        yield from _run_at_most(pool, run, parts, 2 * num_workers)


def _run_at_most(pool: ThreadPoolExecutor, run: Callable[[int], int], parts: Sequence[int], most: int) -> Iterator[int]:
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
