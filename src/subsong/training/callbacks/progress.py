"""Progress: a bar with ETA, examples a second and the share of time spent waiting for data; or a line an epoch."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from subsong.training.callbacks.base import Callback

if TYPE_CHECKING:
    from subsong.training.engine import Engine
    from subsong.training.validation import Validation

log = logging.getLogger(__name__)

_REFRESH_S = 0.2


class ProgressBar(Callback):
    """A bar over the whole run on a terminal, and one plain line an epoch in the log."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(stderr=True)
        self._bar: Progress | None = None
        self._next_refresh = 0.0

    def on_start(self, engine: Engine) -> None:
        """Show the bar where someone can see it."""
        if not (self.console.is_terminal and engine.is_first_process):
            return
        self._bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[speed]}"),
            console=self.console,
            transient=True,
        )
        self._bar.add_task("train", total=engine.num_steps, completed=engine.position.step, epoch="", speed="")
        self._bar.start()

    def on_step(self, engine: Engine) -> None:
        """Move the bar, a few times a second."""
        now = time.perf_counter()
        if self._bar is None or now < self._next_refresh:
            return
        self._next_refresh = now + _REFRESH_S
        speed = f"{engine.clock.examples_per_s:,.0f} examples/s, {engine.clock.wait_share:.0%} waiting for data"
        epoch = f"{engine.position.epoch + 1}/{engine.num_epochs}"
        self._bar.update(self._bar.task_ids[0], completed=engine.position.step, epoch=epoch, speed=speed)

    def on_epoch(self, engine: Engine, record: dict[str, Any], validation: Validation | None) -> None:
        """Write the epoch's line."""
        log.info(format_epoch(engine, record))

    def on_end(self, engine: Engine) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def format_epoch(engine: Engine, record: dict[str, Any]) -> str:
    """Return one line about an epoch: losses in nats per example, speed, time left."""
    parts = [f"epoch {record['epoch'] + 1:>3}/{engine.num_epochs}", f"train {record['train']['loss']:.4g}"]
    if "validation" in record:
        terms = ", ".join(f"{name} {value:.4g}" for name, value in record["validation"].items() if name != "loss")
        parts.append(f"validation {record['validation']['loss']:.4g} ({terms})")
    parts.append(f"{engine.clock.examples_per_s:,.0f} examples/s")
    parts.append(f"waiting for data {engine.clock.wait_share:.1%}")
    num_left = engine.num_epochs - record["epoch"] - 1
    if num_left:
        parts.append(f"about {format_seconds(num_left * engine.clock.epoch_s)} left")
    return "  ".join(parts)


def format_seconds(seconds: float) -> str:
    """Return a duration for people.

    Examples
    --------
    >>> format_seconds(42), format_seconds(125), format_seconds(7260)
    ('42 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
