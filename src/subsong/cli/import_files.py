"""``subsong import``: what other programs made."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.stopping import stopping_says


@app.command("import")
def import_files(
    source: Path = typer.Argument(..., help="A file or folder of DAS, AVA or bird-embeddings."),
    out: Path | None = typer.Option(
        None, "--out", "-o", help="What to make: a dataset or model folder, or annotations as .csv; named by its kind."
    ),
    parameters: Path | None = typer.Option(
        None, "--params", metavar="FILE", help="AVA: its dictionary p as JSON or YAML, how spectrograms were made."
    ),
    species: Path | None = typer.Option(
        None, "--species", metavar="FILE", help="bird-embeddings: names of the species in the order of training."
    ),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="A setting of the dataset: --set spectrogram.amplitude_scale=1."
    ),
    trust: bool = typer.Option(False, "--trust", help="Load a pickled model, which can execute anything."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace what is there."),
) -> None:
    """Bring in what other programs made: datasets, models and annotations; says what was found and what was made.

    DAS: datasets (NAME.npy) become datasets of song, models on raw sound (NAME_model.h5 with NAME_params.yaml) model
    folders, annotations and predictions (_annotations.csv, _das.h5) one table. A model with a spectrogram in front is
    refused: its numbers depend on where its chunks begin.

    AVA: spectrograms (.hdf5) become a dataset of syllables, checkpoints (.tar) model folders, segment files one table.

    bird-embeddings: models (.pt, .pth) become model folders.

    Nothing in a file is executed unless --trust is given. `subsong export --format` writes datasets for them again.

    Examples:

    - subsong import flies.npy --out song
    - subsong import res/20240101_101010_model.h5 --out das_model
    - subsong import specs/ --params p.json --out syllables
    - subsong import checkpoint_100.tar --params p.json --out ava_model
    - subsong import vae_model.pth --species species.txt --out checklist_model
    - subsong import predictions/ --out annotations.csv
    """
    from subsong.interop.importing import ImportOptions
    from subsong.interop.importing import import_files as bring_in

    options = ImportOptions(parameters, species, overrides, trust, overwrite)
    with stopping_says("stopped: nothing was made; start again"):
        imported = bring_in(source, out, options)
    typer.echo(f"{source}: {imported.found}")
    typer.echo(f"{imported.path}: {imported.made}")
    typer.echo(f"then: {imported.next_step}")
