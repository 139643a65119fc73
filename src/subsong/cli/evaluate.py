"""``subsong evaluate``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def evaluate(
    path: Path = typer.Argument(..., metavar="RUN|MODEL", help="A run folder, or a portable model folder."),
    data: Path | None = typer.Option(None, "--data", help="Score these data instead of the run's own test split."),
    out: Path | None = typer.Option(
        None, "--out", help="With --data: folder of the evaluation store [default: RUN/evaluation/NAME of the data]."
    ),
    num_samples: int = typer.Option(100, "--samples", min=0, help="Draws for the importance-weighted likelihood."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Score a trained model: losses and outputs of every example, and numbers beside simple baselines.

    A run is scored on its test split (its validation split where it has no other), into RUN/evaluation/final. With
    --data any model is scored on other data of its kind, such as pictures or checklists; the training data are not
    needed.
    """
    from subsong.recipes import run as recipes
    from subsong.recipes import use

    if data is not None:
        scored, folder = use.evaluate_data(path, data, out, num_samples, trust)
        use.print_results(scored)
        typer.echo(folder)
        return
    results = recipes.evaluate(path, trust)
    if results is None:
        typer.echo("this model has no numbers beyond its losses; see RUN/metrics.jsonl and RUN/evaluation")
        return
    use.print_results(results)
