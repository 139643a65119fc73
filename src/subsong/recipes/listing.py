"""Which runs there are, how far each has come, and what can be done next."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.yaml_files import load_yaml
from subsong.reports.tables import format_quantity
from subsong.training.callbacks.progress import format_seconds
from subsong.training.history import read_history, read_records
from subsong.training.run_folder import RunFolder
from subsong.training.run_process import RunProcess, read_process


class RunRow(NamedTuple):
    """A run in a list.

    Attributes
    ----------
    name, recipe
        Of the run folder, and of the run.
    state
        ``running``, ``finished``, ``stopped`` (asked to), ``failed``, ``interrupted`` (gone without a word), ``not
        started``, or ``unreadable``.
    epochs
        Those done and those asked for: ``3/10``.
    best_loss
        The lowest validation loss, or training loss where nothing is validated.
    time_left
        Of a running run.
    next_step
        What went wrong, where something did, and the command that goes on with it.
    """

    name: str
    recipe: str
    state: str
    epochs: str = ""
    best_loss: str = ""
    time_left: str = ""
    next_step: str = ""


class _Progress(NamedTuple):
    num_done: int
    best_loss: float | None
    epoch_s: float | None


def list_runs(root: Path) -> Iterator[RunRow]:
    """Yield a row for each run folder below `root`, oldest first; a damaged one is a row, too."""
    for config_path in sorted(root.glob("*/config.yaml"), key=lambda path: path.stat().st_mtime):
        run = RunFolder(config_path.parent)
        try:
            yield describe_run(run)
        except (SubsongError, LookupError, TypeError) as error:
            yield RunRow(run.name, "?", "unreadable", next_step=str(error))


def describe_run(run: RunFolder) -> RunRow:
    """Return how far a run has come.

    Raises
    ------
    SubsongError
        When a file of the run is damaged.
    """
    config = load_yaml(run.config_path).values
    num_epochs = int(config["training"]["num_epochs"])
    progress, process = _read_progress(run), read_process(run)
    state = find_state(run, process, progress.num_done >= num_epochs)
    left_s = None if progress.epoch_s is None else progress.epoch_s * (num_epochs - progress.num_done)
    return RunRow(
        run.name,
        str(config.get("recipe", "?")),
        state,
        f"{progress.num_done}/{num_epochs}",
        "" if progress.best_loss is None else format_quantity(progress.best_loss),
        format_seconds(left_s) if left_s is not None and state == "running" else "",
        _find_next_step(run, state, process),
    )


def find_state(run: RunFolder, process: RunProcess | None, is_whole: bool) -> str:
    """Return what became of a run; `is_whole`: it has done all its epochs."""
    if process is None:
        return "finished" if is_whole else "interrupted" if run.metrics_path.is_file() else "not started"
    # Of a process on another machine only what it wrote is known.
    if process.state == "running" and process.is_here and not process.is_alive:
        return "interrupted"
    return process.state


def _find_next_step(run: RunFolder, state: str, process: RunProcess | None) -> str:
    if state == "running":
        assert process is not None
        return f"subsong runs follow {run.path}" if process.is_here else f"on {process.host}"
    if state == "finished":
        return "report.html" if run.report_path.is_file() else f"subsong report {run.path}"
    resume = f"subsong runs resume {run.path}"
    return f"{process.message}; then: {resume}" if process and state == "failed" else resume


def _read_progress(run: RunFolder) -> _Progress:
    if not run.metrics_path.is_file():
        return _Progress(0, None, None)
    epochs = read_history(run.metrics_path).epochs
    column = next((name for name in ("validation_loss", "train_loss") if name in epochs.columns), None)
    best = None if column is None else min(epochs[column].drop_nulls().to_list(), default=None)
    return _Progress(epochs.height, best, _read_epoch_s(run.timings_path))


def _read_epoch_s(path: Path) -> float | None:
    """Return how long an epoch of the run usually takes."""
    records: list[dict[str, Any]] = read_records(path)["epoch"] if path.is_file() else []
    return statistics.median(record["epoch_s"] for record in records) if records else None
