"""``subsong demo``."""

from __future__ import annotations

import os
from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def demo(
    data: Path | None = typer.Option(
        None, "--data", help="Folder of MNIST's idx files or of pictures; by default MNIST where SUBSONG_DATA has it."
    ),
    root: Path = typer.Option("demo", "--root", help="Folder of the demo's run."),
) -> None:
    """Train the digits VAE, evaluate it and write its report, in a few minutes.

    Without MNIST at hand the digits packaged with scikit-learn are used, so that the demo runs anywhere.
    """
    from subsong.recipes import run as recipes

    data = data if data is not None else _find_mnist()
    overrides = [] if data is not None else ["training.num_epochs=100", "training.figure_epochs=10"]
    typer.echo(f"training on {data or 'the digits packaged with scikit-learn'}", err=True)
    run = recipes.train("digits-vae", data, overrides, "demo", root)
    typer.echo("evaluating", err=True)
    results = recipes.evaluate(run.path)
    assert results is not None
    for name in ("negative_elbo", "importance_weighted", "ssim", "neighbour_accuracy"):
        typer.echo(f"  {name.replace('_', ' ')}: {results.metrics[name].value:.4g} {results.metrics[name].unit}")
    typer.echo("writing the report", err=True)
    typer.echo(f"report with its figures: {recipes.report(run.path)}")


def _find_mnist() -> Path | None:
    """Return MNIST's folder below SUBSONG_DATA, or beside the repository, or None."""
    root = Path(os.environ.get("SUBSONG_DATA", "../shared/data"))
    return root / "mnist" if (root / "mnist").is_dir() else None
