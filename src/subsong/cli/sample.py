"""``subsong sample``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def sample(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    out: Path = typer.Option("samples.png", "--out", "-o", help=".png for a grid of pictures, .npy for the values."),
    num_samples: int = typer.Option(64, "--num", min=1, help="How many."),
    seed: int = typer.Option(0, "--seed", help="Equal seeds draw equal samples."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Draw from the model: what it believes the data look like."""
    from subsong.recipes import use

    use.write_samples(model, out, num_samples, seed, trust)
    typer.echo(out)
