"""``subsong embed``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def embed(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    data: Path = typer.Argument(..., help="What to embed: a folder or file as for training."),
    out: Path = typer.Option("embedding.parquet", "--out", "-o", help=".parquet, .csv or .npz."),
    covariance: bool = typer.Option(
        False, "--covariance", help="Also write how sure the model is: variances v0, v1, ...; in .npz all covariances."
    ),
    batch_size: int = typer.Option(500, "--batch-size", min=1, help="Examples at a time; changes no number."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Write the latent code (posterior mean) of every example, with where it comes from.

    The file has one row an example: source, row, label where known, then z0, z1, ... The training data are not needed.
    """
    from subsong.recipes import use

    num_items, latent_dim = use.embed_data(model, data, out, batch_size, device, trust, covariance)
    typer.echo(f"{out}: {num_items:,} examples, {latent_dim} dimensions")
