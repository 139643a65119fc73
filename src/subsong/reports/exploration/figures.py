"""The figures of an exploration that no other report has: spectrum of variances, confusion, numbers of clusters.

Legend: K = principal components.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from subsong.core.errors import SubsongError
from subsong.reports.style import (
    BLUE,
    DENSITY_MAP,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    MUTED,
    PAPER,
    VERMILLION,
    house_style,
    new_figure,
)

_MAX_NUMBERED_CELLS = 20
_MAX_NAMED = 60
_CELL_MM = 5.2
_SMALLEST_SHOWN = 0.005
"""A share below this reads 0 %, and its cell stays empty."""
_LETTER_MM = 1.45
_DASHES = (0, (3, 2))


@house_style()
def plot_spectrum(dimensions: pl.DataFrame, smallest_share: float) -> Figure:
    """Draw the share of the variance along each principal component, on a logarithmic axis.

    Parameters
    ----------
    dimensions
        The data behind the figure: ``component`` (from 1), ``share``.
    smallest_share
        Drawn as a line; components above it are coloured.
    """
    component_K, share_K = (dimensions[name].to_numpy() for name in ("component", "share"))
    figure = new_figure(HALF_WIDTH_MM, 58.0)
    axes = figure.add_subplot()
    axes.bar(component_K, share_K, width=0.72, color=np.where(share_K >= smallest_share, BLUE, MUTED))
    axes.axhline(smallest_share, color=INK, linewidth=0.7, linestyle=_DASHES)
    axes.set_yscale("log")
    axes.set_xlim(0.2, len(component_K) + 0.8)
    axes.set_ylim(max(share_K[share_K > 0].min(initial=1.0) / 2, 1e-5), 1.0)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=" %"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("principal component")
    axes.set_ylabel("share of variance")
    return figure


@house_style()
def plot_shares(counts: pl.DataFrame, names: tuple[str, str]) -> Figure:
    """Draw which share of each row's items lies in which column.

    Parameters
    ----------
    counts
        The data behind the figure: one row a pair, two columns of names and ``num_items``; rows and columns are drawn
        in the order in which they come.
    names
        What stands beside the rows, and below the columns.

    Raises
    ------
    SubsongError
        When there are no pairs.
    """
    if not len(counts):
        raise SubsongError("a figure of shares needs at least 1 pair")
    rows, columns = (counts[name].unique(maintain_order=True).to_list() for name in counts.columns[:2])
    shares = np.zeros((len(rows), len(columns)))
    for row, column, number in counts.select(*counts.columns[:2], "num_items").iter_rows():
        shares[rows.index(row), columns.index(column)] = number
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1.0)
    row_mm, column_mm = (_LETTER_MM * max(map(len, found)) + 12.0 for found in (rows, columns))
    figure = new_figure(
        float(np.clip(_CELL_MM * len(columns) + row_mm + 22.0, 60.0, FULL_WIDTH_MM)),
        float(np.clip(_CELL_MM * len(rows) + min(column_mm, 40.0), 45.0, 200.0)),
    )
    axes = figure.add_subplot()
    picture = axes.imshow(
        shares, cmap=DENSITY_MAP.with_extremes(under=PAPER), vmin=_SMALLEST_SHOWN, vmax=1.0, aspect="auto"
    )
    _name_ticks(axes, rows, columns)
    axes.set_ylabel(names[0])
    axes.set_xlabel(names[1])
    if max(shares.shape) <= _MAX_NUMBERED_CELLS:
        _number_cells(axes, shares)
    bar = figure.colorbar(picture, ax=axes, shrink=0.7, aspect=18, label="share of the row")
    bar.outline.set_visible(False)
    return figure


def _name_ticks(axes: Axes, rows: list[str], columns: list[str]) -> None:
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks(range(len(columns)), columns, rotation=90 if max(map(len, columns)) > 3 else 0)
    axes.set_yticks(range(len(rows)), rows)
    for axis, names in ((axes.xaxis, columns), (axes.yaxis, rows)):
        if len(names) > _MAX_NAMED:
            axis.set_ticks([])


def _number_cells(axes: Axes, shares: np.ndarray) -> None:
    for row, column in zip(*np.nonzero(shares >= _SMALLEST_SHOWN), strict=True):
        share = shares[row, column]
        axes.text(
            column,
            row,
            f"{100 * share:.0f}",
            ha="center",
            va="center",
            size=5.5,
            color=PAPER if share > 0.4 else INK,
        )


@house_style()
def plot_cluster_numbers(scores: pl.DataFrame, stability: pl.DataFrame, chosen: int) -> Figure:
    """Draw what speaks for each number of clusters; the chosen one is a dashed line.

    Parameters
    ----------
    scores, stability
        The data behind the figure, as of `score_mixtures` and `score_stability`.
    chosen
        The number of clusters that was taken.
    """
    figure = new_figure(FULL_WIDTH_MM, 52.0)
    fit, held_out, separation, agreement = figure.subplots(1, 4)
    numbers = scores["num_clusters"].to_numpy()
    _draw_curve(fit, numbers, scores["bic"].to_numpy() / 1000, "BIC (thousands; lower is better)")
    _draw_curve(held_out, numbers, scores["held_out"].to_numpy(), "held-out log-density (nats per item)")
    _draw_curve(separation, numbers, scores["silhouette_excess"].to_numpy(), "silhouette beyond one cloud")
    separation.axhline(0.0, color=MUTED, linewidth=0.7)
    means = stability.group_by("num_clusters", maintain_order=True).agg(
        pl.col("agreement", "chance").mean(), low=pl.col("agreement").min(), high=pl.col("agreement").max()
    )
    tried = means["num_clusters"].to_numpy()
    agreement.fill_between(tried, means["low"].to_numpy(), means["high"].to_numpy(), color=BLUE, alpha=0.2, lw=0)
    _draw_curve(agreement, tried, means["agreement"].to_numpy(), "agreement of two fits")
    agreement.plot(tried, means["chance"].to_numpy(), color=VERMILLION, linewidth=1.0)
    agreement.annotate(
        "chance", (tried[-1], means["chance"][-1]), (0, 3), textcoords="offset points", ha="right", color=VERMILLION
    )
    agreement.set_ylim(0.0, 1.03)
    for axes in (fit, held_out, separation, agreement):
        axes.axvline(chosen, color=INK, linewidth=0.7, linestyle=_DASHES)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.set_xlabel("number of clusters")
    return figure


def _draw_curve(axes: Axes, numbers: np.ndarray, values: np.ndarray, title: str) -> None:
    axes.plot(numbers, values, color=BLUE, marker="o", markersize=2.2)
    axes.set_title(title, size=7, weight="normal")
