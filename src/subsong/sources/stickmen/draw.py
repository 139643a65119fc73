"""Keypoints -> pictures of stickmen, many at once.

Legend: N = pictures, K = joints, H, W = height and width, M = points of a mark, P = pixels near it,
Q = all values of all pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.keypoints.types import Skeleton
from subsong.sources.stickmen.marks import Mark, Pen, StickmanStyle, choose_pen, list_marks
from subsong.sources.stickmen.shapes import (
    Pixels,
    compute_coverage,
    find_near_lines,
    find_near_polygons,
    measure_lines,
    measure_polygons,
)

_VALUES_A_BLOCK = 2**22
"""Painted at once: enough that NumPy's calls cost little, few enough for the memory."""
_EDGE_PX = 0.5
"""How far outside a shape pixels are still partly covered."""


def draw_stickmen(
    keypoints_NK2: np.ndarray, skeleton: Skeleton, size_HW: tuple[int, int], style: StickmanStyle = "port"
) -> np.ndarray:
    """Draw the pose of every picture as a stickman on black.

    Parameters
    ----------
    keypoints_NK2
        x and y of each joint in pixels, (0, 0) the centre of the upper left one; they need not be whole nor within the
        picture. NaN where a joint is missing: lines, discs and the body polygon that need it are left out.
    skeleton
        Which joints are joined, their sides, and the body polygon.
    size_HW
        Height and width of the pictures.
    style
        ``port``: filled body in green; lines and discs on their ends in red (right), blue (left) and green (centre, and
        all of a person's head). Lines are 4 wide and discs have radius 3 in a picture of 256 pixels, and in proportion
        to the shorter side otherwise.
        ``original``: lines of the right in channel 0, of the left in channel 1, of neither in both at half brightness,
        the filled body in channel 2. Lines are 3 wide in 128 pixels, in whole pixels.

    Returns
    -------
    np.ndarray
        uint8, shape (N, 3, H, W), smooth at the edges. A picture does not depend on the others.

    Raises
    ------
    SubsongError
        When the style is not known, a size is below 1 or the keypoints do not fit the skeleton.

    Notes
    -----
    People of 15 joints have no neck: it is taken to be in the middle of the shoulders, and a line goes from there to
    the nose. ``port`` calls right what is the right of the person seen.
    """
    keypoints_NK2 = check_keypoints(keypoints_NK2, skeleton)
    _check_style(style)
    if min(size_HW) < 1:
        raise SubsongError(f"pictures should have at least one pixel, not the size {size_HW[0]} x {size_HW[1]}")
    marks, pen = list_marks(skeleton, style), choose_pen(size_HW, style)
    stickmen = np.zeros((len(keypoints_NK2), 3, *size_HW), np.uint8)
    for block in _split(len(keypoints_NK2), size_HW[0] * size_HW[1]):
        for mark in marks:
            _paint(stickmen[block], mark, pen, keypoints_NK2[block])
    return stickmen


def check_keypoints(keypoints_NK2: np.ndarray, skeleton: Skeleton) -> np.ndarray:
    """Return keypoints as float64, missing joints NaN in x and y; an error where they do not fit the skeleton.

    Raises
    ------
    SubsongError
        When the shape is not (N, K, 2) with the K joints of the skeleton.
    """
    num_joints = len(skeleton.names)
    if np.ndim(keypoints_NK2) != 3 or np.shape(keypoints_NK2)[1:] != (num_joints, 2):
        raise SubsongError(
            f"keypoints should have the shape (N, {num_joints}, 2), x and y of the skeleton's {num_joints} joints, "
            f"not {np.shape(keypoints_NK2)}"
        )
    keypoints_NK2 = np.asarray(keypoints_NK2, np.float64)
    is_known_NK1 = np.isfinite(keypoints_NK2).all(axis=2, keepdims=True)
    return np.where(is_known_NK1, keypoints_NK2, np.nan)


def _check_style(style: str) -> None:
    styles = get_args(StickmanStyle)
    if style not in styles:
        raise SubsongError(f"there is no stickman style {style!r}: {did_you_mean(style, styles)}")


def _split(num: int, values_each: int) -> Iterator[slice]:
    step = max(1, _VALUES_A_BLOCK // values_each)
    for start in range(0, num, step):
        yield slice(start, min(num, start + step))


def _paint(canvas_N3HW: np.ndarray, mark: Mark, pen: Pen, keypoints_NK2: np.ndarray) -> None:
    """Paint a mark onto every picture that has its joints."""
    size_HW = canvas_N3HW.shape[2:]
    points_NM2 = np.stack([keypoints_NK2[:, joints].mean(axis=1) for joints in mark.points], axis=1)
    pixels, distance_P = _measure(points_NM2, pen, size_HW)
    coverage_P, places_P = compute_coverage(distance_P), pixels.find_places(size_HW, num_channels=3)
    canvas_Q = canvas_N3HW.reshape(-1)
    for channel, value in enumerate(mark.colour):
        if value is not None:
            channel_P = places_P + channel * size_HW[0] * size_HW[1]
            below_P = canvas_Q[channel_P]
            canvas_Q[channel_P] = np.rint(below_P + coverage_P * (np.float32(value) - below_P))


def _measure(points_NM2: np.ndarray, pen: Pen, size_HW: tuple[int, int]) -> tuple[Pixels, np.ndarray]:
    """Return the pixels near a mark and how far they are outside of it, shape (P,)."""
    num_points = points_NM2.shape[1]
    if num_points > 2:
        reach_N = np.full(len(points_NM2), _EDGE_PX)
        pixels = find_near_polygons(points_NM2, reach_N, size_HW)
        return pixels, measure_polygons(pixels, points_NM2, reach_N, size_HW)
    radius = pen.disc_radius if num_points == 1 else pen.line_width / 2
    ends = points_NM2[:, 0], points_NM2[:, -1]
    pixels = find_near_lines(*ends, np.full(len(points_NM2), radius + _EDGE_PX), size_HW)
    return pixels, measure_lines(pixels, *ends).distance_P - np.float32(radius)
