"""Conditions compared: how far apart they lie, how much each varies, and what latents and features know of each other.

Every figure is drawn from the table or record of `subsong.evaluation` that holds its data.

Legend: G = conditions.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.evaluation.mmd import MmdMatrix
from subsong.evaluation.neighbours import TwoWayScores
from subsong.reports.style import (
    BLUE,
    DENSITY_MAP,
    FAINT,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    MUTED,
    PAPER,
    VERMILLION,
    house_style,
    new_figure,
)

_MAX_NUMBERED_CELLS = 10
_MAX_NAMED = 60
_SIGNIFICANT = 0.05
_LETTER_MM = 1.45


def order_conditions(matrix: MmdMatrix) -> np.ndarray:
    """Return an order of the conditions in which like ones stand together, shape (G,).

    Average linkage of the discrepancies, leaves ordered so that neighbours are nearest (Bar-Joseph et al. 2001); right
    for any number of groups of any size.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    if len(matrix.names) < 3:
        return np.arange(len(matrix.names))
    distances = squareform(np.sqrt(np.maximum(matrix.mmd2, 0.0)), checks=False)
    return np.asarray(leaves_list(linkage(distances, "average", optimal_ordering=True)))


@house_style()
def plot_mmd_matrix(matrix: MmdMatrix, title: str = "") -> Figure:
    """Draw the discrepancy of every two conditions, like ones together; a dot marks q below 0.05.

    The data behind the figure is ``matrix.to_table()``.
    """
    order = order_conditions(matrix)
    num_conditions = len(order)
    if num_conditions < 2:
        raise SubsongError(f"a matrix of discrepancies needs at least 2 conditions, found {num_conditions}")
    names = [matrix.names[number] for number in order]
    mmd = np.sqrt(np.maximum(matrix.mmd2, 0.0))[np.ix_(order, order)]
    is_wide = num_conditions > 14
    name_mm = _LETTER_MM * max(map(len, names)) if num_conditions <= _MAX_NAMED else 0.0
    width_mm = FULL_WIDTH_MM if is_wide else HALF_WIDTH_MM + min(name_mm, 20.0)
    figure = new_figure(width_mm, min(width_mm * 0.86, 160.0))
    axes = figure.add_subplot()
    shown = np.where(np.eye(num_conditions, dtype=bool), np.nan, mmd)
    picture = axes.imshow(shown, cmap=DENSITY_MAP, vmin=0.0, vmax=max(float(mmd.max()), 1e-9))
    _name_cells(axes, names)
    _mark_cells(axes, mmd, matrix.q_values[np.ix_(order, order)])
    bar = figure.colorbar(picture, ax=axes, shrink=0.7, aspect=18, label="maximum mean discrepancy")
    bar.outline.set_visible(False)
    axes.set_title(title)
    return figure


def _name_cells(axes: Axes, names: list[str]) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    if len(names) > _MAX_NAMED:
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_xlabel(f"{len(names)} conditions, like ones together")
        return
    size = float(np.clip(260 / len(names), 4.0, 7.0))
    is_long = sum(map(len, names)) > 40 or max(map(len, names)) > 5
    axes.set_xticks(range(len(names)), names, rotation=90 if is_long else 0, size=size)
    axes.set_yticks(range(len(names)), names, size=size)


def _mark_cells(axes: Axes, mmd: np.ndarray, q_values: np.ndarray) -> None:
    is_numbered = len(mmd) <= _MAX_NUMBERED_CELLS
    for row, column in zip(*np.nonzero(~np.eye(len(mmd), dtype=bool)), strict=True):
        mark = "•" if q_values[row, column] < _SIGNIFICANT else ""
        text = f"{mmd[row, column]:.2f}{mark}" if is_numbered else mark
        colour = PAPER if mmd[row, column] > 0.45 * mmd.max() else INK
        axes.text(column, row, text, ha="center", va="center", color=colour, size=6 if is_numbered else 5)


@house_style()
def plot_variability(variability: pl.DataFrame, title: str = "") -> Figure:
    """Draw the variability of each group with its interval, the most varying first.

    Parameters
    ----------
    variability
        The data behind the figure, as of `subsong.evaluation.variability.compare_variability`.
    title
        Stands above the bars.
    """
    if not len(variability):
        raise SubsongError("a figure of variability needs at least 1 group")
    table = variability.sort("variability", "group", descending=[True, False])
    figure = new_figure(HALF_WIDTH_MM, float(np.clip(22.0 + 5.5 * len(table), 32.0, 230.0)))
    axes = figure.add_subplot()
    places = np.arange(len(table))
    values, low, high = (table[name].to_numpy() for name in ("variability", "low", "high"))
    axes.barh(places, values, height=0.66, color=BLUE)
    errors = np.maximum(np.nan_to_num([values - low, high - values]), 0.0)
    axes.errorbar(values, places, xerr=errors, fmt="none", ecolor=INK, elinewidth=0.9, capsize=1.8)
    axes.set_yticks(
        places, [f"{group} ({number:,})" for group, number in table.select("group", "num_items").iter_rows()]
    )
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()
    axes.set_xlabel("variability index (squared latent units)")
    axes.set_title(title)
    return figure


@house_style()
def plot_two_way(scores: TwoWayScores, title: str = "") -> Figure:
    """Draw how much of each feature the latents tell, and how much of each latent component the features tell.

    The data behind the figure are the two tables of `scores`.
    """
    components = scores.components.with_columns(
        pl.format("{} ({} %)", "name", (100 * pl.col("share")).round(0).cast(pl.Int64)).alias("name")
    )
    features = scores.features.sort(pl.col("r2").fill_nan(-float("inf")), descending=True)
    most = max(len(features), len(components), 1)
    figure = new_figure(FULL_WIDTH_MM, float(np.clip(24.0 + 4.6 * most, 40.0, 220.0)))
    left, right = figure.subplots(1, 2)
    _draw_shares(left, features, BLUE, "features, from latents", most)
    _draw_shares(right, components, VERMILLION, "components of the latents (variance), from features", most)
    if title:
        figure.suptitle(title, size=8, weight="bold", x=0.01, ha="left")
    return figure


def _draw_shares(axes: Axes, table: pl.DataFrame, colour: str, title: str, num_places: int) -> None:
    places = np.arange(len(table))
    r2 = np.nan_to_num(table["r2"].to_numpy())
    axes.barh(places, np.ones(len(table)), height=0.62, color=FAINT, alpha=0.45, lw=0)
    axes.barh(places, r2.clip(0.0, 1.0), height=0.62, color=colour)
    for place, (shown, known) in enumerate(zip(r2, table["r2"].to_numpy(), strict=True)):
        text = f"{known:.2f}".replace("-", "\N{MINUS SIGN}") if np.isfinite(known) else "constant"
        is_inside = shown > 0.85
        at, side = (shown - 0.015, "right") if is_inside else (max(shown, 0.0) + 0.015, "left")
        axes.text(at, place, text, va="center", ha=side, size=6.5, color=PAPER if is_inside else MUTED)
    axes.set_yticks(places, table["name"].to_list())
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0.0, 1.0)
    axes.set_ylim(num_places - 0.4, -0.6)
    axes.set_xlabel("share of variance told (R²)")
    axes.set_title(title)
