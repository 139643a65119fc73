"""Pictures a trained VUNet makes, written where they are wanted: transfer, draws, reconstructions. One call each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.progress import Progress
from subsong.datasets.poses.dataset import PoseDataset
from subsong.evaluation.poses.scores import score_pictures
from subsong.inference.poses import TrainedVunet
from subsong.recipes.pose_choice import (
    Choice,
    Shown,
    is_picture,
    read_as_own,
    read_picture,
    take_appearances,
    take_poses,
)
from subsong.recipes.pose_files import (
    ARCHIVE,
    GRID,
    MadePictures,
    check_destination,
    write_archive,
    write_folder,
)
from subsong.reports.poses.grids import plot_draws, plot_transfer_matrix
from subsong.reports.poses.picture_table import shorten
from subsong.reports.style import save_figure

NUM_SHOWN = 8
"""Appearances and poses of a transfer where none were chosen."""
_NUM_AT_ONCE = 256


class MadeMatrix(NamedTuple):
    """What a transfer made.

    Attributes
    ----------
    out
        The file or folder.
    num_appearances, num_poses
        Every one of the first in every one of the second.
    num_other_appearances, num_other_poses
        How many more there would have been.
    """

    out: Path
    num_appearances: int
    num_poses: int
    num_other_appearances: int
    num_other_poses: int


def transfer_appearances(
    model: TrainedVunet,
    appearance: tuple[str | Path, Choice],
    pose: tuple[str | Path, Choice],
    out: str | Path,
    progress: Progress | None = None,
) -> MadeMatrix:
    """Write the picture of every chosen appearance in every chosen pose.

    Parameters
    ----------
    model
        See `subsong.inference.load.load_vunet`.
    appearance
        Pictures of who is to be seen, a source, a store or one picture, and which of them.
    pose
        Pictures whose poses are taken, a source or a store, and which of them.
    out
        ``.png``: one picture with what was given along its sides; ``.npz``: ``pictures`` (float32, values in [-1, 1],
        shape (appearances, poses, C, H, W)), ``appearance``, ``pose`` (their names); else a new folder of one PNG
        each, called ``identity__pose.png``, and ``table.csv``.
    progress
        Told how many pictures are made, and files written.

    Raises
    ------
    SubsongError
        When sources cannot be read or do not fit the model, or `out` is taken.
    """
    out, tell = Path(out).expanduser(), progress or _tell_nobody
    check_destination(out, (GRID, ARCHIVE))
    appearances, poses = _read_both(model, appearance, pose)
    pictures = _transfer(model, appearances, poses, tell)
    if out.suffix.lower() == GRID:
        who, where = ([shorten(name) for name in shown.names] for shown in (appearances, poses))
        save_figure(plot_transfer_matrix(appearances.pictures, poses.pictures, pictures, who, where), out)
    elif out.suffix.lower() == ARCHIVE:
        names = {"appearance": np.array(appearances.names), "pose": np.array(poses.names)}
        write_archive(out, {"pictures": pictures, **names})
    else:
        _write_matrix(out, appearances, poses, pictures, tell)
    return MadeMatrix(out, len(pictures), pictures.shape[1], appearances.num_others, poses.num_others)


def _read_both(
    model: TrainedVunet, appearance: tuple[str | Path, Choice], pose: tuple[str | Path, Choice]
) -> tuple[Shown, Shown]:
    """Return what a transfer is given; a source that has both is read once."""
    who, where = (Path(path).expanduser() for path, _ in (appearance, pose))
    data = read_as_own(where, model)
    poses, _ = take_poses(data, pose[1], where)
    if is_picture(who):
        return read_picture(who, model, appearance[1]), poses
    return take_appearances(data if who == where else read_as_own(who, model), appearance[1], who), poses


def _transfer(model: TrainedVunet, appearances: Shown, poses: Shown, tell: Progress) -> np.ndarray:
    """Return every appearance in every pose, shape (A, P, C, H, W), some appearances at a time."""
    num_poses, total = len(poses.pictures), len(appearances.pictures) * len(poses.pictures)
    parts = []
    for rows in _blocks(len(appearances.pictures), max(1, _NUM_AT_ONCE // num_poses)):
        tell("pictures", rows.start * num_poses, total)
        parts.append(model.transfer_matrix(appearances.pictures[rows], poses.pictures))
    tell("pictures", total, total)
    return np.concatenate(parts)


def _write_matrix(out: Path, appearances: Shown, poses: Shown, pictures: np.ndarray, tell: Progress) -> None:
    left = appearances.items.select(pl.all().name.prefix("appearance_")).rename({"appearance_name": "appearance"})
    right = poses.items.select(pl.all().name.prefix("pose_")).rename({"pose_name": "pose"})
    names = [f"{who}__{pose}" for who in appearances.names for pose in poses.names]
    made = pictures.reshape(-1, *pictures.shape[2:])
    write_folder(out, MadePictures(made, left.join(right, how="cross", maintain_order="left_right")), names, tell)


def sample_poses(
    model: TrainedVunet,
    pose: tuple[str | Path, Choice],
    out: str | Path,
    num_samples: int = NUM_SHOWN,
    seed: int = 0,
    progress: Progress | None = None,
) -> Path:
    """Write pictures of each chosen pose with appearances drawn from the prior of the pose.

    Parameters
    ----------
    model, pose, progress
        As for `transfer_appearances`.
    out
        ``.png``: one row a pose, a true picture beside its draws; ``.npz``: ``pictures`` (float32, values in [-1, 1],
        shape (poses, draws, C, H, W)) and ``pose`` (names).
    num_samples
        Draws for each pose.
    seed
        Equal seeds draw equal pictures.

    Raises
    ------
    SubsongError
        As for `transfer_appearances`.
    """
    out, tell = Path(out).expanduser(), progress or _tell_nobody
    check_destination(out, (GRID, ARCHIVE))
    source = Path(pose[0]).expanduser()
    poses, truth = take_poses(read_as_own(source, model), pose[1], source)
    tell("pictures", 0, len(truth) * num_samples)
    pictures = model.sample(poses.pictures, num_samples, seed)
    tell("pictures", len(truth) * num_samples, len(truth) * num_samples)
    if out.suffix.lower() == GRID:
        save_figure(plot_draws(poses.pictures, pictures, truth, [shorten(name) for name in poses.names]), out)
    else:
        write_archive(out, {"pictures": pictures, "pose": np.array(poses.names)})
    return out


def reconstruct_poses(
    model: TrainedVunet, data: str | Path, out: str | Path, batch_size: int = 64, progress: Progress | None = None
) -> MadePictures:
    """Write what a model makes of every picture of a source from its own appearance and pose.

    Parameters
    ----------
    model
        See `subsong.inference.load.load_vunet`.
    data
        A store, or a source that `read_posed_pictures` reads.
    out
        ``.npz``: ``pictures`` (float32, values in [-1, 1], shape (N, C, H, W)) and the columns of the table; else a
        new folder of one PNG each and ``table.csv``: source, row, identity, pose, and how near each is to the true one.
    batch_size
        Pictures at a time; changes no number.
    progress
        Told how many pictures are made.

    Raises
    ------
    SubsongError
        As for `transfer_appearances`.
    """
    out, tell = Path(out).expanduser(), progress or _tell_nobody
    check_destination(out, (ARCHIVE,))
    made = _reconstruct(model, read_as_own(Path(data).expanduser(), model), batch_size, tell)
    if out.suffix.lower() == ARCHIVE:
        # Texts as texts: an array of Python objects could only be pickled.
        columns = {
            name: column.cast(pl.String).fill_null("").to_numpy().astype(str)
            if column.dtype == pl.String
            else column.to_numpy()
            for name, column in made.table.to_dict().items()
        }
        write_archive(out, {"pictures": made.pictures, **columns})
    else:
        names = [f"{row:06d}__{identity or 'picture'}" for row, identity in enumerate(made.table["identity"])]
        write_folder(out, made, names, tell)
    return made


def _reconstruct(model: TrainedVunet, data: PoseDataset, batch_size: int, tell: Progress) -> MadePictures:
    pictures, scores = [], []
    for rows in _blocks(len(data), batch_size):
        tell("pictures", rows.start, len(data))
        batch = data.fetch(np.arange(rows.start, rows.stop))
        appearance, stickman = (batch.input[name].numpy() for name in ("appearance", "stickman"))
        pictures.append(model.transfer(appearance, stickman, batch_size))
        scores.append(pl.DataFrame(score_pictures(batch.target.numpy(), pictures[-1])))
    tell("pictures", len(data), len(data))
    items = data.items.select("source", "row", "identity", "pose")
    return MadePictures(np.concatenate(pictures), pl.concat([items, pl.concat(scores)], how="horizontal"))


def _blocks(num_rows: int, size: int) -> Iterator[slice]:
    for start in range(0, num_rows, size):
        yield slice(start, min(start + size, num_rows))


def _tell_nobody(what: str, done: int, total: int) -> None:
    """Pass over what is done."""
