"""Maps of lists, coloured by a class such as habitat or by a number such as richness.

Legend: N = lists.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.reports.latent import get_point_size, name_axes
from subsong.reports.style import (
    FAINT,
    HALF_WIDTH_MM,
    MUTED,
    PALETTE,
    house_style,
    new_figure,
)

VALUE_MAP = LinearSegmentedColormap.from_list("value", ["#f3e9a6", "#8cc39b", "#2f8f9b", "#2a5783", "#2d1e3e"])
OTHER, MISSING = "other", "not known"
_COLOURS = tuple(colour for colour in PALETTE if colour != "#b9b9b9")
"""The palette without its grey, which reads as missing."""
_LOG_RATIO = 30.0
"""Values that span more than this, and are all positive, are coloured on a logarithmic scale."""


def merge_rare_labels(labels: Sequence[str | None] | np.ndarray, max_classes: int = len(_COLOURS)) -> np.ndarray:
    """Return labels of at most `max_classes` classes: the rarest become "other", what is missing "not known".

    Examples
    --------
    >>> merge_rare_labels(["a", "a", "b", "c", None, "a", "b"], 2).tolist()
    ['a', 'a', 'b', 'other', 'not known', 'a', 'b']
    """
    names = np.array([MISSING if label is None else str(label) for label in labels], dtype=object)
    known, counts = np.unique(names[names != MISSING].astype(str), return_counts=True)
    kept = known[np.argsort(-counts, kind="stable")][:max_classes]
    names[~np.isin(names.astype(str), [*kept, MISSING])] = OTHER
    return names.astype(str)


@house_style()
def plot_class_map(
    coordinates_N2: np.ndarray,
    labels: Sequence[str | None] | np.ndarray,
    title: str = "",
    axis_names: tuple[str, str] = ("", ""),
) -> Figure:
    """Draw lists on a map, coloured by a class such as habitat or state, with a key beside it.

    Parameters
    ----------
    coordinates_N2
        As of `compute_pca` or `compute_umap`.
    labels
        Class of each list, shape (N,); None where it is not known. The most frequent have colours of their own.
    title, axis_names
        As of `plot_latent_map`.

    Raises
    ------
    SubsongError
        When there is not one label a point.
    """
    points, names = np.asarray(coordinates_N2, np.float64), merge_rare_labels(labels)
    _check_map(points, len(names), "classes")
    figure = new_figure(130.0, 80.0)
    axes = figure.add_subplot()
    axes.set_title(title)
    colours = _choose_colours(names)
    # Lists of a class often come in a row; a mixed order keeps one class from covering the others.
    order = numpy_generator(0, "order of points").permutation(len(points))
    shades = [colours[name] for name in names[order]]
    axes.scatter(points[order, 0], points[order, 1], c=shades, s=get_point_size(len(points)), lw=0, rasterized=True)
    name_axes(axes, axis_names)
    counts = {name: int((names == name).sum()) for name in colours}
    keys = [
        Line2D([], [], ls="", marker="o", ms=4, color=colours[name], label=f"{name} ({n:,})")
        for name, n in counts.items()
    ]
    figure.legend(handles=keys, loc="outside right center", handletextpad=0.3)
    return figure


def _choose_colours(names: np.ndarray) -> dict[str, str]:
    """Return the colour of each class, the most frequent first, what is merged or missing last and grey."""
    found, counts = np.unique(names, return_counts=True)
    by_count = found[np.argsort(-counts, kind="stable")].tolist()
    classes = [name for name in by_count if name not in (OTHER, MISSING)]
    greys = {name: grey for name, grey in ((OTHER, MUTED), (MISSING, FAINT)) if name in by_count}
    return {**dict(zip(classes, _COLOURS, strict=False)), **greys}


@house_style()
def plot_value_map(
    coordinates_N2: np.ndarray,
    values_N: np.ndarray,
    label: str,
    title: str = "",
    axis_names: tuple[str, str] = ("", ""),
) -> Figure:
    """Draw lists on a map, coloured by a number such as richness or duration; lists without one are grey.

    Parameters
    ----------
    coordinates_N2
        As of `compute_pca` or `compute_umap`.
    values_N
        NaN where it is not known. The lowest and the highest 1 % share the colours of the ends.
    label
        What the number is, with its unit.
    title, axis_names
        As of `plot_latent_map`.

    Raises
    ------
    SubsongError
        When there is not one value a point.
    """
    points, values = np.asarray(coordinates_N2, np.float64), np.asarray(values_N, np.float64)
    _check_map(points, len(values), "values")
    figure = new_figure(HALF_WIDTH_MM, 70.0)
    axes = figure.add_subplot()
    axes.set_title(title)
    is_known = np.isfinite(values)
    size = get_point_size(len(points))
    axes.scatter(points[~is_known, 0], points[~is_known, 1], color=FAINT, s=size, lw=0, rasterized=True)
    # High values are often the rare ones: drawn last, they are not covered.
    order = np.flatnonzero(is_known)[np.argsort(values[is_known], kind="stable")]
    dots = axes.scatter(
        points[order, 0],
        points[order, 1],
        c=values[order],
        cmap=VALUE_MAP,
        norm=_choose_norm(values[order]),
        s=size,
        lw=0,
        rasterized=True,
    )
    name_axes(axes, axis_names)
    bar = figure.colorbar(dots, ax=axes, shrink=0.7, aspect=20, label=label)
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    return figure


def _check_map(points: np.ndarray, num_items: int, what: str) -> None:
    if points.shape != (num_items, 2) or not num_items:
        raise SubsongError(f"a map needs coordinates of shape (items, 2) for {num_items} {what}, not {points.shape}")


def _choose_norm(values: np.ndarray) -> Normalize:
    if not len(values):
        return Normalize(0, 1)
    low, high = (float(edge) for edge in np.quantile(values, [0.01, 0.99]))
    return LogNorm(low, high) if low > 0 and high > _LOG_RATIO * low else Normalize(low, high)
