"""``subsong export``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app


@app.command()
def export(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    out: Path | None = typer.Option(
        None, "--out", "-o", help="song-segmenter: a file, by default model.onnx; VAEs: a folder, by default onnx."
    ),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Write a trained model as ONNX, for programs that know nothing of Subsong or PyTorch.

    A song-segmenter becomes one file: samples in, probabilities of the classes and borders out, with the spectrogram
    in between. The file also says what its numbers mean; `subsong predict model.onnx RECORDING` needs nothing else.
    A VAE becomes two: encoder.onnx (examples to means and log-variances) and decoder.onnx (codes to expected data).

    Needs the extra: pip install 'subsong[onnx]'.

    Example: subsong export runs/finch --out finch.onnx
    """
    from subsong.recipes.exporting import export_model

    for path in export_model(model, out, trust):
        typer.echo(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
