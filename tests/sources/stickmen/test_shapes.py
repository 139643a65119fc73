"""Distances to lines and polygons, against every pixel measured by itself."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.sources.stickmen.shapes import (
    compute_coverage,
    find_near_lines,
    find_near_polygons,
    measure_lines,
    measure_polygons,
)

SIZE_HW = (23, 31)
REACH = np.full(60, 2.5)


@pytest.fixture(scope="module")
def points() -> np.ndarray:
    """Sixty polygons of five corners, some outside of the picture, with edges along rows and columns among them."""
    points_NM2 = np.random.default_rng(0).uniform(-8, 38, (60, 5, 2))
    points_NM2[:10, 1, 1] = points_NM2[:10, 0, 1]
    points_NM2[10:20, 1, 0] = points_NM2[10:20, 0, 0]
    points_NM2[20:25, 1] = points_NM2[20:25, 0]
    points_NM2[25, 1] = np.nan
    return points_NM2


def measure_every_pixel(start, end):
    """Return the distance of each pixel to the line between two points, shape (H, W)."""
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]]
    away = np.stack([x, y], axis=-1) - start
    step = end - start
    share = np.clip(away @ step / max(step @ step, 1e-12), 0, 1)
    return np.linalg.norm(away - share[..., None] * step, axis=-1)


def test_every_pixel_near_a_line_is_found_once_with_its_distance(points):
    start_N2, end_N2 = points[:, 0], points[:, 1]
    pixels = find_near_lines(start_N2, end_N2, REACH, SIZE_HW)
    found = np.full(60 * 23 * 31, np.inf)
    places_P = pixels.find_places(SIZE_HW)
    assert len(np.unique(places_P)) == len(places_P)
    found[places_P] = measure_lines(pixels, start_N2, end_N2).distance_P
    for picture, distances in enumerate(found.reshape(60, *SIZE_HW)):
        expected = measure_every_pixel(start_N2[picture], end_N2[picture])
        np.testing.assert_allclose(
            np.minimum(distances, 2.5), np.minimum(np.nan_to_num(expected, nan=9), 2.5), atol=1e-4
        )


def test_along_and_across_are_those_of_someone_walking_the_line():
    start_N2, end_N2 = np.array([[2.0, 5.0]]), np.array([[12.0, 5.0]])
    pixels = find_near_lines(start_N2, end_N2, np.array([3.0]), SIZE_HW)
    places = measure_lines(pixels, start_N2, end_N2)
    np.testing.assert_allclose(places.along_P, pixels.x_P - 2)
    np.testing.assert_allclose(places.across_P, 5 - pixels.y_R[pixels.row_P])


def test_the_distance_to_a_polygon_is_that_to_its_nearest_edge_and_negative_inside(points):
    pixels = find_near_polygons(points, REACH, SIZE_HW)
    found = np.full(60 * 23 * 31, np.inf)
    found[pixels.find_places(SIZE_HW)] = measure_polygons(pixels, points, REACH, SIZE_HW)
    for picture in [*range(25), *range(26, 60)]:
        corners = points[picture]
        edges = list(zip(corners, np.roll(corners, -1, axis=0), strict=True))
        expected = np.min([measure_every_pixel(start, end) for start, end in edges], axis=0)
        expected[count_winds(edges) % 2 == 1] *= -1
        distances = found.reshape(60, *SIZE_HW)[picture]
        np.testing.assert_allclose(np.clip(distances, -2.5, 2.5), np.clip(expected, -2.5, 2.5), atol=1e-4)


def count_winds(edges):
    """Return how many edges a ray to the right of each pixel crosses, shape (H, W)."""
    y, x = np.mgrid[: SIZE_HW[0], : SIZE_HW[1]]
    winds = np.zeros(SIZE_HW, int)
    for (x0, y0), (x1, y1) in edges:
        if y0 != y1:
            winds += ((y0 > y) != (y1 > y)) & (x < x0 + (y - y0) / (y1 - y0) * (x1 - x0))
    return winds


def test_coverage_changes_over_one_pixel():
    np.testing.assert_array_equal(
        compute_coverage(np.array([-9, -0.5, -0.25, 0, 0.5, np.inf])), [1, 1, 0.75, 0.5, 0, 0]
    )
