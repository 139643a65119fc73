"""Progress where nobody has a terminal: a line a stage, and one in between where it takes long."""

from __future__ import annotations

import pytest

from subsong.cli import progress


def tell_all(monkeypatch: pytest.MonkeyPatch, steps: list[tuple[float, int]]) -> list[str]:
    """Return what is said of a stage of 100, told (seconds, done)."""
    said: list[str] = []
    clock = iter([0.0, *(second for second, _ in steps)])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    tell = progress._tell_in_lines(lambda line: said.append(str(line)))
    for _, done in steps:
        tell("files", done, 100)
    return said


def test_a_short_stage_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tell_all(monkeypatch, [(0.0, 0), (0.5, 50), (1.0, 100), (1.1, 100)]) == ["files: 100"]


def test_a_long_stage_says_how_much_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    said = tell_all(monkeypatch, [(0.0, 0), (10.0, 20), (11.0, 22), (50.0, 100)])
    assert said == ["files: 20 of 100, about 40 s left", "files: 100"]


def test_what_was_done_before_does_not_make_it_look_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    assert tell_all(monkeypatch, [(0.0, 80), (10.0, 90)]) == ["files: 90 of 100, about 10 s left"]
