"""``subsong inspect``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def inspect(
    data: Path = typer.Argument(
        ..., metavar="DATA|MODEL", help="A dataset, a file of checklists, or a model of checklists."
    ),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="An option of the reader, for files: as of subsong prepare checklists."
    ),
    out: Path | None = typer.Option(
        None, "--out", "-o", help="Also write the table of labels or species here (.csv, .parquet)."
    ),
) -> None:
    """Show what is there before training: syllables, windows, motifs, song, lists, gaps; or a model's species."""
    from subsong.recipes.summaries import inspect_data

    inspect_data(data, out, overrides)
