"""``subsong report``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def report(
    run: Path = typer.Argument(..., help="A run folder."),
    against: Path | None = typer.Option(
        None, "--against", metavar="RUN", help="Another run: the page says which settings the two do not share."
    ),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Write a run's page: one HTML file that opens offline, with curves, pictures, latent maps, numbers and config.

    The training data are not needed. Run `subsong evaluate RUN` first for all of it.
    """
    from subsong.recipes import run as recipes

    typer.echo(recipes.report(run, trust, against))
