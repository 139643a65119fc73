"""``subsong map``."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import typer

from subsong.cli.app import app
from subsong.cli.progress import show_stages


@app.command("map")
def draw_map(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A trained model of syllables or windows."),
    data: Path = typer.Argument(..., help="A dataset, or recordings with annotations."),
    out: Path = typer.Option("map.html", "--out", "-o", help="The page; its table and layout are written beside it."),
    folder: Path | None = typer.Option(
        None, "--folder", metavar="DIR", help="In place of the page: a folder that the studio opens, of any model."
    ),
    kind: str = typer.Option("umap", "--kind", help="umap, pca or tsne."),
    onto: Path | None = typer.Option(
        None, "--onto", metavar="MAP.projection", help="Place the sounds on a map made before, to compare birds."
    ),
    recordings: Path | None = typer.Option(
        None, "--recordings", help="Folder a dataset was prepared from, so that the map can be heard."
    ),
    colour_by: str | None = typer.Option(None, "--colour-by", help="Column that colours the points at first."),
    seed: int = typer.Option(0, "--seed", help="Of the layout."),
) -> None:
    """Draw the map of syllables, or of windows of song, as one page: point at one to see it, click to hear it.

    The page needs no network and can be sent as it is. Draw around some: they can be copied or downloaded as a table.
    Windows (shotgun-vae, warped-shotgun-vae) are those that follow each other without overlap.

    With --folder the map goes into a folder for the studio, which shows 100,000 points and more, also those of
    checklists and pictures; windows overlap there by three quarters, and are joined to trajectories.

    Examples:

    - subsong map runs/finch_20261121_101500 songs/ --out map.html
    - subsong map RUN syllables --recordings songs/ --colour-by session
    - subsong map RUN other_bird/ --onto map.projection --out other.html
    - subsong map RUN syllables --folder project/maps/all
    """
    from subsong.core.errors import SubsongError, did_you_mean
    from subsong.inference.projection import ProjectionKind
    from subsong.recipes.mapping import map_sounds

    kinds = ("umap", "pca", "tsne")
    if kind not in kinds:
        raise SubsongError(f"--kind is {kind!r}; {did_you_mean(kind, kinds)}")
    if folder is not None:
        from subsong.projects.maps.building import MapOptions, build_map, find_project

        options = MapOptions(None, colour_by, recordings, cast("ProjectionKind", kind), onto, seed)
        with show_stages() as tell:
            made = build_map(find_project(folder), model, data, folder, options, progress=tell)
        typer.echo(f"{folder}: {made.description.subtitle}")
        return
    found = map_sounds(model, data, out, cast("ProjectionKind", kind), onto, recordings, colour_by, seed)
    sound = "" if found.has_sound else "; without sound: name the recordings with --recordings"
    typer.echo(f"{found.page_path}: {found.num_items:,} sounds{sound}")
    typer.echo(f"{found.table_path}, {found.projection_path}")
