"""Regions of a map, drawn around noise or around what is wanted: which points lie inside.

``segments[~select_in_region(points, regions)]`` removes segments by where they lie on a map of spectrograms or
latents, ``segments[select_in_region(points, regions)]`` keeps them. Nothing is written, so nothing is lost.

Legend: N = points, V = corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from subsong.core.errors import SubsongError


class Rectangle(NamedTuple):
    """A box with sides along the axes; its border belongs to it."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float


class Polygon(NamedTuple):
    """What a lasso encloses: corners in order, shape (V, 2), the last one joined to the first."""

    corners: Sequence[tuple[float, float]]


Region = Rectangle | Polygon


def select_in_region(points: np.ndarray, regions: Region | Sequence[Region]) -> np.ndarray:
    """Return which points of a map lie in one of the regions at least.

    Parameters
    ----------
    points
        Coordinates, shape (N, 2); one that is not a number lies nowhere.
    regions
        One or several; a lasso that crosses itself encloses what it winds around.

    Returns
    -------
    bool, shape (N,).

    Raises
    ------
    SubsongError
        When the points have another shape, a rectangle's sides are in the wrong order, or a polygon has fewer than
        three corners.
    """
    points_N2 = np.asarray(points, np.float64)
    if points_N2.ndim != 2 or points_N2.shape[1] != 2:
        raise SubsongError(f"points of a map should have the shape (N, 2), not {points_N2.shape}")
    several = [regions] if isinstance(regions, Rectangle | Polygon) else list(regions)
    masks = [_is_inside(points_N2, region) for region in several]
    return np.asarray(np.any([np.zeros(len(points_N2), bool), *masks], axis=0))


def _is_inside(points_N2: np.ndarray, region: Region) -> np.ndarray:
    if isinstance(region, Rectangle):
        if not (region.x_low <= region.x_high and region.y_low <= region.y_high):
            raise SubsongError(f"{region}: the low side of a rectangle should not lie above the high side")
        low, high = (region.x_low, region.y_low), (region.x_high, region.y_high)
        return np.asarray(((points_N2 >= low) & (points_N2 <= high)).all(axis=1))
    return _is_in_polygon(points_N2, np.asarray(region.corners, np.float64))


def _is_in_polygon(points_N2: np.ndarray, corners_V2: np.ndarray) -> np.ndarray:
    from matplotlib.path import Path as Outline

    if corners_V2.ndim != 2 or corners_V2.shape[1] != 2 or len(corners_V2) < 3:
        raise SubsongError(f"a polygon needs at least three corners of two numbers, not an array {corners_V2.shape}")
    closed = np.concatenate([corners_V2, corners_V2[:1]])
    inside_N = Outline(closed, closed=True).contains_points(np.nan_to_num(points_N2))
    return np.asarray(inside_N & np.isfinite(points_N2).all(axis=1))
