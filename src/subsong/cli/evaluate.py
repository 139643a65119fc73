"""``subsong evaluate``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.core.errors import SubsongError


@app.command()
def evaluate(
    path: Path = typer.Argument(
        ...,
        metavar="RUN|MODEL|FOUND",
        help="A run folder, a portable model folder or, with --against, annotations: a file or a folder of files.",
    ),
    data: Path | None = typer.Option(None, "--data", help="Score these data instead of the run's own test split."),
    out: Path | None = typer.Option(
        None,
        "--out",
        help="With --data: folder of the evaluation store [default: RUN/evaluation/NAME of the data]. With --against: "
        "folder of the tables and the page [default: none are written].",
    ),
    num_samples: int = typer.Option(100, "--samples", min=0, help="Draws for the importance-weighted likelihood."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
    against: Path | None = typer.Option(
        None, "--against", metavar="TRUTH", help="Score annotations against these, of any tool and format."
    ),
    recordings: Path | None = typer.Option(
        None, "--recordings", help="With --against: the recordings, for their names and lengths (silence counts)."
    ),
    tolerance_s: float = typer.Option(
        0.01, "--tolerance", help="Edges, onsets and events this near agree, in seconds."
    ),
    min_iou: float = typer.Option(0.5, "--iou", help="Segments agree from this intersection over union on."),
    use_labels: bool | None = typer.Option(
        None, "--labels/--any-label", help="Whether labels must be equal [default: where the sets share some]."
    ),
    within: list[str] = typer.Option(
        [], "--within", metavar="LABEL|FILE", help="Where the truth is complete: a label of it (* for any), or a file."
    ),
    common_only: bool = typer.Option(False, "--common", help="Leave out recordings of the truth with nothing found."),
    seed: int = typer.Option(0, "--seed", help="With --against: of the intervals."),
    overwrite: bool = typer.Option(False, "--overwrite", help="With --against: replace the scores in --out."),
) -> None:
    """Score a trained model, or annotations of any tool against others.

    A run is scored on its test split (its validation split where it has no other), into RUN/evaluation/final. With
    --data any model is scored on other data of its kind, such as pictures or checklists; the training data are not
    needed.

    With --against, annotations (a file or a folder of files) are compared with others of the same recordings: overlap,
    edges and events within a tolerance, frames, sequences of labels, each with a 95 % interval over recordings. --out
    gets a page, tables, and every pair, miss and extra with its times.

    Examples:

    - subsong evaluate RUN
    - subsong evaluate found --against truth --recordings songs --out scores
    - subsong evaluate one.csv --against other.TextGrid --tolerance 0.005 --any-label
    - subsong evaluate pulses.csv --against fly.csv --within ambient
    """
    if against is not None:
        from subsong.core.config_files import read_config
        from subsong.evaluation.annotations.options import ScoringOptions
        from subsong.recipes.scoring_annotations import evaluate_annotations, print_scores

        if data is not None:
            raise SubsongError("--data is for models and --against for annotations: give one of them")
        chosen = {"tolerance_s": tolerance_s, "min_iou": min_iou, "use_labels": use_labels, "seed": seed}
        options = read_config(ScoringOptions, base={**chosen, "within": within})
        done = evaluate_annotations(path, against, out, recordings, options, common_only, overwrite)
        for warning in done.scores.warnings:
            typer.echo(f"note: {warning}", err=True)
        print_scores(done.scores)
        if done.report_path is not None:
            typer.echo(f"look at {done.report_path}")
        return

    if recordings is not None or within or use_labels is not None or common_only or overwrite:
        raise SubsongError(
            "--recordings, --within, --labels, --any-label, --common and --overwrite are for annotations: give the "
            "true ones with --against"
        )
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
