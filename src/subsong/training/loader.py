"""Batches in a fixed order, fetched when needed or ahead of time, and how long the engine waited for them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from subsong.datasets.types import Dataset


class BatchLoader:
    """Hands out the batches of a list of row indices, in order.

    Parameters
    ----------
    dataset
        Fetched by index vector.
    num_prefetched
        Batches fetched ahead in one thread; 0 fetches each when it is asked for. Changes no number.
    """

    def __init__(self, dataset: Dataset, num_prefetched: int = 0) -> None:
        self.dataset, self.num_prefetched = dataset, num_prefetched
        self.wait_s = 0.0

    def iterate(self, rows: Sequence[np.ndarray]) -> Iterator[Any]:
        """Yield one batch for each index vector in `rows`; adds the time spent waiting to ``wait_s``."""
        batches = self._fetch_ahead(rows) if self.num_prefetched else map(self.dataset.fetch, rows)
        iterator = iter(batches)
        while True:
            start = time.perf_counter()
            try:
                batch = next(iterator)
            except StopIteration:
                return
            finally:
                self.wait_s += time.perf_counter() - start
            yield batch

    def _fetch_ahead(self, rows: Sequence[np.ndarray]) -> Iterator[Any]:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="subsong-fetch") as executor:
            waiting: deque[Future[Any]] = deque()
            try:
                for row_B in rows:
                    waiting.append(executor.submit(self.dataset.fetch, row_B))
                    if len(waiting) > self.num_prefetched:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
