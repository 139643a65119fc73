"""``subsong prepare poses``: pictures with keypoints, ready for a network that draws somebody in a pose."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.prepare import prepare
from subsong.cli.stopping import stopping_says


@prepare.command("poses")
def prepare_poses(
    source: Path = typer.Argument(
        ..., help="A file of keypoints (CSV, Parquet, npz, COCO json, DeepLabCut, SLEAP, ...), or a folder with one."
    ),
    out: Path = typer.Option("poses", "--out", "-o", help="Folder of the dataset."),
    overrides: list[str] | None = typer.Option(
        None, "--set", metavar="KEY=VALUE", help="One setting: --set size=64, --set size=[128,64], --set crop=true."
    ),
    overwrite: bool = typer.Option(False, "--overwrite", help="Replace the dataset that is there."),
) -> None:
    """Turn pictures with keypoints into a dataset: equal-sized pictures, drawn poses, and who is seen in which.

    The format of the keypoints is told from names and content, or said with format. size brings all pictures to one
    size, crop=true cuts each to its subject first, layout and skeleton say how joints are joined, identity names the
    column (or folder) that says who is seen, and on_error=skip leaves out rows that cannot be used, saying which.
    stickman=original draws poses as VUNet's original does. Look at the sheet: pictures with their skeleton over them,
    the left side of the animal blue and the right side red, above the drawn poses.

    Examples:

    - subsong prepare poses rendered.npz --out sprites
    - subsong prepare poses labeled-data/CollectedData_Anna.csv --out mice --set size=128 --set crop=true
    """
    from subsong.cli.progress import show_stages
    from subsong.recipes.preparing_poses import SHEET_NAME, inspect_poses
    from subsong.recipes.preparing_poses import prepare_poses as prepare_store

    with stopping_says("stopped: start again"), show_stages() as progress:
        path = prepare_store(source, out, overrides, overwrite, progress)
    for line in inspect_poses(path)[1]:
        typer.echo(line)
    typer.echo(f"look at {path / SHEET_NAME}")
    typer.echo(f"then: subsong train pose-vunet --data {out}")
