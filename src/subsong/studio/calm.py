"""Work behind the scenes that gives way to whoever waits for an answer."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Requests come in bursts: after the last one it stays quiet for so long before work goes on.
_QUIET_S = 0.1
# However busy it is, a block of work is done after so long.
_PATIENCE_S = 0.5
# Lower than requests, yet not starved where a network is trained on all cores.
_LOW_PRIORITY = 5


class Calm:
    """Knows whether requests are being answered."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._num_served, self._quiet_since = 0, float("-inf")
        self._is_stopped = False

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Hold work back until the block ends."""
        with self._changed:
            self._num_served += 1
        try:
            yield
        finally:
            with self._changed:
                self._num_served -= 1
                self._quiet_since = time.monotonic()
                self._changed.notify_all()

    def notice(self) -> None:
        """Take note that something was asked for."""
        with self._changed:
            self._quiet_since = time.monotonic()

    def wait_for_quiet(self, quiet_s: float) -> bool:
        """Wait until nothing was asked for so long, however long that takes; return whether work is to go on at all."""
        with self._changed:
            while not self._is_stopped:
                rest_s = quiet_s if self._num_served else self._quiet_since + quiet_s - time.monotonic()
                if rest_s <= 0:
                    break
                self._changed.wait(rest_s)
            return not self._is_stopped

    def wait(self) -> bool:
        """Wait until nobody waits for an answer; return whether work is to go on at all."""
        until = time.monotonic() + _PATIENCE_S
        with self._changed:
            while not self._is_stopped:
                now = time.monotonic()
                rest_s = until - now if self._num_served else min(self._quiet_since + _QUIET_S, until) - now
                if rest_s <= 0:
                    break
                self._changed.wait(rest_s)
            return not self._is_stopped

    def stop(self) -> None:
        """End work at its next block."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()


class Noticing:
    """Tells of every request that comes.

    Parameters
    ----------
    app
        The server.
    calm
        Is told.
    """

    def __init__(self, app: ASGIApp, calm: Calm) -> None:
        self._app, self._calm = app, calm

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        self._calm.notice()
        await self._app(scope, receive, send)


def lower_priority() -> None:
    """Let every other thread go before this one, where the system knows priorities of threads."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOW_PRIORITY)
