"""What readers of pictures with keypoints hand on: the pictures, where their joints are, and how joints are joined.

Legend: N = pictures, C = channels, H, W = height and width, K = joints, P = poses drawn beforehand.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import polars as pl

Side = Literal["left", "right", "centre"]
"""Of the animal itself, as anatomists say, not of the picture."""


class Skeleton(NamedTuple):
    """How joints are joined.

    Attributes
    ----------
    names
        Of the joints, length K.
    edges
        Pairs of joints, by number, between which a line is drawn.
    sides
        Side of each joint, length K.
    body
        Joints around the trunk, in order, whose polygon is filled; empty where there is none.
    layout
        ``people15`` (VUNet's original), ``openpose18`` (OpenPose, COCO), or ``own``.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    sides: tuple[Side, ...]
    body: tuple[int, ...] = ()
    layout: str = "own"


class PosedPictures(NamedTuple):
    """Equal-sized pictures whose poses are known: by keypoints, or by pictures of the poses themselves.

    Attributes
    ----------
    images
        uint8, shape (N, C, H, W); C is 1 (grey) or 3 (red, green, blue).
    items
        One row a picture, in order: ``source`` (file, relative to what was read), ``row`` (within it, from 0),
        ``identity`` (who is seen, text, or null), ``pose`` (name of the pose, text, or null).
    keypoints_NK2
        x (to the right) and y (downwards) of each joint in pixels of the pictures as they are here, float32; (0, 0) is
        the centre of the upper left pixel; NaN where a joint is missing. None where stickmen are given.
    skeleton
        How joints are joined; None where stickmen are given.
    stickmen
        Poses drawn beforehand, uint8, shape (P, C, H, W), or None where keypoints are given.
    stickman_N
        Which of the stickmen each picture shows, int64, or None.
    """

    images: np.ndarray
    items: pl.DataFrame
    keypoints_NK2: np.ndarray | None = None
    skeleton: Skeleton | None = None
    stickmen: np.ndarray | None = None
    stickman_N: np.ndarray | None = None
