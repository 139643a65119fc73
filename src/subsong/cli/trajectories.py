"""``subsong trajectories``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from subsong.cli.app import app
from subsong.cli.progress import show_stages


@app.command()
def trajectories(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A trained shotgun-vae or warped-shotgun-vae."),
    data: Path = typer.Argument(..., help="Recordings with annotated regions, or a dataset of windows or motifs."),
    out: Path = typer.Option("trajectories", "--out", "-o", help="Folder of the page, figures, tables and maps."),
    by: str | None = typer.Option(
        None, "--by", metavar="COLUMN", help="Compare its values: context, session, individual; a column of files.csv."
    ),
    kind: list[str] = typer.Option(
        ["umap", "strands"],
        "--kind",
        help="Map that song is drawn over: umap, pca, or strands, which keep each rendition one thread; repeatable.",
    ),
    hop: float = typer.Option(0.005, "--hop", help="Seconds from one window to the next."),
    centre: str = typer.Option(
        "median",
        "--centre",
        help="Of the variability: median of each coordinate, or medoid, the most central rendition.",
    ),
    max_windows: int = typer.Option(20_000, "--max-windows", min=100, help="Of longer song, regions drawn at random."),
    seed: int = typer.Option(0, "--seed", help="Equal seeds give equal figures."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the trajectories that are there."),
) -> None:
    """Draw how song moves through the latent space: one line a region or rendition, one point a window.

    A window slides along the song, and its latent code moves. Song drawn over a map of all its windows shows loops that
    recur (motifs), branches (where song can go on in several ways) and rests (held notes). Renditions in a dataset of
    motifs share the time of their template: the page then has their traces over time, and how much they vary from
    moment to moment, with intervals, and with --by a test of each moment (directed against undirected).

    Writes one page that opens offline, every figure as PNG and PDF, every table behind a figure, every window with its
    code, and the maps, so that other windows can be placed on them.

    Examples:

    - subsong trajectories RUN songs/ --out trajectories
    - subsong trajectories RUN motifs/ --by context --kind strands
    - subsong trajectories RUN windows/ --kind pca --hop 0.01
    """
    from subsong.core.errors import SubsongError, did_you_mean
    from subsong.core.words import count_noun
    from subsong.recipes.trajectories import TrajectoryOptions, draw_trajectories

    if centre not in ("median", "medoid"):
        raise SubsongError(f"--centre is {centre!r}; {did_you_mean(centre, ('median', 'medoid'))}")
    chosen: dict[str, Any] = {"kinds": tuple(kind), "centre": centre}
    options = TrajectoryOptions(by=by, hop_s=hop, max_windows=max_windows, seed=seed, **chosen)
    with show_stages() as tell:
        done = draw_trajectories(model, data, out, options, overwrite, device, tell)
    for warning in done.warnings:
        typer.echo(f"note: {warning}", err=True)
    size = f"{count_noun(done.num_sequences, 'sequence')}, {count_noun(done.items.height, 'window')}"
    typer.echo(f"{out}: {size}")
    typer.echo(f"look at {done.report_path}")
