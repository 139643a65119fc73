"""Progress of long work: bars with the time left on a terminal, a line a stage elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Elsewhere than on a terminal, as in the studio, a stage that takes long says how far it is once in a while.
_QUIET_S = 5.0


@contextmanager
def show_stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show stages of counted work; yields ``tell(what, done, total)``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _tell_in_lines(console.print)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), "left", TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        tasks: dict[str, object] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)  # type: ignore[arg-type]

        yield tell


def _tell_in_lines(say: Callable[[str], object]) -> Callable[[str, int, int], None]:
    finished: set[str] = set()
    begun: dict[str, tuple[float, int]] = {}
    said_at = time.monotonic()

    def tell(what: str, done: int, total: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        start_s, first = begun.setdefault(what, (now, done))
        if done >= total and what not in finished:
            finished.add(what)
            say(f"{what}: {total:,}")
        elif first < done < total and now - said_at > _QUIET_S:
            left_s = (now - start_s) / (done - first) * (total - done)
            say(f"{what}: {done:,} of {total:,}, about {_say_left(left_s)} left")
        else:
            return
        said_at = now

    return tell


def _say_left(seconds: float) -> str:
    # It comes with the engine, which takes a while to import; whoever works for long has it already.
    from subsong.training.callbacks.progress import format_seconds

    return format_seconds(seconds)
