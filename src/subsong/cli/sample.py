"""``subsong sample``."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app

_NUM_SAMPLES = 64


@app.command()
def sample(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    out: Path | None = typer.Option(
        None,
        "--out",
        "-o",
        help="Pictures: .png (a grid); checklists: .csv, .parquet (0 and 1); all: .npy (expected values); of poses "
        ".png, .npz. Default: samples, in the first of these.",
    ),
    num_samples: int | None = typer.Option(
        None, "--num", min=1, help="How many: 64, or of a model of poses 8 for each.", show_default=False
    ),
    seed: int = typer.Option(0, "--seed", help="Equal seeds draw equal samples."),
    pose: Path | None = typer.Option(
        None, "--pose", "-p", help="Models of poses: pictures with keypoints, or a store, whose poses are drawn in."
    ),
    pose_names: str | None = typer.Option(
        None, "--pose-names", metavar="NAMES", help="These poses, divided by commas, each by its first picture."
    ),
    pose_rows: str | None = typer.Option(
        None, "--pose-rows", metavar="ROWS", help="The poses of these pictures: 0,4-7."
    ),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Draw from the model: what it believes the data look like.

    A model of poses (pose-vunet) draws appearances for given poses, all of them or the chosen ones.

    Examples:

    - subsong sample runs/digits --num 100 --out samples.png
    - subsong sample runs/figures --pose figures.npz --pose-rows 0-5 --num 8 --out draws.png
    """
    from subsong.cli.posing import draw_for_poses, read_choice
    from subsong.core.errors import SubsongError
    from subsong.inference.load import load_model
    from subsong.inference.poses import TrainedVunet
    from subsong.recipes import use

    trained = load_model(model, trust=trust)
    if isinstance(trained, TrainedVunet):
        if pose is None:
            raise SubsongError(
                "a model of poses draws whoever could be seen in a pose: name pictures of poses with --pose"
            )
        which = read_choice(("--pose-rows", pose_rows), ("--pose-names", pose_names), None)
        typer.echo(draw_for_poses(trained, (pose, which), out, num_samples, seed))
        return
    if pose is not None or pose_names is not None or pose_rows is not None:
        raise SubsongError("--pose, --pose-names and --pose-rows are for models of poses (pose-vunet): leave them out")
    typer.echo(use.write_samples(model, out, num_samples or _NUM_SAMPLES, seed, trust))
