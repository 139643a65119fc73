"""One figure in many poses -> pictures: parts painted from back to front, smooth by rendering finer than the pixels.

Legend: N = poses, J = points of the body, M = parts, P = fine pixels near a part, H, W = height and width.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from subsong.sources.stickmen.shapes import (
    Pixels,
    compute_coverage,
    find_near_lines,
    find_near_polygons,
    measure_lines,
    measure_polygons,
)
from subsong.synthesis.figures.appearance import Appearance
from subsong.synthesis.figures.body import Part
from subsong.synthesis.figures.patterns import PATTERN_FUNCTIONS, PATTERNS

_FINE_SIDE = 160
"""Pixels that the shorter side is rendered with, at least."""
_MAX_FINENESS = 6
_FINE_PIXELS_A_BLOCK = 2**20
_SHADE = 0.38
"""How much darker a part is at its edge, which looks round."""


class PlacedPoses(NamedTuple):
    """Poses in a picture.

    Attributes
    ----------
    points_NJ2
        x and y in pixels, (0, 0) the centre of the upper left one.
    depth_NM
        Parts of less depth are further back.
    unit_px
        Pixels of one unit of the body.
    """

    points_NJ2: np.ndarray
    depth_NM: np.ndarray
    unit_px: float


class _PartTable(NamedTuple):
    """What is painted of each part, as arrays; radii in fine pixels."""

    points_M4: np.ndarray
    radius_M2: np.ndarray
    repeats_M2: np.ndarray
    is_trunk_M: np.ndarray
    colours_M23: np.ndarray
    pattern_M: np.ndarray


class _Painted(NamedTuple):
    """One part of each picture, at the pixels near it; shape (P,)."""

    pixels: Pixels
    distance_P: np.ndarray
    """To the edge, negative inside, in fine pixels."""
    radius_P: np.ndarray
    along_P: np.ndarray
    """Share of the part's axis, below 0 and above 1 at its round ends."""
    across_P: np.ndarray
    """1 and -1 at its sides."""


def render_figure(
    parts: tuple[Part, ...], appearance: Appearance, poses: PlacedPoses, size_HW: tuple[int, int]
) -> np.ndarray:
    """Render one figure in every pose.

    Returns
    -------
    np.ndarray
        uint8, shape (N, 3, H, W). A picture does not depend on the other poses.
    """
    fineness = min(_MAX_FINENESS, max(2, -(-_FINE_SIDE // min(size_HW))))
    fine_HW = (size_HW[0] * fineness, size_HW[1] * fineness)
    table = _build_table(parts, appearance, poses.unit_px * fineness)
    points_NJ2 = (poses.points_NJ2 + 0.5) * fineness - 0.5
    order_NM = np.argsort(poses.depth_NM, axis=1, kind="stable")
    images = np.empty((len(points_NJ2), 3, *size_HW), np.uint8)
    step = max(1, _FINE_PIXELS_A_BLOCK // (fine_HW[0] * fine_HW[1]))
    for start in range(0, len(points_NJ2), step):
        block = slice(start, start + step)
        canvas_3NHW = _paint_background(appearance, len(points_NJ2[block]), fine_HW)
        for part_N in order_NM[block].T:
            _paint_parts(canvas_3NHW, points_NJ2[block], part_N, table)
        images[block] = _reduce(canvas_3NHW, fineness)
    return images


def _build_table(parts: tuple[Part, ...], appearance: Appearance, unit_px: float) -> _PartTable:
    # A limb's axis goes from its first to its last point, a trunk's between the middles of its upper and lower pair.
    points = [part.points if len(part.points) == 4 else np.repeat(part.points, 2) for part in parts]
    thickness = [appearance.thickness if part.follows_build else 1.0 for part in parts]
    return _PartTable(
        np.array(points),
        np.array([part.radius for part in parts]) * np.array(thickness)[:, None] * unit_px,
        np.array([part.repeats for part in parts], np.float32),
        np.array([len(part.points) == 4 for part in parts]),
        np.array([[wear.first, wear.second] for wear in appearance.wear_M], np.float32),
        np.array([PATTERNS.index(wear.pattern) for wear in appearance.wear_M]),
    )


def _paint_background(appearance: Appearance, num: int, fine_HW: tuple[int, int]) -> np.ndarray:
    above, below = np.array(appearance.background, np.float32)
    share_H = (np.arange(fine_HW[0], dtype=np.float32) + 0.5) / fine_HW[0]
    rows_3H = above[:, None] + (below - above)[:, None] * share_H
    return np.broadcast_to(rows_3H[:, None, :, None], (3, num, *fine_HW)).copy()


def _paint_parts(canvas_3NHW: np.ndarray, points_NJ2: np.ndarray, part_N: np.ndarray, table: _PartTable) -> None:
    """Paint one part onto each picture; they are different parts where poses order them differently."""
    fine_HW = canvas_3NHW.shape[2:]
    corners_N42 = np.take_along_axis(points_NJ2, table.points_M4[part_N][:, :, None], axis=1)
    # NaN leaves a picture out.
    is_trunk_N11 = table.is_trunk_M[part_N][:, None, None]
    limbs_N42, trunks_N42 = np.where(is_trunk_N11, np.nan, corners_N42), np.where(is_trunk_N11, corners_N42, np.nan)
    radius_N2 = table.radius_M2[part_N]
    _paint(canvas_3NHW, _measure_limbs(limbs_N42, radius_N2, fine_HW), part_N, table)
    if is_trunk_N11.any():
        _paint(canvas_3NHW, _measure_trunks(trunks_N42, radius_N2, fine_HW), part_N, table)


def _find_axis(corners_N42: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return corners_N42[:, :2].mean(axis=1), corners_N42[:, 2:].mean(axis=1)


def _measure_limbs(corners_N42: np.ndarray, radius_N2: np.ndarray, fine_HW: tuple[int, int]) -> _Painted:
    start_N2, end_N2 = _find_axis(corners_N42)
    pixels = find_near_lines(start_N2, end_N2, radius_N2.max(axis=1) + 0.5, fine_HW)
    places = measure_lines(pixels, start_N2, end_N2)
    along_P = _share_axis(pixels, places.along_P, start_N2, end_N2)
    radius_P2 = pixels.spread(radius_N2.astype(np.float32))
    radius_P = radius_P2[:, 0] + (radius_P2[:, 1] - radius_P2[:, 0]) * np.clip(along_P, 0, 1)
    return _Painted(pixels, places.distance_P - radius_P, radius_P, along_P, places.across_P / radius_P)


def _measure_trunks(corners_N42: np.ndarray, radius_N2: np.ndarray, fine_HW: tuple[int, int]) -> _Painted:
    start_N2, end_N2 = _find_axis(corners_N42)
    reach_N = radius_N2[:, 0] + 0.5
    pixels = find_near_polygons(corners_N42, reach_N, fine_HW)
    radius_P = pixels.spread(radius_N2[:, 0].astype(np.float32))
    distance_P = measure_polygons(pixels, corners_N42, reach_N, fine_HW) - radius_P
    places = measure_lines(pixels, start_N2, end_N2)
    half_N = np.linalg.norm(corners_N42[:, 1] - corners_N42[:, 0], axis=1) / 2 + radius_N2[:, 0]
    across_P = places.across_P / pixels.spread(half_N.astype(np.float32))
    return _Painted(pixels, distance_P, radius_P, _share_axis(pixels, places.along_P, start_N2, end_N2), across_P)


def _share_axis(pixels: Pixels, along_P: np.ndarray, start_N2: np.ndarray, end_N2: np.ndarray) -> np.ndarray:
    length_N = np.linalg.norm(end_N2 - start_N2, axis=1).astype(np.float32)
    share_P: np.ndarray = along_P / pixels.spread(np.where(length_N > 0, length_N, np.float32(1)))
    return share_P


def _paint(canvas_3NHW: np.ndarray, painted: _Painted, part_N: np.ndarray, table: _PartTable) -> None:
    pixels = painted.pixels
    coverage_P, second_P = compute_coverage(painted.distance_P), _find_pattern(painted, part_N, table)
    roundness_P = np.clip(1 + painted.distance_P / painted.radius_P, 0, 1)
    shade_P = 1 - np.float32(_SHADE) * (roundness_P * roundness_P) ** 2
    places_P = pixels.find_places(canvas_3NHW.shape[2:])
    for channel, canvas_Q in enumerate(canvas_3NHW.reshape(3, -1)):
        first, second = table.colours_M23[part_N, :, channel].T
        first_P = pixels.spread(first)
        colour_P = shade_P * (first_P + second_P * pixels.spread(second - first))
        below_P = canvas_Q[places_P]
        canvas_Q[places_P] = below_P + coverage_P * (colour_P - below_P)


def _find_pattern(painted: _Painted, part_N: np.ndarray, table: _PartTable) -> np.ndarray:
    """Return how much of the second colour each pixel has, float32, shape (P,)."""
    pattern_P = painted.pixels.spread(table.pattern_M[part_N])
    repeats_P2 = painted.pixels.spread(table.repeats_M2[part_N])
    second_P = np.zeros(len(pattern_P), np.float32)
    for number, name in enumerate(PATTERNS):
        where = pattern_P == number
        along_P, across_P = painted.along_P[where], painted.across_P[where]
        repeats_2P = repeats_P2[where].T
        second_P[where] = PATTERN_FUNCTIONS[name](
            along_P * repeats_2P[0], across_P * repeats_2P[1], np.clip(along_P, 0, 1)
        )
    return second_P


def _reduce(canvas_3NHW: np.ndarray, fineness: int) -> np.ndarray:
    """Return the means of squares of fine pixels, uint8, shape (N, 3, H, W)."""
    _, num, height, width = canvas_3NHW.shape
    rows = canvas_3NHW.reshape(3, num, height // fineness, fineness, width).sum(axis=3)
    sums = np.sum([rows[..., column::fineness] for column in range(fineness)], axis=0)
    reduced: np.ndarray = np.rint(sums / fineness**2).astype(np.uint8).swapaxes(0, 1)
    return reduced
