"""What the verbs say and ask of models of poses: which pictures, where pictures go."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from subsong.cli.progress import show_stages
from subsong.cli.stopping import stopping_says
from subsong.core.words import count_noun

if TYPE_CHECKING:
    from subsong.inference.poses import TrainedVunet
    from subsong.recipes.pose_choice import Choice


def read_choice(rows: tuple[str, str | None], names: tuple[str, str | None], num: int | None) -> Choice:
    """Return which pictures were asked for, each by the flag's spelling and what was given.

    Raises
    ------
    SubsongError
        When rows are no whole numbers, or both were given.
    """
    from subsong.core.errors import SubsongError
    from subsong.recipes.pose_choice import Choice

    if rows[1] is not None and names[1] is not None:
        raise SubsongError(f"pictures are chosen by {rows[0]} or by {names[0]}: give one of them")
    if rows[1] is not None:
        return Choice(rows=read_rows(rows[0], rows[1]))
    if names[1] is None:
        return Choice(num=num)
    wanted = [name.strip() for name in names[1].split(",") if name.strip()]
    if not wanted:
        raise SubsongError(f"{names[0]} names nothing: give names, divided by commas")
    return Choice(names=wanted)


def read_rows(flag: str, text: str) -> list[int]:
    """Return the numbers of a list such as ``0,4-7``.

    Examples
    --------
    >>> read_rows("--rows", "0,4-7")
    [0, 4, 5, 6, 7]
    """
    from subsong.core.errors import SubsongError

    rows: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or (dash and int(last) < int(first)):
            raise SubsongError(f"{flag} {text}: expected whole numbers from 0 and ranges of them, such as 0,4-7")
        rows += range(int(first), int(last or first) + 1)
    return rows


def predict_poses(model: TrainedVunet, sources: list[Path], out: str | None, batch_size: int) -> None:
    """Make every picture of a source from its own appearance and pose, and write them."""
    from subsong.core.errors import SubsongError
    from subsong.inference.poses import BATCH_SIZE
    from subsong.recipes.showing_poses import reconstruct_poses

    if len(sources) != 1:
        raise SubsongError(f"pictures come from one file or folder, not from {len(sources)}: give one")
    if out is None:
        raise SubsongError("pictures are not printed: say with --out where they go, a folder or an .npz file")
    with stopping_says(f"stopped: {out} was not written"), show_stages() as tell:
        made = reconstruct_poses(model, sources[0], out, min(batch_size, BATCH_SIZE), tell)
    ssim = float(made.table["ssim"].to_numpy().mean())
    typer.echo(f"{out}: {count_noun(made.table.height, 'picture')}, mean SSIM {ssim:.3f}")


def draw_for_poses(
    model: TrainedVunet, pose: tuple[Path, Choice], out: Path | None, num_samples: int | None, seed: int
) -> Path:
    """Write draws from the prior of each pose; return the file."""
    from subsong.recipes.showing_poses import NUM_SHOWN, sample_poses

    out = Path("samples.png") if out is None else out
    with stopping_says(f"stopped: {out} was not written"), show_stages() as tell:
        return sample_poses(model, pose, out, NUM_SHOWN if num_samples is None else num_samples, seed, tell)
