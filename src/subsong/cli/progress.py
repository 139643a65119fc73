"""Progress of long work: bars with the time left on a terminal, a line a stage elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager


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

    def tell(what: str, done: int, total: int) -> None:
        if done >= total and what not in finished:
            finished.add(what)
            say(f"{what}: {total:,}")

    return tell
