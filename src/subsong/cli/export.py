"""``subsong export``: models and datasets for other programs."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app

_ONNX = "onnx"


@app.command()
def export(
    model: Path = typer.Argument(
        ...,
        metavar="MODEL|RUN|DATASET",
        help="A portable model folder, a run folder, or a dataset of song or syllables.",
    ),
    out: Path | None = typer.Option(
        None,
        "--out",
        "-o",
        help="song-segmenter: a file, by default model.onnx; VAEs: a folder, by default onnx; das: a folder NAME.npy, "
        "by default song.npy; ava: a folder, by default specs.",
    ),
    file_format: str | None = typer.Option(
        None, "--format", help="onnx: models; das: datasets of song; ava: datasets of syllables. By default what fits."
    ),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
) -> None:
    """Write a trained model as ONNX, or a dataset for DAS or AVA: for programs that know nothing of Subsong.

    A song-segmenter becomes one file: samples in, probabilities of the classes and borders out, with the spectrogram
    in between. The file also says what its numbers mean; `subsong predict model.onnx RECORDING` needs nothing else.
    A VAE becomes two: encoder.onnx (examples to means and log-variances) and decoder.onnx (codes to expected data).
    Models need the extra: pip install 'subsong[onnx]'.

    A dataset of song becomes one of DAS (NAME.npy), a dataset of syllables AVA's files of spectrograms (.hdf5).
    `subsong import` reads both again.

    Examples:

    - subsong export runs/finch --out finch.onnx
    - subsong export song --format das --out finch.npy
    - subsong export syllables --format ava --out specs
    """
    from subsong.core.errors import SubsongError
    from subsong.datasets.manifest import is_store
    from subsong.interop.exporting import export_dataset
    from subsong.recipes.exporting import export_model

    if is_store(model) and file_format != _ONNX:
        exported = export_dataset(model, file_format, out, overwrite)
        typer.echo(f"{exported.path}: {exported.made}")
        return
    if is_store(model) or file_format not in (None, _ONNX):
        found = "a dataset" if is_store(model) else "no dataset"
        raise SubsongError(
            f"--format {file_format}: {model} is {found}; models are written as onnx, datasets of song as das, of "
            "syllables as ava"
        )
    if overwrite:
        raise SubsongError("--overwrite is of datasets: leave it out")
    for path in export_model(model, out, trust):
        typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
