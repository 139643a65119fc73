"""``subsong sample``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def sample(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    out: Path | None = typer.Option(
        None,
        "--out",
        "-o",
        help="Pictures: .png (a grid); checklists: .csv, .parquet (0 and 1); all: .npy (expected values). "
        "Default: samples, in the first of these.",
    ),
    num_samples: int = typer.Option(64, "--num", min=1, help="How many."),
    seed: int = typer.Option(0, "--seed", help="Equal seeds draw equal samples."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Draw from the model: what it believes the data look like."""
    from subsong.recipes import use

    typer.echo(use.write_samples(model, out, num_samples, seed, trust))
