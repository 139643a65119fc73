"""``subsong doctor``."""

from __future__ import annotations

import typer

from subsong.cli.app import app


@app.command()
def doctor() -> None:
    """Tell what this machine offers: versions, devices, precision, optional parts. Paste it into a bug report."""
    from subsong.training.machine import describe_machine

    for name, value in describe_machine().items():
        typer.echo(f"{name:<16} {value}")
