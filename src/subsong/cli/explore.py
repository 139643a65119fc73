"""``subsong explore``: what a map of latent codes knows."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.progress import show_stages
from subsong.core.words import count_noun


@app.command()
def explore(
    embeddings: list[Path] = typer.Argument(
        ..., metavar="EMBEDDING...", help="Tables of subsong embed: .parquet, .csv or .npz."
    ),
    out: Path = typer.Option("explore", "--out", "-o", help="Folder of the page, figures, tables and maps."),
    by: str | None = typer.Option(
        None, "--by", metavar="COLUMN", help="Compare its values: individual, session, folder; of several files, table."
    ),
    seed: int = typer.Option(0, "--seed", help="Equal seeds give equal numbers."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the exploration that is there."),
) -> None:
    """Say what the latent codes know: dimensions, labels, clusters, differences between birds or days, features.

    Writes one page that opens offline, every figure as PNG and PDF, every table behind a figure as CSV, the items with
    their clusters and places, and the maps, so that other items can be placed on them.

    Examples:

    - subsong explore bird.parquet --out explore
    - subsong explore bird.parquet --by session
    - subsong explore tutor.parquet pupil.parquet --by table
    """
    from subsong.recipes.exploring import explore as explore_tables

    with show_stages() as tell:
        done = explore_tables(embeddings, out, by, seed, overwrite, tell)
    for warning in done.warnings:
        typer.echo(f"note: {warning}", err=True)
    typer.echo(f"{out}: {count_noun(done.num_explored, 'item')} explored")
    typer.echo(f"look at {done.report_path}")
