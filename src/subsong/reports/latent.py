"""Maps of a latent space, and what each of its dimensions carries.

Legend: N = items, D = latent dimensions, K = dimensions of the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, cycle
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import FuncFormatter
from matplotlib.transforms import Affine2D

from subsong.core.errors import SubsongError
from subsong.inference.projection import (
    ProjectionOptions,
    check_latents,
    fit_principal_axes,
    lay_out_by_umap,
    project,
)
from subsong.reports.style import (
    BLUE,
    DENSITY_MAP,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    MUTED,
    PALETTE,
    PAPER,
    house_style,
    new_figure,
)

MAX_COLOURS = len(PALETTE)
_NUM_NEIGHBOURS = 15
_MIN_UMAP_ITEMS = 5
_MIN_DENSITY_ITEMS = 2000
_GOLDEN_RATIO = 0.6180339887498949
_MAX_NUMBERED_BARS = 40
_NAME_SIZE = 9.0
_MAX_SPREADS = 200


class PrincipalComponents(NamedTuple):
    """Items in the directions of greatest variance.

    Attributes
    ----------
    coordinates
        Shape (N, K).
    explained
        Share of the total variance in each direction, shape (K,); zeros when nothing varies.
    """

    coordinates: np.ndarray
    explained: np.ndarray


class UmapMap(NamedTuple):
    """Items laid out by UMAP.

    Attributes
    ----------
    coordinates
        Shape (M, 2).
    indices
        Which items these are, ascending, int64, shape (M,); all of them unless there were too many.
    """

    coordinates: np.ndarray
    indices: np.ndarray


def compute_pca(latents: np.ndarray, num_components: int = 2) -> PrincipalComponents:
    """Project latents of shape (N, D) onto their first principal components.

    The sign of each direction is chosen so that its largest loading is positive: the same data gives the same map.
    Directions that the data does not have (fewer dimensions or items than components) are zeros.

    Raises
    ------
    SubsongError
        When there are no items, or a value is not finite.
    """
    latents = check_latents(latents)
    axes = fit_principal_axes(latents, num_components)
    explained = np.zeros(num_components)
    explained[: len(axes.explained)] = axes.explained
    return PrincipalComponents(project(latents, axes, num_components), explained)


def compute_umap(latents: np.ndarray, seed: int, max_items: int = 5000) -> UmapMap:
    """Lay latents of shape (N, D) out in two dimensions by UMAP, starting from their principal components.

    Of more than `max_items` items a random sample is laid out. One thread and a seed make the map repeatable. Fewer
    than five items, or items that are all the same, have no neighbourhoods: they keep their principal components.

    Raises
    ------
    SubsongError
        When there are no items, or a value is not finite.

    Notes
    -----
    Distances between clusters, and their sizes, mean little on such a map; who lies beside whom does. Starting from
    principal components keeps more of the large arrangement than a random start (Kobak and Linderman 2021,
    doi:10.1038/s41587-020-00809-z).
    """
    latents = check_latents(latents)
    indices = np.arange(len(latents))
    if len(latents) > max_items:
        indices = np.sort(np.random.default_rng(seed).choice(len(latents), max_items, replace=False))
    start = compute_pca(latents[indices]).coordinates
    if len(indices) < _MIN_UMAP_ITEMS or not np.ptp(start, axis=0).any():
        return UmapMap(start, indices)
    options = ProjectionOptions(num_neighbours=_NUM_NEIGHBOURS)
    return UmapMap(lay_out_by_umap(latents[indices], start, seed, options), indices)


@house_style()
def plot_latent_map(
    coordinates: np.ndarray,
    labels: Sequence[str] | np.ndarray | None = None,
    title: str = "",
    axis_names: tuple[str, str] = ("", ""),
    max_classes: int = MAX_COLOURS,
) -> Figure:
    """Draw items on a map: coloured and named by class, or by density when there are no classes or too many.

    Parameters
    ----------
    coordinates
        Shape (N, 2).
    labels
        The class of each item, shape (N,), or None.
    title
        What stands above the map.
    axis_names
        What stands beside the axes. Without names the axes have no ticks either, since their units mean nothing.
    max_classes
        More are not told apart. There are twelve colours; beyond these they come again, and only the names tell.

    Raises
    ------
    SubsongError
        When there are no points, or not one label a point.
    """
    points = np.asarray(coordinates, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not len(points):
        raise SubsongError(f"a map needs coordinates of the shape (items, 2), at least 1 item, not {points.shape}")
    if labels is not None and len(labels) != len(points):
        raise SubsongError(f"a map of {len(points)} items needs {len(points)} labels, not {len(labels)}")
    figure = new_figure(HALF_WIDTH_MM, _choose_height_mm(points))
    axes = figure.add_subplot()
    axes.set_title(title)
    name_axes(axes, axis_names)
    names = np.array([], dtype=str) if labels is None else np.asarray(labels).astype(str)
    classes = sort_labels(names)
    if 0 < len(classes) <= max_classes:
        _draw_classes(axes, points, names, classes)
        _name_classes(figure, axes, {name: np.median(points[names == name], axis=0) for name in classes})
    else:
        _draw_density(figure, axes, points)
    return figure


def _choose_height_mm(points: np.ndarray) -> float:
    """Return a height that leaves little empty room around points drawn to the same scale both ways."""
    width, height = np.ptp(points, axis=0)
    return float(np.clip(0.85 * HALF_WIDTH_MM * height / width + 12.0, 60.0, 95.0)) if width > 0 else 80.0


def sort_labels(labels: np.ndarray) -> list[str]:
    """Return the different labels, numbers by size and the rest by name.

    Examples
    --------
    >>> sort_labels(np.array(["10", "9", "b", "9"]))
    ['9', '10', 'b']
    """
    return sorted(
        set(labels.tolist()), key=lambda label: (not label.isdecimal(), len(label) * label.isdecimal(), label)
    )


def name_axes(axes: Axes, names: tuple[str, str]) -> None:
    """Name the axes of a map, drawn to one scale; axes without names mean nothing and are left out."""
    axes.set_xlabel(names[0])
    axes.set_ylabel(names[1])
    axes.set_aspect("equal", adjustable="datalim")
    if not any(names):
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[["left", "bottom"]].set_visible(False)


def _draw_classes(axes: Axes, points: np.ndarray, names: np.ndarray, classes: Sequence[str]) -> None:
    colours = dict(zip(classes, cycle(PALETTE), strict=False))
    # Items of a class often come in a row; spreading them keeps one class from covering the others.
    order = np.argsort(np.arange(len(points)) * _GOLDEN_RATIO % 1.0)
    mixed, shades = points[order], [colours[name] for name in names[order]]
    axes.scatter(mixed[:, 0], mixed[:, 1], c=shades, s=get_point_size(len(points)), lw=0, rasterized=True)


def _name_classes(figure: Figure, axes: Axes, centres: dict[str, np.ndarray]) -> None:
    """Write each class's name at its median, moved aside where names would lie upon one another."""
    figure.draw_without_rendering()  # fixes the scale between data and points
    to_points = axes.transData + Affine2D().scale(72 / figure.dpi)
    wanted = to_points.transform(np.array(list(centres.values())))
    sizes = np.array([(_NAME_SIZE * (0.65 * len(name) + 0.2), _NAME_SIZE * 1.1) for name in centres])
    for name, (x, y) in zip(centres, to_points.inverted().transform(spread_boxes(wanted, sizes)), strict=True):
        halo = [withStroke(linewidth=2.2, foreground=PAPER)]
        axes.text(x, y, name, ha="center", va="center", size=_NAME_SIZE, weight="bold", color=INK, path_effects=halo)


def spread_boxes(centres: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Move boxes apart until none covers another, each as little as it takes.

    Parameters
    ----------
    centres, sizes
        Middle, and width and height, of each box, shape (number of boxes, 2).

    Returns
    -------
    np.ndarray
        The new middles, shape (number of boxes, 2). The same boxes always give the same places.
    """
    centres = centres.astype(float)
    for _ in range(_MAX_SPREADS):
        moved = False
        for one, other in combinations(range(len(centres)), 2):
            offset = centres[other] - centres[one]
            overlap = (sizes[one] + sizes[other]) / 2 - np.abs(offset)
            if (overlap > 1e-6).all():
                side = int(overlap.argmin())
                push = (overlap[side] / 2 + 1e-3) * (1.0 if offset[side] >= 0 else -1.0)
                centres[one, side] -= push
                centres[other, side] += push
                moved = True
        if not moved:
            break
    return centres


def get_point_size(num_points: int) -> float:
    """Return the area of a point in square points: small where there are many."""
    return float(np.clip(8000 / num_points, 1.0, 14.0))


def _draw_density(figure: Figure, axes: Axes, points: np.ndarray) -> None:
    if len(points) < _MIN_DENSITY_ITEMS:
        axes.scatter(
            points[:, 0], points[:, 1], color=BLUE, s=get_point_size(len(points)), lw=0, alpha=0.7, rasterized=True
        )
        return
    hexagons = axes.hexbin(
        points[:, 0],
        points[:, 1],
        gridsize=55,
        mincnt=1,
        cmap=DENSITY_MAP,
        norm=LogNorm(),
        ec="face",
        lw=0.2,
        rasterized=True,
    )
    bar = figure.colorbar(hexagons, ax=axes, shrink=0.6, aspect=18, label="items per hexagon")
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))


@house_style()
def plot_kl_per_dimension(
    kl: np.ndarray,
    active: np.ndarray,
    threshold: float | None = None,
    units: str = "nats per picture",
) -> Figure:
    """Draw what each latent dimension tells about an example, the most telling first.

    Parameters
    ----------
    kl
        Mean Kullback-Leibler divergence of the posterior from the prior, in nats, shape (D,).
    active
        True where the dimension is active, shape (D,).
    threshold
        Drawn as a line when the active dimensions were told by their divergence.
    units
        What stands beside the vertical axis.

    Raises
    ------
    SubsongError
        When the two differ in shape, or there is no dimension.
    """
    kl, active = np.asarray(kl, dtype=np.float64), np.asarray(active, dtype=bool)
    if kl.ndim != 1 or kl.shape != active.shape or not len(kl):
        raise SubsongError(f"divergences and active units should both have shape (D,), not {kl.shape}, {active.shape}")
    order = np.argsort(-np.nan_to_num(kl, nan=-np.inf), kind="stable")
    figure = new_figure(HALF_WIDTH_MM if len(kl) <= 24 else FULL_WIDTH_MM, 58.0)
    axes = figure.add_subplot()
    positions = np.arange(len(kl))
    axes.bar(positions, kl[order], width=0.72, color=np.where(active[order], BLUE, MUTED))
    axes.set_ylabel(f"KL divergence ({units})")
    axes.set_xlim(-0.8, len(kl) - 0.2)
    _number_bars(axes, order)
    if threshold is not None:
        axes.axhline(threshold, color=INK, linewidth=0.7, linestyle=(0, (3, 2)))
    counts = [("active", active.sum(), BLUE), ("inactive", (~active).sum(), MUTED)]
    handles = [Patch(color=colour, label=f"{count} {word}") for word, count, colour in counts if count]
    # Bars fall to the right, so that corner is free; room above the highest keeps it so when all are equal.
    axes.set_ylim(top=1.18 * max(axes.get_ylim()[1], threshold or 0.0))
    axes.legend(handles=handles, loc="upper right", ncols=2, handlelength=0.9, columnspacing=1.2)
    return figure


def _number_bars(axes: Axes, order: np.ndarray) -> None:
    if len(order) > _MAX_NUMBERED_BARS:
        axes.set_xticks([])
        axes.set_xlabel("latent dimensions, sorted")
        return
    axes.set_xticks(np.arange(len(order)), [str(dimension) for dimension in order])
    axes.tick_params(axis="x", length=0, labelsize=6 if len(order) > 12 else 7)
    axes.set_xlabel("latent dimension")
