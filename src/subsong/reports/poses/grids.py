"""What a VUNet makes of poses and appearances, in rows and columns of pictures.

Every picture has values in `PICTURE_RANGE`. Appearances may be whole pictures or crops of parts, and poses of another
size than pictures: see `make_tiles`.

Legend: N = examples, A = appearances, P = poses, D = draws, S = steps, C, H, W = channels, height and width.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from subsong.reports.poses.picture_table import PictureTable, plot_picture_table, shorten
from subsong.reports.poses.tiles import make_tiles


class PoseExamples(NamedTuple):
    """Examples with what a model makes of them.

    Attributes
    ----------
    appearance, stickman, target, prediction
        Shape (N, C, H, W) each; sizes and channels of the first two may be others.
    """

    appearance: np.ndarray
    stickman: np.ndarray
    target: np.ndarray
    prediction: np.ndarray


def plot_examples(examples: PoseExamples, labels: Sequence[str] = (), breaks: Sequence[int] = ()) -> Figure:
    """Draw appearance, pose, target and prediction of each example below one another, one column an example.

    Parameters
    ----------
    examples
        At least one.
    labels
        A text above each column.
    breaks
        Columns before which a wider gap parts groups.
    """
    size_HW = _get_size(examples.target)
    cells = np.stack([make_tiles(pictures, size_HW) for pictures in examples])
    names = ("appearance", "pose", "target", "prediction")
    return plot_picture_table(PictureTable(cells, names, labels, column_breaks=breaks))


def plot_transfer_matrix(
    appearance: np.ndarray,
    stickman: np.ndarray,
    transferred: np.ndarray,
    appearance_names: Sequence[str] = (),
    pose_names: Sequence[str] = (),
    breaks: Sequence[int] = (),
) -> Figure:
    """Draw each appearance in each pose: appearances down the left side, poses along the top.

    Parameters
    ----------
    appearance, stickman
        What the model was given, shape (A, C, H, W) and (P, C, H, W).
    transferred
        What it made of every pair, shape (A, P, C, H, W).
    appearance_names, pose_names
        A text for each row and column.
    breaks
        Appearances before which a wider gap parts groups.
    """
    size_HW = _get_size(transferred)
    inner = _make_rows(transferred)
    num_appearances, num_poses = inner.shape[:2]
    cells = np.zeros((num_appearances + 1, num_poses + 1, *inner.shape[2:]), dtype=np.uint8)
    cells[1:, 1:] = inner
    cells[1:, 0], cells[0, 1:] = make_tiles(appearance, size_HW), make_tiles(stickman, size_HW)
    rows, columns = (["", *map(shorten, names)] if names else [] for names in (appearance_names, pose_names))
    return plot_picture_table(PictureTable(cells, rows, columns, (1, *(row + 1 for row in breaks)), (1,)))


def plot_draws(
    stickman: np.ndarray, draws: np.ndarray, truth: np.ndarray | None = None, pose_names: Sequence[str] = ()
) -> Figure:
    """Draw what the model imagines in each pose: one row a pose, one column a draw from the pose's prior.

    Parameters
    ----------
    stickman
        The poses, shape (P, C, H, W).
    draws
        Shape (P, D, C, H, W).
    truth
        A true picture in each pose, shape (P, C, H, W), or None.
    pose_names
        A text for each row.
    """
    size_HW, num_draws = _get_size(draws), draws.shape[1]
    given = [make_tiles(stickman, size_HW)[:, None]]
    given += [] if truth is None else [make_tiles(truth, size_HW)[:, None]]
    cells = np.concatenate([*given, _make_rows(draws)], axis=1)
    names = ["pose", *(["true"] if truth is not None else []), *(str(number + 1) for number in range(num_draws))]
    return plot_picture_table(PictureTable(cells, [*map(shorten, pose_names)], names, column_breaks=(len(given),)))


def plot_interpolations(first: np.ndarray, ways: np.ndarray, second: np.ndarray, stickman: np.ndarray) -> Figure:
    """Draw the way from one appearance to another in one pose: a row a pair, what was given on both sides.

    Parameters
    ----------
    first, second
        Appearances, shape (N, C, H, W) each.
    ways
        Pictures on the way, the ends among them, shape (N, S, C, H, W).
    stickman
        The pose of each row, shape (N, C, H, W).
    """
    size_HW, num_steps = _get_size(ways), ways.shape[1]
    ends = [make_tiles(pictures, size_HW)[:, None] for pictures in (stickman, first, second)]
    cells = np.concatenate([*ends[:2], _make_rows(ways), ends[2]], axis=1)
    shares = [f"{share:.0%}".replace("%", " %") for share in np.linspace(0.0, 1.0, num_steps)]
    names = ["pose", "A", *shares, "B"]
    return plot_picture_table(PictureTable(cells, (), names, column_breaks=(2, 2 + num_steps)))


def plot_scale_swaps(
    appearances: tuple[np.ndarray, np.ndarray], stickman: np.ndarray, pictures: np.ndarray, labels: Sequence[str]
) -> Figure:
    """Draw what each scale of the code carries: coarse and fine codes of two appearances, exchanged.

    Parameters
    ----------
    appearances
        A and B of each row, shape (N, C, H, W) each.
    stickman
        The pose of each row, shape (N, C, H, W).
    pictures
        Of each exchange, shape (N, K, C, H, W).
    labels
        What each of the K columns was made of.
    """
    size_HW = _get_size(pictures)
    given = [make_tiles(one, size_HW)[:, None] for one in (stickman, *appearances)]
    cells = np.concatenate([*given, _make_rows(pictures)], axis=1)
    return plot_picture_table(PictureTable(cells, (), ["pose", "A", "B", *labels], column_breaks=(3,)))


def _make_rows(pictures: np.ndarray) -> np.ndarray:
    """Return rows of pictures (R, S, C, H, W) as rows of tiles."""
    tiles = make_tiles(pictures.reshape(-1, *pictures.shape[2:]), _get_size(pictures))
    return tiles.reshape(*pictures.shape[:2], *tiles.shape[1:])


def _get_size(pictures: np.ndarray) -> tuple[int, int]:
    return int(pictures.shape[-2]), int(pictures.shape[-1])
