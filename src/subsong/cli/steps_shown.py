"""The steps of a project as they are done: a line each, a bar with the time left on a terminal, and what came out."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import typer

from subsong.cli.app import Flags
from subsong.cli.progress import show_stages
from subsong.core.errors import SubsongError
from subsong.core.words import count_noun

if TYPE_CHECKING:
    from subsong.projects.project import Project
    from subsong.projects.run import RunResult
    from subsong.projects.steps.doing import StepResult
    from subsong.projects.steps.scores import Scores
    from subsong.projects.steps.step import Step

WIDTH = 22
_PATIENCE_S = 0.5


class StepLines:
    """Prints a line a step; while one is done, a terminal shows how far it is."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty() and sys.stdout.isatty()
        self._bars = contextlib.ExitStack()
        self._show: Callable[[str, int, int], None] | None = None
        self._since = time.monotonic()
        self._levels: list[tuple[logging.Handler, int]] = []

    def __enter__(self) -> Self:
        # A line an epoch is in the log of each run; here it would drown the steps.
        if not Flags.debug:
            for handler in logging.getLogger("subsong").handlers:
                self._levels.append((handler, handler.level))
                handler.setLevel(logging.WARNING)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._take_bars_away()
        if error is not None:
            typer.echo()
        for handler, level in self._levels:
            handler.setLevel(level)

    def begin(self, step: Step) -> None:
        """Name the step that is done now."""
        self._take_bars_away()
        typer.echo(f"{step.name:<{WIDTH}} ", nl=False)

    def tell(self, what: str, done: int, total: int) -> None:
        """Move the bar, which is shown when the step takes its time."""
        if self._show is None and self._is_terminal and time.monotonic() - self._since > _PATIENCE_S:
            self._show = self._bars.enter_context(show_stages())
        if self._show is not None:
            self._show(what, done, total)

    def end(self, step: Step, result: StepResult) -> None:
        """Say what became of the step."""
        self._take_bars_away()
        is_named = result.status in ("done", "failed") and not self._is_terminal
        start = "" if is_named else f"\r{step.name:<{WIDTH}} " if self._is_terminal else f"{step.name:<{WIDTH}} "
        typer.echo(start + _describe(result))

    def _take_bars_away(self) -> None:
        self._bars.close()
        self._show, self._since = None, time.monotonic()


def say_result(project: Project, result: RunResult) -> None:
    """Say how well it went, where the report lies, and how to go on.

    Raises
    ------
    SubsongError
        When steps failed.
    """
    done = [step for step in result.steps if step.status == "done"]
    kept = sum(step.status == "kept" for step in result.steps)
    took = f" in {_say_seconds(sum(step.seconds for step in done))}" if done else ""
    typer.echo(f"{count_noun(len(done), 'step')} done{took}, {kept} kept")
    if result.removed_runs:
        number = count_noun(len(result.removed_runs), "run")
        typer.echo(
            f"{number} of earlier rounds removed (keep_runs of {project.file.name}): {', '.join(result.removed_runs)}"
        )
    if result.scores is not None:
        _say_scores(result.scores)
    if result.report_path is not None:
        typer.echo(f"report: {_shorten(result.report_path)}")
    failed = [step for step in result.steps if step.status == "failed"]
    if failed:
        names = ", ".join(step.name for step in failed)
        raise SubsongError(f"{names} failed, see above: mend that, and the same command goes on from there")
    typer.echo(f"look, listen and correct: subsong studio {_shorten(project.file.parent)}")


def _shorten(path: Path) -> Path:
    """Return a path as one types it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _say_seconds(seconds: float) -> str:
    # It comes with the engine, which takes a while to import.
    from subsong.training.callbacks.progress import format_seconds

    return format_seconds(seconds)


def _say_scores(scores: Scores) -> None:
    found, clusters = ({str(row["bird"]): row for row in scores.get(name, [])} for name in ("found", "clusters"))
    for bird in found:
        row: dict[str, Any] = {**found[bird], **clusters.get(bird, {})}
        agreement = "" if row.get("ami") is None else f"; types: adjusted mutual information {row['ami']:.3f}"
        f1 = "none" if row["edges_f1"] is None else f"{row['edges_f1']:.3f}"
        typer.echo(f"against the truth, {bird}: F1 of sounds {f1} (both edges within 10 ms){agreement}")


def _describe(result: StepResult) -> str:
    if result.status == "kept":
        return "kept"
    if result.status != "done":
        return f"{result.status}: {'; '.join(result.reasons)}"
    why = [reason for reason in result.reasons if reason != "not done before"]
    return f"done in {result.seconds:.1f} s" + (f" ({'; '.join(why)})" if why else "")
