"""Work that gives way to requests."""

from __future__ import annotations

import threading
import time

import pytest

from subsong.studio import calm as module
from subsong.studio.calm import Calm


def test_work_waits_until_the_request_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 60.0)
    monkeypatch.setattr(module, "_QUIET_S", 0.0)
    calm, went_on = Calm(), threading.Event()
    with calm.serving():
        thread = threading.Thread(target=lambda: calm.wait() and went_on.set())
        thread.start()
        assert not went_on.wait(0.05)
    assert went_on.wait(5)
    thread.join()


def test_work_goes_on_slowly_however_busy_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE_S", 0.02)
    calm = Calm()
    with calm.serving():
        began = time.monotonic()
        assert calm.wait()
    assert time.monotonic() - began >= 0.02


def test_stopped_work_does_not_wait_and_does_not_go_on() -> None:
    calm = Calm()
    with calm.serving():
        calm.stop()
        assert not calm.wait()


def test_work_that_would_be_felt_waits_until_nothing_was_asked_for_a_while() -> None:
    calm = Calm()
    calm.notice()
    began = time.monotonic()
    assert calm.wait_for_quiet(0.05)
    assert time.monotonic() - began >= 0.05
    assert calm.wait_for_quiet(0.05)
    calm.stop()
    assert not calm.wait_for_quiet(60.0)
