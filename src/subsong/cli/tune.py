"""``subsong tune``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def tune(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A trained song-segmenter, or its run."),
    data: Path | None = typer.Argument(
        None, metavar="[DATASET]", help="Annotated song, as of 'prepare song' [default: what the run was trained on]."
    ),
    metric: str = typer.Option(
        "balanced",
        "--metric",
        help="What to make best: balanced, onset, edges, iou, event (F1), frames, sequence (1 - error).",
    ),
    tolerance_s: float = typer.Option(0.01, "--tolerance", help="Onsets, edges and events this near agree, in s."),
    min_iou: float = typer.Option(0.5, "--iou", help="Segments agree from this intersection over union on."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Choose thresholds, gaps, durations and spacing on validation sound, in seconds; store them in the model.

    The validation split of the dataset is predicted once; then settings are varied one after the other until none
    gains. By default the mean of two scores is made best: F1 of onsets of the right label, and 1 - syllable error
    rate; for events, their F1. The model's former settings stay on record in preprocessing.json.

    Examples:

    - subsong tune runs/finch
    - subsong tune runs/finch other_song --metric edges --tolerance 0.005
    """
    from subsong.core.config_files import read_config
    from subsong.core.raw_config import RawConfig
    from subsong.inference.annotating.validation_search import DecodingSearch
    from subsong.recipes.tuning import print_tuned, tune_model

    chosen = {"metric": metric, "tolerance_s": tolerance_s, "min_iou": min_iou, "max_sound_s": None}
    search = read_config(DecodingSearch, base=RawConfig.from_mapping(chosen, "the options"))
    done = tune_model(model, data, search, device, trust)
    print_tuned(done, search)
    typer.echo(f"stored in {done.path}")
