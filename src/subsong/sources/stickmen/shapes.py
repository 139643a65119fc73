"""Lines and polygons on a grid of pixels: which pixels are near, how far they are, how much of them is covered.

Many pictures at once, one shape in each. Only pixels near a shape are looked at, and each is computed by itself, so
that a picture does not depend on the others. (0, 0) is the centre of the upper left pixel.

Legend: N = pictures, M = corners of a polygon, R = rows of pixels near shapes, P = pixels near shapes,
Q = all pixels of all pictures.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Pixels(NamedTuple):
    """Pixels near shapes, in rows; no pixel of a picture occurs twice."""

    picture_R: np.ndarray
    """In which of the pictures each row of pixels is, int64."""
    y_R: np.ndarray
    """Its height in the picture, int64."""
    row_P: np.ndarray
    """In which of these rows each pixel is, int64."""
    x_P: np.ndarray
    """Where in the row it is, int64."""

    def find_places(self, size_HW: tuple[int, int], num_channels: int = 1) -> np.ndarray:
        """Return the place of each pixel in the first channel of an array (N, C, H, W) read in order, int64, (P,)."""
        height, width = size_HW
        places: np.ndarray = ((self.picture_R * num_channels * height + self.y_R) * width)[self.row_P] + self.x_P
        return places

    def spread(self, values_N: np.ndarray) -> np.ndarray:
        """Return a value of each picture at its pixels, shape (P, ...)."""
        values: np.ndarray = values_N[self.picture_R][self.row_P]
        return values


class LinePlaces(NamedTuple):
    """Where pixels are as seen from a line of each picture, float32, shape (P,), in pixels."""

    along_P: np.ndarray
    """From the start of the line (0) towards its end."""
    across_P: np.ndarray
    """From the line to the left of someone who walks along it: upwards where it goes to the right."""
    distance_P: np.ndarray
    """To the nearest point of the line."""


def find_near_lines(start_N2: np.ndarray, end_N2: np.ndarray, reach_N: np.ndarray, size_HW: tuple[int, int]) -> Pixels:
    """Find the pixels that may be nearer to a line than `reach_N`; none where an end of the line is NaN."""
    low_N2, high_N2 = _find_box(np.stack([start_N2, end_N2], axis=1), reach_N)
    picture_R, y_R = _find_rows(low_N2[:, 1], high_N2[:, 1], size_HW[0])
    step_N2 = end_N2 - start_N2
    rise_N = step_N2[:, 1]
    is_level_N = rise_N == 0
    slope_N = np.divide(step_N2[:, 0], rise_N, out=np.zeros(len(rise_N)), where=~is_level_N)
    half_N = np.where(is_level_N, np.inf, reach_N * np.sqrt(1 + slope_N**2))
    centre_R = start_N2[picture_R, 0] + (y_R - start_N2[picture_R, 1]) * slope_N[picture_R]
    low_R = np.maximum(low_N2[picture_R, 0], centre_R - half_N[picture_R])
    high_R = np.minimum(high_N2[picture_R, 0], centre_R + half_N[picture_R])
    return Pixels(picture_R, y_R, *_find_rows(low_R, high_R, size_HW[1]))


def find_near_polygons(corners_NM2: np.ndarray, reach_N: np.ndarray, size_HW: tuple[int, int]) -> Pixels:
    """Find the pixels in a polygon or up to `reach_N` around it; none where a corner is NaN."""
    low_N2, high_N2 = _find_box(corners_NM2, reach_N)
    picture_R, y_R = _find_rows(low_N2[:, 1], high_N2[:, 1], size_HW[0])
    return Pixels(picture_R, y_R, *_find_rows(low_N2[picture_R, 0], high_N2[picture_R, 0], size_HW[1]))


def measure_lines(pixels: Pixels, start_N2: np.ndarray, end_N2: np.ndarray) -> LinePlaces:
    """Return where pixels are along and across the line of their picture; a line of length 0 is a point."""
    picture_R, row_P = pixels.picture_R, pixels.row_P
    step_N2 = end_N2 - start_N2
    length_N = np.hypot(step_N2[:, 0], step_N2[:, 1])
    unit_N2 = step_N2 / np.where(length_N > 0, length_N, 1)[:, None]
    unit_R2, length_R = unit_N2[picture_R].astype(np.float32), length_N[picture_R].astype(np.float32)
    down_R = (pixels.y_R - start_N2[picture_R, 1]).astype(np.float32)
    right_P = (pixels.x_P - start_N2[picture_R, 0][row_P]).astype(np.float32)
    along_P = right_P * unit_R2[row_P, 0] + (down_R * unit_R2[:, 1])[row_P]
    across_P = right_P * unit_R2[row_P, 1] - (down_R * unit_R2[:, 0])[row_P]
    beyond_P = np.maximum(np.maximum(-along_P, along_P - length_R[row_P]), 0)
    distance_P = np.sqrt(beyond_P**2 + across_P**2)
    is_point_R = length_R == 0
    if is_point_R.any():
        # A point has no direction: along and across are 0.
        away_P = np.sqrt(right_P**2 + (down_R**2)[row_P])
        distance_P = np.where(is_point_R[row_P], away_P, distance_P)
    return LinePlaces(along_P, across_P, distance_P)


def measure_polygons(
    pixels: Pixels, corners_NM2: np.ndarray, reach_N: np.ndarray, size_HW: tuple[int, int]
) -> np.ndarray:
    """Return the distance of pixels to the edge of their picture's polygon, negative inside, float32, shape (P,).

    Inside is what an odd number of edges surrounds, so that a polygon may cross itself. Pixels farther than `reach_N`
    from every edge get infinite distances, of the right sign.
    """
    nearest_Q = np.full(len(corners_NM2) * size_HW[0] * size_HW[1], np.inf, np.float32)
    is_inside_P = np.zeros(len(pixels.row_P), bool)
    for corner in range(corners_NM2.shape[1]):
        start_N2, end_N2 = corners_NM2[:, corner - 1], corners_NM2[:, corner]
        near = find_near_lines(start_N2, end_N2, reach_N, size_HW)
        places_P = near.find_places(size_HW)
        nearest_Q[places_P] = np.minimum(nearest_Q[places_P], measure_lines(near, start_N2, end_N2).distance_P)
        crossing_R = _find_crossings(start_N2[pixels.picture_R], end_N2[pixels.picture_R], pixels.y_R)
        is_inside_P ^= pixels.x_P < crossing_R[pixels.row_P]
    edge_P = nearest_Q[pixels.find_places(size_HW)]
    distance_P: np.ndarray = np.where(is_inside_P, -edge_P, edge_P)
    return distance_P


def compute_coverage(distance_P: np.ndarray) -> np.ndarray:
    """Return how much of each pixel a shape covers, 0 to 1, given its signed distance (negative inside).

    Exact for a straight edge along rows or columns; for other edges the area in sum is right to about 1 %.
    """
    covered: np.ndarray = np.clip(np.float32(0.5) - distance_P, 0, 1)
    return covered


def _find_box(points_NM2: np.ndarray, reach_N: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return points_NM2.min(axis=1) - reach_N[:, None], points_NM2.max(axis=1) + reach_N[:, None]


def _find_rows(low_M: np.ndarray, high_M: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the whole numbers below `size` in each of M intervals, one interval after the other, and whose they are.

    Nothing for an interval with a NaN.
    """
    is_known_M = ~np.isnan(low_M + high_M)
    first_M = np.ceil(np.clip(np.where(is_known_M, low_M, 0), 0, size)).astype(np.int64)
    last_M = np.floor(np.clip(np.where(is_known_M, high_M, -1), -1, size - 1)).astype(np.int64)
    count_M = np.maximum(last_M - first_M + 1, 0)
    owner_R = np.repeat(np.arange(len(first_M)), count_M)
    before_M = np.cumsum(count_M) - count_M
    return owner_R, np.arange(len(owner_R)) - np.repeat(before_M - first_M, count_M)


def _find_crossings(start_R2: np.ndarray, end_R2: np.ndarray, y_R: np.ndarray) -> np.ndarray:
    """Return where an edge crosses the height of each row of pixels, float64, shape (R,); -inf where it does not."""
    does_cross_R = (start_R2[:, 1] > y_R) != (end_R2[:, 1] > y_R)
    rise_R = np.where(does_cross_R, end_R2[:, 1] - start_R2[:, 1], 1)
    share_R = (y_R - start_R2[:, 1]) / rise_R
    return np.where(does_cross_R, start_R2[:, 0] + share_R * (end_R2[:, 0] - start_R2[:, 0]), -np.inf)
