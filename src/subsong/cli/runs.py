"""``subsong runs``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def runs(root: Path = typer.Argument("runs", help="Folder of run folders.")) -> None:
    """List the runs in a folder: how far each is, and its best loss."""
    from rich.console import Console
    from rich.table import Table

    from subsong.core.errors import SubsongError
    from subsong.recipes.listing import list_runs

    if not root.is_dir():
        raise SubsongError(f"{root} is not a folder: name the folder your runs are in")
    table = Table(box=None)
    for column, justify in (
        ("run", "left"),
        ("recipe", "left"),
        ("epochs", "right"),
        ("best loss", "right"),
        ("", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for row in list_runs(root):
        table.add_row(*row)
    Console().print(table)
