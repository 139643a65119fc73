"""Figures of what surrounds the species: what the steps of reading dropped, and how far latents follow effort.

Legend: L = latent dimensions, C = covariates.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

from subsong.core.errors import SubsongError
from subsong.reports.style import (
    BLUE,
    FAINT,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    PAPER,
    VERMILLION,
    house_style,
    new_figure,
)
from subsong.reports.tables import format_number

CORRELATION_MAP = LinearSegmentedColormap.from_list("correlation", ["#8c3b00", VERMILLION, PAPER, BLUE, "#003a5c"])
_MAX_NUMBERED_DIMS = 24
_UNITS = frozenset({"s", "min", "h", "m", "km", "km2", "ha", "mm", "kmh"})


@house_style()
def plot_attrition(attrition: pl.DataFrame) -> Figure:
    """Draw how many lists and species each step of reading left.

    Parameters
    ----------
    attrition
        As of `Checklists`: ``step``, ``num_lists``, ``num_species``, in order; null where a step does not know.

    Raises
    ------
    SubsongError
        When there is no step.
    """
    if not attrition.height:
        raise SubsongError("no attrition to draw: the table of reading steps is empty")
    figure = new_figure(FULL_WIDTH_MM, 14.0 + 5.5 * attrition.height)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, column, what in zip(panels, ("num_lists", "num_species"), ("lists", "species"), strict=True):
        _draw_remaining(axes, attrition[column], f"{what} left")
    panels[0].set_yticks(np.arange(attrition.height), attrition["step"].to_list())
    panels[0].invert_yaxis()
    return figure


def _draw_remaining(axes: Axes, counts: pl.Series, label: str) -> None:
    values = counts.cast(pl.Float64).fill_null(np.nan).to_numpy()
    axes.barh(np.arange(len(values)), np.nan_to_num(values), height=0.68, color=BLUE)
    previous = np.nan
    for place, value in enumerate(values):
        text = "not known" if np.isnan(value) else f"{value:,.0f}"
        if value < previous:
            dropped = 100 * (1 - value / previous)
            text += f"  (\N{MINUS SIGN}{format_number(dropped, 2 if dropped < 99 else 3)} %)"
        axes.annotate(text, (np.nan_to_num(value), place), (3, 0), textcoords="offset points", va="center", size=7)
        previous = previous if np.isnan(value) else value
    highest = float(np.nanmax(values, initial=1.0))
    axes.set_xlim(0, 1.42 * highest)  # room for what stands beside the bars
    axes.set_xticks([tick for tick in MaxNLocator(4, integer=True).tick_values(0, highest) if tick <= highest])
    axes.set_xlabel(label)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.tick_params(axis="y", length=0)


@house_style()
def plot_effort_correlation(correlation: pl.DataFrame) -> Figure:
    """Draw the rank correlation of each latent dimension with each covariate as a coloured table.

    Parameters
    ----------
    correlation
        As of `compute_effort_correlation`: ``dimension``, then a column a covariate; null is drawn grey.

    Raises
    ------
    SubsongError
        When there is no covariate.
    """
    names = [name for name in correlation.columns if name != "dimension"]
    if not names:
        raise SubsongError("no correlation with effort to draw: the lists have no covariates")
    values_CL = np.stack([correlation[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in names])
    num_covariates, num_dims = values_CL.shape
    width_mm = float(np.clip(32.0 + 9.0 * num_dims, HALF_WIDTH_MM, FULL_WIDTH_MM))
    figure = new_figure(width_mm, 20.0 + 6.5 * num_covariates)
    axes = figure.add_subplot()
    picture = axes.pcolormesh(values_CL, cmap=CORRELATION_MAP, vmin=-1, vmax=1, edgecolor=PAPER, lw=0.6)
    axes.set_facecolor(FAINT)
    if num_dims <= _MAX_NUMBERED_DIMS:
        _label_cells(axes, values_CL)
    numbered = slice(None, None, -(-num_dims // _MAX_NUMBERED_DIMS))
    axes.set_xticks(np.arange(num_dims)[numbered] + 0.5, correlation["dimension"].to_list()[numbered])
    axes.set_yticks(np.arange(num_covariates) + 0.5, [_describe_covariate(name) for name in names])
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_xlabel("latent dimension")
    axes.invert_yaxis()
    bar = figure.colorbar(picture, ax=axes, fraction=0.04, pad=0.02, aspect=14, label="Spearman correlation")
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_locator(FixedLocator([-1, -0.5, 0, 0.5, 1]))
    return figure


def _label_cells(axes: Axes, values_CL: np.ndarray) -> None:
    for (row, column), value in np.ndenumerate(values_CL):
        if np.isfinite(value):
            colour = PAPER if abs(value) > 0.4 else INK
            text = f"{round(value, 2) + 0.0:.2f}".replace("-", "\N{MINUS SIGN}")
            axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", size=6, color=colour)


def _describe_covariate(name: str) -> str:
    """Return a covariate's name with its unit in brackets: ``duration_min`` is "duration (min)"."""
    words = name.split("_")
    unit = words.pop() if len(words) > 1 and words[-1] in _UNITS else ""
    return " ".join(words) + (f" ({unit})" if unit else "")
