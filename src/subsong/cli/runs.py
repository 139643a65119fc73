"""``subsong runs``: list, compare, follow, stop and resume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from subsong.cli.app import app


class _ListByDefault(TyperGroup):
    """``subsong runs [ROOT]`` is ``subsong runs list [ROOT]``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        is_known = bool(args) and (args[0] in self.commands or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_known else ["list", *args])


runs = typer.Typer(
    cls=_ListByDefault, help="List runs (subsong runs [ROOT]), read along with one, stop it, go on with it."
)
app.add_typer(runs, name="runs")


@runs.command("list")
def list_them(root: Path = typer.Argument("runs", help="Folder of run folders.")) -> None:
    """List the runs in a folder: state, epochs done, best loss, time left, and what to do next."""
    from rich.table import Table

    from subsong.core.errors import SubsongError
    from subsong.recipes.console import open_console
    from subsong.recipes.listing import list_runs

    if not root.is_dir():
        raise SubsongError(f"{root} is not a folder: name the folder your runs are in")
    table = Table(box=None)
    for column in ("run", "recipe", "state"):
        table.add_column(column, no_wrap=True)
    for column in ("epochs", "best loss", "time left"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("next")
    for row in list_runs(root):
        table.add_row(*row)
    open_console().print(table)


@runs.command()
def diff(
    run: Path = typer.Argument(..., help="A run folder."),
    other: Path = typer.Argument(..., help="Another one, of any recipe."),
) -> None:
    """Print the settings that two runs do not share.

    Example: subsong runs diff runs/night_20261121_101500 runs/night_20261120_093000
    """
    from rich.table import Table
    from rich.text import Text

    from subsong.recipes.console import open_console
    from subsong.recipes.differences import compare_runs

    differences = compare_runs(run, other)
    if not differences.rows:
        typer.echo(f"no setting differs between {differences.this} and {differences.other}")
        return
    table = Table(box=None)
    for column in ("setting", differences.this, differences.other):
        table.add_column(Text(column), overflow="fold")
    for row in differences.rows:
        table.add_row(*map(Text, row))
    open_console().print(table)


@runs.command()
def follow(run: Path = typer.Argument(..., help="The run folder.")) -> None:
    """Print a run's log as it comes, until the run ends. Ctrl-C ends only the printing.

    Example: subsong runs follow runs/night_20261121_101500
    """
    from subsong.cli.stopping import stopping_says
    from subsong.recipes.watching import follow_run

    with stopping_says(f"the run goes on; see it again with: subsong runs follow {run}"):
        for line in follow_run(run):
            typer.echo(line)


@runs.command()
def stop(
    run: Path = typer.Argument(..., help="The run folder."),
    kill: bool = typer.Option(False, "--kill", help="End it at once where it has not ended by itself in time."),
    timeout_s: float = typer.Option(60.0, "--timeout", min=0.0, help="Seconds to wait for it."),
) -> None:
    """Ask a run on this machine to leave a checkpoint and end, and wait until it has.

    Example: subsong runs stop runs/night_20261121_101500
    """
    from subsong.recipes.watching import stop_run

    typer.echo(stop_run(run, timeout_s, kill))


@runs.command()
def resume(
    run: Path = typer.Argument(..., help="The run folder."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One changed setting; the run is another one from here on."
    ),
    background: bool = typer.Option(False, "--background", help="Train in a process of its own and return at once."),
) -> None:
    """Go on with a run from its last checkpoint: the same as subsong train --resume RUN.

    Example: subsong runs resume runs/night_20261121_101500 --background
    """
    from subsong.cli.train import resume_run

    resume_run(run, overrides, background)
