"""A process that keeps torch and the recipes at hand, so that the server stays light and answers at once.

It is started by the first question, ends when nobody has asked for a while, and is started anew where it was killed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from subsong.core.errors import SubsongError

Answer = TypeVar("Answer")
_IDLE_S = 900.0


class Bench:
    """Calls functions in a process of its own, one at a time.

    Parameters
    ----------
    idle_s
        Seconds without a call after which the process ends and its memory is free.
    """

    def __init__(self, idle_s: float = _IDLE_S) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._timer: threading.Timer | None = None

    def call(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        """Return what a function of a module answers; its SubsongError is raised here.

        Raises
        ------
        SubsongError
            When the function raises it, or the process was killed, as for want of memory.
        """
        with self._lock:
            pool = self._open()
            try:
                return pool.submit(function, *arguments).result()
            except BrokenProcessPool as error:
                self._pool = None
                raise SubsongError(
                    "the process that checks settings was ended from outside, as when memory is short: try again"
                ) from error
            finally:
                self._wait_for_rest()

    def close(self) -> None:
        """End the process."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            if self._pool is not None:
                self._pool.shutdown(wait=False)
                self._pool = None

    def _open(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _live_with_parent)
        return self._pool

    def _wait_for_rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = threading.Timer(self._idle_s, self.close)
        self._timer.daemon = True
        self._timer.start()


def _live_with_parent() -> None:
    """Leave Ctrl-C to the server, and end with it however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:

        def follow() -> None:
            parent.join()
            os._exit(0)

        threading.Thread(target=follow, daemon=True).start()
