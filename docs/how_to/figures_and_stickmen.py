"""Draws ``figures_and_stickmen.png``: made-up figures, their stickmen in both styles, and the crops of their parts.

``python docs/how_to/figures_and_stickmen.py``
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from subsong.reports.pictures import tile_pictures
from subsong.reports.style import house_style, new_figure, save_figure
from subsong.sources.stickmen import crop_parts, draw_stickmen
from subsong.synthesis.figures import FigureOptions, make_figures

NUM_COLUMNS, SIDE_PX = 8, 76
LABEL_MM, WIDTH_MM, DPI = 24.0, 166.0, 112


def make_rows() -> dict[str, np.ndarray]:
    """Return rows of pictures by what they show, uint8, shape (8, 3, H, W) each."""
    size = (SIDE_PX, SIDE_PX)
    people = make_figures(FigureOptions(num_figures=4, num_poses=NUM_COLUMNS, size=size), seed=1)
    birds = make_figures(FigureOptions(body="bird", num_figures=4, num_poses=NUM_COLUMNS, size=size), seed=1)
    person, bird = slice(NUM_COLUMNS, 2 * NUM_COLUMNS), slice(3 * NUM_COLUMNS, 4 * NUM_COLUMNS)
    crops = crop_parts(people.images[person], people.keypoints_NK2[person], people.skeleton, SIDE_PX)
    return {
        "person 2": people.images[person],
        "person 4": people.images[3 * NUM_COLUMNS :],
        "style: port": draw_stickmen(people.keypoints_NK2[person], people.skeleton, size, "port"),
        "style: original": draw_stickmen(people.keypoints_NK2[person], people.skeleton, size, "original"),
        "8 parts of the\nfirst picture": crops[0].reshape(NUM_COLUMNS, 3, *size),
        "bird 4": birds.images[bird],
        "its own skeleton": draw_stickmen(birds.keypoints_NK2[bird], birds.skeleton, size, "port"),
    }


@house_style()
def plot_rows(rows: dict[str, np.ndarray]) -> Figure:
    """Draw the rows below one another, each with its name."""
    row_mm = (WIDTH_MM - LABEL_MM) / NUM_COLUMNS
    figure = new_figure(WIDTH_MM, row_mm * len(rows), layout=None)
    for number, (name, images) in enumerate(rows.items()):
        below = 1 - (number + 1) / len(rows)
        axes = figure.add_axes((LABEL_MM / WIDTH_MM, below, 1 - LABEL_MM / WIDTH_MM, 1 / len(rows)))
        axes.imshow(tile_pictures(images, NUM_COLUMNS, (0, 255)), aspect="auto")
        axes.set_axis_off()
        axes.annotate(name, (0, 0.5), (-4, 0), "axes fraction", "offset points", ha="right", va="center")
    return figure


if __name__ == "__main__":
    save_figure(plot_rows(make_rows()), Path(__file__).with_suffix(".png"), dpi=DPI)
