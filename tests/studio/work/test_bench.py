"""The process that keeps the recipes at hand."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator

import pytest

from subsong.core.errors import SubsongError
from subsong.studio.work.bench import Bench


def tell_process() -> int:
    return os.getpid()


def refuse(what: str) -> None:
    raise SubsongError(f"{what} cannot be")


def end_at_once() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with contextlib.closing(Bench()) as bench:
        yield bench


def test_it_works_in_one_process_of_its_own(bench: Bench) -> None:
    assert bench.call(tell_process) == bench.call(tell_process) != os.getpid()


def test_a_mistake_of_the_user_is_told_in_its_own_words(bench: Bench) -> None:
    with pytest.raises(SubsongError, match=r"^this cannot be$"):
        bench.call(refuse, "this")


def test_killed_it_says_so_and_is_there_again(bench: Bench) -> None:
    with pytest.raises(SubsongError, match="try again"):
        bench.call(end_at_once)
    assert bench.call(tell_process) > 0


def test_left_alone_it_ends() -> None:
    bench = Bench(idle_s=0.05)
    process = bench.call(tell_process)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            break
        time.sleep(0.02)
    else:
        pytest.fail("it still runs")
