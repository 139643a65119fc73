"""``subsong warp``: align the renditions of a motif again."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import typer

from subsong.cli.app import app
from subsong.cli.stopping import stopping_says

_SEARCHES = ("none", "cross-validation", "anchors")


@app.command()
def warp(
    store: Path = typer.Argument(..., help="A dataset made by 'subsong prepare motifs'."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="A setting of the warp: --set kind=shift, --set num_knots=2."
    ),
    search: str = typer.Option("none", "--search", help="none, cross-validation, or anchors: find the best warp."),
    anchors: Path | None = typer.Option(
        None, "--anchors", help="Moments marked inside motifs, in any format of annotations: how far they are apart."
    ),
) -> None:
    """Align the renditions of a motif in time again, with another warp, and tell what that changed.

    A warp moves a rendition (kind=shift), also gives it a tempo (linear), or several (piecewise, with num_knots places
    where the tempo changes); what is not set stays as it was. Too few knots leave parts of the motif unaligned; too
    many follow noise, and wander within steady sounds, where nothing tells the time. --search cross-validation takes
    the fewest that describe held-out renditions and frequencies about as well as any; --search anchors takes the warp
    that brings moments marked by hand together best, such as onsets of syllables, the same in each of some renditions.
    A search may take minutes. Models trained on the former alignment are of another template: train again.

    Examples:

    - subsong warp motifs/ --set num_knots=2
    - subsong warp motifs/ --search cross-validation
    - subsong warp motifs/ --search anchors --anchors songs/segments.csv
    """
    from subsong.cli.progress import show_stages
    from subsong.core.errors import SubsongError, did_you_mean
    from subsong.recipes.preparing_motifs import Search, describe_warp, warp_motifs

    if search not in _SEARCHES:
        raise SubsongError(f"--search is {search!r}; {did_you_mean(search, _SEARCHES)}")
    with stopping_says("stopped: the former warp is kept"), show_stages() as progress:
        warped = warp_motifs(store, overrides, cast("Search", search), anchors, progress)
    for line in describe_warp(warped):
        typer.echo(line)
