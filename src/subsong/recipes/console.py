"""Where tables for people are printed: as wide as the terminal, and uncut where nobody looks at one."""

from __future__ import annotations

from rich.console import Console

_UNLIMITED_WIDTH = 10_000


def open_console(min_width: int = 0) -> Console:
    """Return standard output: of the terminal's width, `min_width` at least; never wrapped in a pipe or a file."""
    console = Console()
    console.width = max(console.width, min_width) if console.is_terminal else _UNLIMITED_WIDTH
    return console
