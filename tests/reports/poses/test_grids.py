"""What stands where in grids of poses and appearances."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from subsong.reports.poses.grids import (
    PoseExamples,
    plot_draws,
    plot_examples,
    plot_interpolations,
    plot_scale_swaps,
    plot_transfer_matrix,
)

SIZE = 4


def paint(*values: float) -> np.ndarray:
    """Return a plain picture for each value, shape (N, 3, 4, 4)."""
    return np.stack([np.full((3, SIZE, SIZE), value) for value in values])


def read_values(figure: Figure) -> list[list[float | None]]:
    """Return the value of every picture in a grid, row by row; None where there is none."""
    (image,) = figure.axes[0].images
    mosaic = np.asarray(image.get_array())
    solid = mosaic[..., 3] > 0
    rows, columns = (_find_centres(solid.any(axis=axis)) for axis in (1, 0))
    return [
        [round(mosaic[row, column, 0] / 127.5 - 1, 1) if solid[row, column] else None for column in columns]
        for row in rows
    ]


def _find_centres(is_solid: np.ndarray) -> np.ndarray:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], is_solid, [False]]).astype(int)))
    return edges.reshape(-1, 2).mean(axis=1).astype(int)


def test_appearances_stand_on_the_left_poses_on_top_and_nothing_in_the_corner() -> None:
    transferred = paint(0.1, 0.2, 0.3, 0.4, 0.5, 0.6).reshape(2, 3, 3, SIZE, SIZE)
    figure = plot_transfer_matrix(paint(-0.1, -0.2), paint(-0.3, -0.4, -0.5), transferred)
    assert read_values(figure) == [[None, -0.3, -0.4, -0.5], [-0.1, 0.1, 0.2, 0.3], [-0.2, 0.4, 0.5, 0.6]]


def test_names_of_a_matrix_begin_beside_the_first_appearance_and_pose() -> None:
    figure = plot_transfer_matrix(paint(0), paint(0, 0), paint(0, 0)[None], ["anna"], ["walk", "stand"])
    assert [text.get_text() for text in figure.axes[0].texts] == ["", "anna", "", "walk", "stand"]


def test_examples_are_columns_of_what_was_given_what_is_true_and_what_was_made() -> None:
    figure = plot_examples(PoseExamples(paint(0.1, 0.2), paint(0.3, 0.4), paint(0.5, 0.6), paint(0.7, 0.8)))
    assert read_values(figure) == [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6], [0.7, 0.8]]


def test_a_true_picture_stands_beside_the_draws_of_its_pose() -> None:
    draws = paint(0.1, 0.2, 0.3, 0.4).reshape(2, 2, 3, SIZE, SIZE)
    assert read_values(plot_draws(paint(-0.1, -0.2), draws, paint(-0.3, -0.4))) == [
        [-0.1, -0.3, 0.1, 0.2],
        [-0.2, -0.4, 0.3, 0.4],
    ]


def test_a_way_lies_between_its_ends() -> None:
    figure = plot_interpolations(paint(-0.1), paint(0.1, 0.2, 0.3)[None], paint(-0.2), paint(-0.3))
    assert read_values(figure) == [[-0.3, -0.1, 0.1, 0.2, 0.3, -0.2]]
    assert [text.get_text() for text in figure.axes[0].texts] == ["pose", "A", "0 %", "50 %", "100 %", "B"]


def test_exchanged_codes_stand_behind_the_two_appearances() -> None:
    figure = plot_scale_swaps((paint(-0.1), paint(-0.2)), paint(-0.3), paint(0.1, 0.2)[None], ["one", "two"])
    assert read_values(figure) == [[-0.3, -0.1, -0.2, 0.1, 0.2]]


def test_poses_and_parts_of_other_sizes_take_the_size_of_the_pictures() -> None:
    parts, small = np.zeros((1, 24, 2, 2)), np.full((1, 1, 2, 2), 0.6)
    figure = plot_examples(PoseExamples(parts, small, paint(0.1), paint(0.2)))
    assert read_values(figure) == [[0.0], [0.6], [0.1], [0.2]]
