"""``subsong prepare motifs``: renditions of a motif, aligned in time."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.prepare import prepare
from subsong.cli.stopping import stopping_says


@prepare.command("motifs")
def prepare_motifs(
    source: Path = typer.Argument(..., help="A folder of recordings with annotations, or of one motif each."),
    out: Path = typer.Option("motifs", "--out", "-o", help="Folder of the dataset."),
    motif: str | None = typer.Option(
        None, "--motif", help="A label, or labels in a row: abcde, [a1,b,c]; without it every recording is one motif."
    ),
    preset: str = typer.Option("finch", "--preset", "-p", help="Spectrogram settings to start from: finch, mouse, ..."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting: --set margin_s=0.1, --set warp.kind=piecewise."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
    num_workers: int | None = typer.Option(None, "--workers", min=1, help="Parts at a time; changes no number."),
) -> None:
    """Find the renditions of a motif, and align them in time, so that each moment of it can be compared.

    A motif is a label of annotated motifs, or the labels of syllables that follow each other with gaps of at most
    max_gap_s; where it never occurs, the most frequent sequences are named. margin_s of sound is kept on both sides.
    A tenth of the renditions is held out for validation, another for test: the template that all are aligned to never
    saw them. A rendition sung much slower or faster than the others (max_tempo_change), and all else that cannot be
    used, is listed in skipped.csv. The warp is a shift, a line (warp.kind=linear) or several pieces
    (warp.kind=piecewise, warp.num_knots=3); look at the figure, and align again with 'subsong warp'.

    Examples:

    - subsong prepare motifs songs/ --motif abcde --out motifs
    - subsong prepare motifs motif_files/ --out motifs --set warp.num_knots=2
    """
    from subsong.cli.progress import show_stages
    from subsong.recipes.preparing_motifs import add_motif, describe_motifs
    from subsong.recipes.preparing_motifs import prepare_motifs as prepare_store

    with (
        stopping_says("stopped: what was done is kept, the same command goes on from there"),
        show_stages() as progress,
    ):
        settings = add_motif(overrides, motif)
        prepared = prepare_store(source, out, preset, settings, overwrite, progress, num_workers)
    for line in describe_motifs(prepared):
        typer.echo(line)
    typer.echo(f"then: subsong train warped-shotgun-vae --data {out}")
