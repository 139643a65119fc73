"""The bench without its process, for tests of what is asked of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from subsong.studio.work.bench import Bench


def call_here(bench: Bench, function: Callable[..., Any], *arguments: Any) -> Any:
    """Do in this process what the bench does in one of its own."""
    return function(*arguments)


@pytest.fixture(autouse=True)
def bench_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the bench answer in this process, which has torch already; `test_bench` wants the real one."""
    if request.module.__name__.rpartition(".")[2] != "test_bench":
        monkeypatch.setattr(Bench, "call", call_here)
