"""A map of species: those found together lie together, the most common ones are named.

Legend: D = species.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.transforms import Affine2D

from subsong.core.errors import SubsongError
from subsong.reports.latent import name_axes
from subsong.reports.style import BLUE, FULL_WIDTH_MM, MUTED, PAPER, house_style, new_figure

_LABEL_SIZE = 6.5
_SMALLEST_AREA, _AREA = 3.0, 70.0
_POINT_SIDE = 6.0
_GAPS = (4.0, 9.0, 15.0, 22.0)
_WAYS = np.array([(0, 1), (0, -1), (1, 0), (-1, 0), *product((0.5, -0.5), (1, -1)), *product((1, -1), (1, -1))])
"""Directions from a point to its name, the best first: above, below, to the sides, then between these."""
_BESIDE_POINTS = 5.0


@house_style()
def plot_species_map(
    coordinates_D2: np.ndarray,
    names: Sequence[str],
    prevalence_D: np.ndarray,
    num_named: int = 25,
    axis_names: tuple[str, str] = ("", ""),
) -> Figure:
    """Draw species on a map, larger the more lists they are on, the most common ones named.

    Parameters
    ----------
    coordinates_D2
        Where each species is, such as principal components of the decoder's weights.
    names
        Name of each species.
    prevalence_D
        Share of lists with the species.
    num_named
        How many of the most common are named.
    axis_names
        What stands beside the axes.

    Raises
    ------
    SubsongError
        When there is not one name and prevalence a species.
    """
    points = np.asarray(coordinates_D2, np.float64)
    if points.shape != (len(names), 2) or len(prevalence_D) != len(names) or not len(names):
        raise SubsongError(
            f"a map of species needs coordinates, names and prevalences of the same species, not {points.shape}, "
            f"{len(names)} and {len(prevalence_D)}"
        )
    width, height = np.ptp(points, axis=0)
    figure = new_figure(FULL_WIDTH_MM, float(np.clip(FULL_WIDTH_MM * height / max(width, 1e-9), 90.0, 120.0)))
    axes = figure.add_subplot()
    named = np.argsort(-np.asarray(prevalence_D), kind="stable")[:num_named]
    is_named = np.isin(np.arange(len(points)), named)
    sizes = _SMALLEST_AREA + _AREA * np.asarray(prevalence_D)
    for chosen, strength in ((~is_named, 0.3), (is_named, 0.9)):
        axes.scatter(points[chosen, 0], points[chosen, 1], s=sizes[chosen], color=BLUE, alpha=strength, lw=0)
    name_axes(axes, axis_names)
    axes.margins(0.07)
    _add_size_key(axes, prevalence_D)
    _name_points(figure, axes, points[named], [names[number] for number in named])
    return figure


def _name_points(figure: Figure, axes: Axes, points: np.ndarray, names: Sequence[str]) -> None:
    """Write a name beside each point, with a line where it had to be moved away from it."""
    figure.draw_without_rendering()  # fixes the scale between data and points
    at = (axes.transData + Affine2D().scale(72 / figure.dpi)).transform(points)
    sizes = np.array([(_LABEL_SIZE * (0.52 * len(name) + 0.4), _LABEL_SIZE * 1.2) for name in names])
    line = {"arrowstyle": "-", "color": MUTED, "lw": 0.5, "shrinkA": 0.0, "shrinkB": 3.0}
    for name, point, offset, size in zip(names, points, place_names(at, sizes), sizes, strict=True):
        is_beside = np.abs(offset - np.clip(offset, -size / 2, size / 2)).max() < _BESIDE_POINTS
        axes.annotate(
            name,
            tuple(point),
            tuple(offset),
            textcoords="offset points",
            ha="center",
            va="center",
            size=_LABEL_SIZE,
            arrowprops=None if is_beside else line,
            bbox={"boxstyle": "square,pad=0", "fc": "none", "ec": "none"},
            path_effects=[withStroke(linewidth=1.2, foreground=PAPER)],
        )


def place_names(points: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Find a place for the name of each point, so that none covers another name or a named point where that can be.

    Parameters
    ----------
    points
        Where the points are, the most important first, shape (number of names, 2), in points of the page.
    sizes
        Width and height of each name, of the same shape.

    Returns
    -------
    np.ndarray
        From each point to the middle of its name, of the same shape: the nearest of a few places that is free, or the
        one that covers least.
    """
    boxes = [(point, np.full(2, _POINT_SIDE)) for point in points]
    offsets = np.zeros(points.shape)
    for number, (point, size) in enumerate(zip(points, sizes, strict=True)):
        # Nearer places come first, and the first of the least covering ones is taken.
        wanted = np.array([gap * way + way * size / 2 for gap in _GAPS for way in _WAYS])
        covered = [sum(_compute_overlap(point + offset, size, *box) for box in boxes) for offset in wanted]
        offsets[number] = wanted[int(np.argmin(covered))]
        boxes.append((point + offsets[number], size))
    return offsets


def _compute_overlap(centre: np.ndarray, size: np.ndarray, other_centre: np.ndarray, other_size: np.ndarray) -> float:
    """Return the area that two boxes share."""
    sides = (size + other_size) / 2 - np.abs(centre - other_centre)
    return float(np.prod(np.minimum(np.maximum(sides, 0.0), np.minimum(size, other_size))))


def _add_size_key(axes: Axes, prevalence_D: np.ndarray) -> None:
    highest = float(np.max(prevalence_D))
    shares = [share for share in (0.01, 0.1, 0.25, 0.5, 0.75) if share <= highest] or [highest]
    for share in shares:
        axes.scatter(
            [], [], s=_SMALLEST_AREA + _AREA * share, color=BLUE, alpha=0.9, lw=0, label=f"{100 * share:.3g} % of lists"
        )
    axes.figure.legend(loc="outside upper left", ncols=len(shares), columnspacing=1.4)
