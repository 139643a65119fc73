"""Curves of a training run: the total and each term, train against validation, by epoch and by step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator, SymmetricalLogLocator

from subsong.core.errors import SubsongError
from subsong.reports.style import (
    BLUE,
    FAINT,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    MUTED,
    PALETTE,
    VERMILLION,
    house_style,
    new_figure,
)
from subsong.reports.tables import format_number

Series = Mapping[str, tuple[Sequence[float] | np.ndarray, Sequence[float] | np.ndarray]]
"""The lines of one panel: name of the split -> (x, y), each of shape (number of points,)."""

_FIXED_COLOURS = {"train": BLUE, "validation": VERMILLION}
_MAX_COLUMNS = 3
_PANEL_WIDTHS_MM = {1: HALF_WIDTH_MM, 2: 130.0, 3: FULL_WIDTH_MM}
_PANEL_HEIGHT_MM = 46.0
_KEY_HEIGHT_MM = 6.0
_MAX_MARKED_POINTS = 30
_RING: dict[str, Any] = {
    "marker": "o",
    "markersize": 7,
    "markeredgecolor": MUTED,
    "markerfacecolor": "none",
    "markeredgewidth": 0.9,
}


@house_style()
def plot_training_curves(
    curves: Mapping[str, Series],
    best_epoch: int | None = None,
    units: str | Mapping[str, str] = "nats per picture",
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """Draw one panel a quantity against the epoch, with one key above them all.

    Parameters
    ----------
    curves
        Quantity -> split -> (epochs, values), such as ``{"loss": {"train": (x, y), "validation": (x, y)}}``. The
        first quantity is the one that chose the best epoch. Values that are not finite leave a gap.
    best_epoch
        Marked in every panel; its value is given for the first quantity's validation line.
    units
        What stands beside the vertical axis, for all panels or by quantity.
    titles
        What stands above a panel, by quantity; by default the quantity's own name.

    Raises
    ------
    SubsongError
        When there is no curve to draw.
    """
    figure, panels = _draw_panels(curves, units, titles)
    for axes, series in zip(panels, curves.values(), strict=True):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.set_xlabel("epoch")
        if best_epoch is not None:
            _mark_best(axes, series, best_epoch)
    best = [] if best_epoch is None else [_describe_best(next(iter(curves.values())), best_epoch)]
    _add_key(figure, panels, best)
    return figure


@house_style()
def plot_step_curves(
    curves: Mapping[str, Series],
    units: str | Mapping[str, str] = "nats per picture",
    titles: Mapping[str, str] | None = None,
    log_y: bool = False,
) -> Figure:
    """Draw one panel a quantity against the number of updates, on an axis where each doubling takes the same room.

    Parameters
    ----------
    curves
        As for `plot_training_curves`, with steps in place of epochs; step 0 stands left of step 1.
    units, titles
        As for `plot_training_curves`.
    log_y
        Draw the values on a logarithmic axis too; those that are not positive are left out.

    Raises
    ------
    SubsongError
        When there is no curve to draw.
    """
    figure, panels = _draw_panels(curves, units, titles)
    for axes in panels:
        _set_log_steps(axes)
        if log_y:
            axes.set_yscale("log", nonpositive="mask")
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    _add_key(figure, panels, [])
    return figure


def _set_log_steps(axes: Axes) -> None:
    axes.set_xscale("symlog", linthresh=1.0, linscale=0.4)
    axes.set_xlim(left=-0.15)  # room for the marker of step 0
    axes.xaxis.set_major_locator(SymmetricalLogLocator(base=10.0, linthresh=1.0))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axes.set_xlabel("step (updates so far)")


def _draw_panels(
    curves: Mapping[str, Series], units: str | Mapping[str, str], titles: Mapping[str, str] | None
) -> tuple[Figure, list[Axes]]:
    if not any(curves.values()):
        raise SubsongError("no curves to draw: the history of the run is empty")
    num_columns = min(_MAX_COLUMNS, len(curves))
    num_rows = -(-len(curves) // num_columns)
    figure = new_figure(_PANEL_WIDTHS_MM[num_columns], _PANEL_HEIGHT_MM * num_rows + _KEY_HEIGHT_MM)
    colours = _choose_colours(curves)
    panels = [figure.add_subplot(num_rows, num_columns, index + 1) for index in range(len(curves))]
    for axes, (quantity, series) in zip(panels, curves.items(), strict=True):
        axes.set_title((titles or {}).get(quantity, quantity))
        axes.set_ylabel(units if isinstance(units, str) else units.get(quantity, ""))
        axes.grid(axis="y", color=FAINT, linewidth=0.5)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5))
        _draw_lines(axes, series, colours)
    return figure, panels


def _choose_colours(curves: Mapping[str, Series]) -> dict[str, str]:
    """Return the colour of each split, the same in every panel."""
    splits = dict.fromkeys(split for series in curves.values() for split in series)
    free = [colour for colour in PALETTE if colour not in _FIXED_COLOURS.values()]
    others = [split for split in splits if split not in _FIXED_COLOURS]
    return {**_FIXED_COLOURS, **{split: free[index % len(free)] for index, split in enumerate(others)}}


def _draw_lines(axes: Axes, series: Series, colours: Mapping[str, str]) -> None:
    any_finite = False
    for depth, (split, (x, y)) in enumerate(series.items()):
        values = np.asarray(y, dtype=float)
        values = np.where(np.isfinite(values), values, np.nan)
        any_finite |= bool(np.isfinite(values).any())
        # The first line is the broadest, so that it still shows below another that has the same values.
        width = 2.0 if depth == 0 and len(series) > 1 else 1.0
        marker = "o" if len(values) <= _MAX_MARKED_POINTS else ""
        axes.plot(x, values, color=colours[split], lw=width, marker=marker, markersize=width + 1.4, label=split)
    if not any_finite:
        axes.text(0.5, 0.5, "no finite values", transform=axes.transAxes, ha="center", color=MUTED)


def _add_key(figure: Figure, panels: Sequence[Axes], more: Sequence[Line2D]) -> None:
    named: dict[Any, Any] = {}
    for axes in panels:
        handles, names = axes.get_legend_handles_labels()
        named = dict(zip(names, handles, strict=True)) | named
    handles = [*named.values(), *more]
    figure.legend(handles=handles, loc="outside upper left", ncols=len(handles), columnspacing=1.8, borderpad=0.2)


def _mark_best(axes: Axes, series: Series, best_epoch: int) -> None:
    axes.axvline(best_epoch, color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0)
    value = _get_validation_value(series, best_epoch)
    if value is not None:
        axes.plot(best_epoch, value, linestyle="", **_RING)


def _describe_best(series: Series, best_epoch: int) -> Line2D:
    value = _get_validation_value(series, best_epoch)
    label = f"best epoch: {best_epoch}" + ("" if value is None else f" (validation {format_number(value)})")
    return Line2D([], [], color=MUTED, linewidth=0.7, linestyle=(0, (3, 2)), label=label, **_RING)


def _get_validation_value(series: Series, epoch: int) -> float | None:
    """Return the validation value at `epoch`, or None where there is none."""
    epochs, values = series.get("validation", ((), ()))
    found = [float(value) for at, value in zip(epochs, values, strict=True) if at == epoch and np.isfinite(value)]
    return found[0] if found else None
