"""``subsong transfer``: the appearance of one picture in the pose of another."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app
from subsong.cli.posing import read_choice
from subsong.cli.progress import show_stages
from subsong.cli.stopping import stopping_says
from subsong.core.words import count_noun


@app.command()
def transfer(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A model of poses (pose-vunet), or its run."),
    appearance: Path = typer.Option(
        ..., "--appearance", "-a", help="Who is seen: pictures with keypoints, a store of them, or one picture."
    ),
    pose: Path = typer.Option(..., "--pose", "-p", help="In which pose: pictures with keypoints, or a store of them."),
    out: Path = typer.Option(
        Path("transfer.png"),
        "--out",
        "-o",
        help="One picture of all (.png), values (.npz), or a folder of one PNG each.",
    ),
    identity: str | None = typer.Option(
        None, "--identity", metavar="NAMES", help="These identities, divided by commas, each by its first picture."
    ),
    rows: str | None = typer.Option(
        None, "--rows", metavar="ROWS", help="These pictures of the appearance, from 0: 0,4-7."
    ),
    pose_names: str | None = typer.Option(
        None, "--pose-names", metavar="NAMES", help="These poses, divided by commas, each by its first picture."
    ),
    pose_rows: str | None = typer.Option(None, "--pose-rows", metavar="ROWS", help="The poses of these pictures."),
    everything: bool = typer.Option(False, "--all", help="Every identity in every pose, not the first 8 of each."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Show each appearance in each pose: rows are appearances, columns poses.

    Pictures are brought to the size the model was trained on, and poses are drawn as in training.

    Examples:

    - subsong transfer RUN --appearance sprites.npz --pose sprites.npz --out transfer.png
    - subsong transfer RUN -a anna.png -p figures.npz --pose-names pose-003,pose-017 --out anna.png
    - subsong transfer RUN -a sprites.npz -p sprites.npz --all --out transferred
    """
    from subsong.inference.load import load_vunet
    from subsong.recipes.showing_poses import NUM_SHOWN, transfer_appearances

    num = None if everything else NUM_SHOWN
    who = read_choice(("--rows", rows), ("--identity", identity), num)
    which = read_choice(("--pose-rows", pose_rows), ("--pose-names", pose_names), num)
    trained = load_vunet(model, device, trust)
    with stopping_says(f"stopped: {out} was not written"), show_stages() as tell:
        made = transfer_appearances(trained, (appearance, who), (pose, which), out, tell)
    counts = (count_noun(made.num_appearances, "appearance"), count_noun(made.num_poses, "pose"))
    typer.echo(f"{made.out}: {counts[0]} in {counts[1]}")
    if made.num_other_appearances or made.num_other_poses:
        others = (made.num_other_appearances, "more appearance"), (made.num_other_poses, "more pose")
        typer.echo(
            f"left out: {' and '.join(count_noun(*other) for other in others if other[0])}; choose them by name or "
            "row, or take --all",
            err=True,
        )
