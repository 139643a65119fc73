"""``subsong embed``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.progress import show_stages
from subsong.core.words import count_noun


@app.command()
def embed(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    data: Path = typer.Argument(..., help="What to embed: a folder or file as for training."),
    out: Path = typer.Option("embedding.parquet", "--out", "-o", help=".parquet, .csv or .npz."),
    covariance: bool = typer.Option(
        False, "--covariance", help="Also write how sure the model is: variances v0, v1, ...; in .npz all covariances."
    ),
    windows: bool = typer.Option(
        False, "--windows", help="A window at every hop, in order: latent sequences (shotgun models)."
    ),
    hop: float | None = typer.Option(
        None, "--hop", help="With --windows: seconds from one window to the next [0.005]."
    ),
    batch_size: int = typer.Option(500, "--batch-size", min=1, help="Examples at a time; changes no number."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Write the latent code (posterior mean) of every example, with where it comes from.

    The file has one row an example: source, row, label where known, then z0, z1, ... The training data are not needed.

    With --windows a shotgun model slides along each region of song (row), and the file has one row a window: start_s
    and stop_s in the recording, and for motifs template_start_s, equal steps of which are the same moment in every
    rendition. Without it, windows lie one after the other. However long the song, memory stays flat.

    Examples:

    - subsong embed RUN syllables/ --out bird.parquet
    - subsong embed RUN songs/ --windows --hop 0.01 --out sequences.parquet
    - subsong embed RUN motifs/ --windows --out sequences.npz
    """
    from subsong.core.errors import SubsongError
    from subsong.recipes import use

    if windows:
        options = use.SlidingOptions(with_variance=covariance, batch_size=batch_size)
        options = options if hop is None else options._replace(hop_s=hop)
        with show_stages() as tell:
            made = use.embed_windows(model, data, out, options, device, trust, tell)
        counts = f"{count_noun(made.num_sequences, 'sequence')} of {count_noun(made.num_windows, 'window')}"
        typer.echo(f"{out}: {counts}, {made.latent_dim} dimensions")
        return
    if hop is not None:
        raise SubsongError("--hop is the step of sliding windows: use it with --windows")
    num_items, latent_dim = use.embed_data(model, data, out, batch_size, device, trust, covariance)
    typer.echo(f"{out}: {num_items:,} examples, {latent_dim} dimensions")
