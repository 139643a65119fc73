"""``subsong segment``: where the vocalisations of recordings are, by their amplitude."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.progress import show_stages
from subsong.cli.stopping import stopping_says
from subsong.core.words import count_noun


@app.command()
def segment(
    source: Path = typer.Argument(..., help="A recording, or a folder of recordings at any depth."),
    out: Path = typer.Option("segments", "--out", "-o", help="Folder of the annotation files and of the page."),
    preset: str = typer.Option(
        "finch", "--preset", help="Settings to start from: finch, bengalese-finch, canary, mouse, ..."
    ),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="A setting: --set amplitude.min_gap_s=0.004."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Do again what was done before."),
) -> None:
    """Find vocalisations by loudness, or by likeness; write one annotation file a recording, and a page to judge by.

    Thresholds are found for each recording from its own trace, unless the preset or --set gives them
    (amplitude.boundary_threshold, dip_threshold, peak_threshold). A stopped run goes on where it was. Recordings that
    cannot be used are named and left out; with --set mode=strict the first one ends the run.

    Examples:

    - subsong segment recordings/ --out segments --preset bengalese-finch
    - subsong segment recordings/ --out motifs --set exemplars=motif_examples/ --set template.min_correlation=0.6
    - subsong segment usv/ --preset mouse --set annotation_format=ava --set amplitude.min_duration_s=0.01
    """
    from subsong.recipes.segmenting import segment_folder

    with stopping_says("stopped: what was done is kept, the same command goes on from there"), show_stages() as tell:
        done = segment_folder(source, out, preset, overrides, overwrite, partial(tell, "recordings segmented"))
    counts = dict(done.recordings["status"].value_counts().iter_rows())
    num_segments = int(done.recordings["num_segments"].sum())
    said = [f"{count_noun(num_segments, 'segment')} in {count_noun(counts.get('found', 0), 'recording')}"]
    said += [
        f"{count_noun(counts[status], 'recording')} {status}" for status in ("kept", "left out") if status in counts
    ]
    typer.echo(f"{out}: {'; '.join(said)}")
    if done.report_path is not None:
        typer.echo(f"look at {done.report_path}")
