"""What `subsong run` leaves word of, for the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from subsong.cli import steps_recorded
from subsong.cli.steps_recorded import StepRecorder
from subsong.projects.steps.doing import Quiet, StepResult
from subsong.projects.steps.step import Step
from subsong.studio.project.pipeline import PROGRESS_NAME, ShownStep, read_steps


def make_step(name: str) -> Step:
    return Step(name, f"do {name}", 1, {}, {}, {}, lambda work: {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return a clock that goes when it is told to."""
    now = [100.0]

    class Clock:
        time = staticmethod(lambda: now[0])
        monotonic = staticmethod(lambda: now[0])

    monkeypatch.setattr(steps_recorded, "time", Clock)
    return now


def read(folder: Path) -> dict[str, ShownStep]:
    return {step.name: step for step in read_steps(folder)}


def make_recorder(folder: Path, others: Any = None) -> StepRecorder:
    recorder = StepRecorder(folder / PROGRESS_NAME, others or Quiet())
    recorder.expect([StepResult(name, "done", 0.0, ()) for name in ("a", "b", "c")])
    return recorder


def test_nothing_is_written_before_a_step_begins(tmp_path: Path) -> None:
    make_recorder(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_the_steps_ahead_are_known_when_the_first_begins(tmp_path: Path) -> None:
    make_recorder(tmp_path).begin(make_step("a"))
    assert [(step.name, step.state) for step in read_steps(tmp_path)] == [
        ("a", "running"),
        ("b", "waiting"),
        ("c", "waiting"),
    ]


def test_a_step_says_how_far_it_is_and_how_long_it_will_take(tmp_path: Path, clock: list[float]) -> None:
    recorder = make_recorder(tmp_path)
    recorder.begin(make_step("a"))
    for done in (0, 5, 10):
        clock[0] += 2
        recorder.tell("epochs", done, 40)
    assert read(tmp_path)["a"][6:] == ("epochs", 10, 40, 12.0)


def test_what_became_of_each_is_told(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path)
    for name, status in (("a", "kept"), ("b", "failed"), ("c", "left out")):
        recorder.end(make_step(name), StepResult(name, status, 1.5, ("because",)))  # type: ignore[arg-type]
    recorder.close()
    assert [(step.state, step.title) for step in read_steps(tmp_path)] == [
        ("kept", "do a"),
        ("failed", "do b"),
        ("left out", "do c"),
    ]
    assert read(tmp_path)["b"].reasons == ["because"]


def test_what_was_stopped_is_not_running(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path)
    recorder.begin(make_step("a"))
    recorder.close()
    assert read(tmp_path)["a"].state == "stopped"


def test_titles_of_steps_ahead_are_those_of_the_last_time(tmp_path: Path) -> None:
    recorder = make_recorder(tmp_path)
    recorder.end(make_step("b"), StepResult("b", "done", 1.0, ()))
    recorder.close()
    make_recorder(tmp_path).begin(make_step("a"))
    assert (read(tmp_path)["b"].title, read(tmp_path)["b"].state) == ("do b", "waiting")


def test_work_goes_on_where_nothing_can_be_written_and_others_are_told(tmp_path: Path) -> None:
    (tmp_path / PROGRESS_NAME).mkdir()
    told: list[str] = []

    class Told(Quiet):
        def begin(self, step: Step) -> None:
            told.append(step.name)

    make_recorder(tmp_path, Told()).begin(make_step("a"))
    assert told == ["a"]


def test_an_earlier_run_is_passed_over(tmp_path: Path) -> None:
    make_recorder(tmp_path).begin(make_step("a"))
    written_at = (tmp_path / PROGRESS_NAME).stat().st_mtime
    assert len(read_steps(tmp_path, written_at - 1)) == 3
    assert read_steps(tmp_path, written_at + 1) == []
