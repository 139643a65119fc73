"""Figures in poses: every figure in every pose, so that the truth of each (appearance, pose) is known.

Legend: N = pictures, C = channels, H, W = height and width, K = joints, J = points of the body, M = parts.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator
from subsong.sources.keypoints.arrays import write_posed_pictures
from subsong.sources.keypoints.types import PosedPictures
from subsong.synthesis.figures.appearance import draw_appearance
from subsong.synthesis.figures.bird import BIRD
from subsong.synthesis.figures.body import Body
from subsong.synthesis.figures.options import FigureOptions
from subsong.synthesis.figures.person import PERSON
from subsong.synthesis.figures.render import PlacedPoses, render_figure

_BODIES: dict[str, Body] = {"person": PERSON, "bird": BIRD}
_OFF_CENTRE = 0.03
"""How far a figure is from the middle of the picture at most, as a share of the shorter side."""
_LUMINANCE = np.array([0.299, 0.587, 0.114])
_SOURCE = "figures"


def make_figures(options: FigureOptions | None = None, seed: int = 0) -> PosedPictures:
    """Make figures, each in the same poses.

    Parameters
    ----------
    options
        None takes the usual ones.
    seed
        Equal seeds and options give equal pictures. A figure and a pose are the same however many there are of them.

    Returns
    -------
    PosedPictures
        All poses of ``figure-000`` in the order of ``pose-000``, ``pose-001``, ..., then those of ``figure-001``.
        Keypoints are exact and differ between poses only.
    """
    options = options or FigureOptions()
    body = _BODIES[options.body]
    poses = _place_poses(body, options, seed)
    images = [_make_figure(body, number, poses, options, seed) for number in range(options.num_figures)]
    num_joints = len(body.skeleton.names)
    keypoints_NK2 = np.tile(poses.points_NJ2[:, :num_joints], (options.num_figures, 1, 1)).astype(np.float32)
    return PosedPictures(np.concatenate(images), _list_items(options), keypoints_NK2, body.skeleton)


def write_figures(path: str | Path, options: FigureOptions | None = None, seed: int = 0) -> None:
    """Write `make_figures` of the same arguments as one ``.npz`` file, whole or not at all.

    Raises
    ------
    SubsongError
        When the name does not end in ``.npz``, or the disk is full.
    """
    write_posed_pictures(path, make_figures(options, seed))


def _place_poses(body: Body, options: FigureOptions, seed: int) -> PlacedPoses:
    """Draw all poses and put them into the middle of the picture, or near it."""
    height, width = options.size
    unit_px = body.unit_share * min(height, width)
    points, depths = [], []
    for number in range(options.num_poses):
        rng = numpy_generator(seed, "figures", options.body, "pose", number)
        pose = body.draw_pose(rng, options.spread)
        middle = (pose.points_J2.min(axis=0) + pose.points_J2.max(axis=0)) / 2
        off_centre = options.spread * rng.uniform(-_OFF_CENTRE, _OFF_CENTRE, 2) * min(height, width)
        points.append((pose.points_J2 - middle) * unit_px + (np.array([width, height]) - 1) / 2 + off_centre)
        depths.append(pose.depth_M)
    return PlacedPoses(np.stack(points), np.stack(depths), unit_px)


def _make_figure(body: Body, number: int, poses: PlacedPoses, options: FigureOptions, seed: int) -> np.ndarray:
    """Return one figure in all poses, uint8, shape (poses, C, H, W)."""
    rng = numpy_generator(seed, "figures", options.body, "figure", number)
    appearance = draw_appearance(body, rng, options.patterns)
    images = render_figure(body.parts, appearance, poses, options.size)
    if options.num_channels == 3:
        return images
    grey: np.ndarray = np.rint(np.einsum("nchw,c->nhw", images, _LUMINANCE)).astype(np.uint8)
    return grey[:, None]


def _list_items(options: FigureOptions) -> pl.DataFrame:
    figure_N, pose_N = np.divmod(np.arange(options.num_figures * options.num_poses), options.num_poses)
    return pl.DataFrame(
        {
            "source": [_SOURCE] * len(figure_N),
            "row": np.arange(len(figure_N)),
            "identity": [f"figure-{number:03d}" for number in figure_N],
            "pose": [f"pose-{number:03d}" for number in pose_N],
        }
    )
