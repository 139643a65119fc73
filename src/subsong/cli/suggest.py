"""``subsong suggest``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def suggest(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A trained song-segmenter, or its run."),
    source: Path = typer.Argument(..., metavar="FOLDER|RECORDING", help="Recordings, at any depth."),
    out: Path = typer.Option("suggestions", "--out", "-o", help="A new folder."),
    stretch: float = typer.Option(5.0, "--stretch", min=0.1, help="Seconds of a stretch."),
    total: float = typer.Option(60.0, "--total", min=0.1, help="Seconds of all stretches together."),
    annotation_format: str = typer.Option(
        "csv", "--format", help="Of the proposals: csv, audacity, raven, textgrid, not-mat, das, whisperseg, ..."
    ),
    cut: bool = typer.Option(False, "--cut", help="Cut the stretches out as wav, with their proposals beside them."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Find the stretches that are worth correcting most, and write proposals for them.

    Ranked are stretches of which the model is unsure (doubtful labels, sounds just below the threshold) and whose sound
    it does not know; of many alike one is taken. OUT gets suggestions.csv (the ranking, with reasons), page.html (the
    first ones with their proposals) and the proposals: proposals/ with times of the recordings, and looked_at.csv for
    'prepare song --within'; or with --cut stretches/, recordings of their own, ready for 'prepare song'.

    Examples:

    - subsong suggest runs/finch recordings --total 120 --cut --format audacity
    - subsong suggest runs/finch recordings --stretch 3 --out next
    """
    from subsong.cli.progress import show_stages
    from subsong.core.words import count_noun
    from subsong.recipes.suggesting import SuggestOptions, suggest_stretches

    options = SuggestOptions(stretch, total, annotation_format, cut, device, trust)
    with show_stages() as tell:
        done = suggest_stretches(
            model, source, out, options, lambda number, total: tell("recordings looked at", number, total)
        )
    for row in done.table.head(10).iter_rows(named=True):
        place = f"{row['recording']} {row['start_s']:.2f}-{row['stop_s']:.2f} s"
        typer.echo(f"{row['rank']:3d}. {row['score']:6.2f}  {place}: {row['reason']}")
    typer.echo(
        f"stretches: {done.table.height}, out of {done.searched_s:.0f} s in "
        f"{count_noun(done.num_recordings, 'recording')}; correct {done.proposals_path}, look at {out / 'page.html'}"
    )
