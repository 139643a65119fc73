"""``subsong doctor``."""

from __future__ import annotations

import typer

from subsong.cli.app import app


@app.command()
def doctor() -> None:
    """Tell what this machine offers: versions, devices, precision, optional parts. Paste it into a bug report."""
    from subsong.recipes import use

    for name, value in use.describe_machine().items():
        typer.echo(f"{name:<16} {value}")
