"""Ctrl-C and SIGTERM in work that keeps what it has done: one sentence, and the exit code of the signal."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from subsong.core.errors import Interrupted


class _Terminated(KeyboardInterrupt):
    """SIGTERM, which unwinds the stack as Ctrl-C does."""


@contextmanager
def stopping_says(message: str) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM end the block in good order.

    Parameters
    ----------
    message
        What becomes of what was done, and how to go on.

    Raises
    ------
    Interrupted
        When the process was asked to stop.
    """
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    except KeyboardInterrupt as error:
        number = signal.SIGTERM if isinstance(error, _Terminated) else signal.SIGINT
        raise Interrupted(message, number) from error
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise _Terminated
