"""How good single pictures are, beside what simple methods reach, and what each scale of the code is used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from subsong.core.errors import SubsongError
from subsong.reports.style import (
    BLUE,
    FAINT,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    PALETTE,
    house_style,
    new_figure,
)
from subsong.reports.tables import format_number

Methods = Mapping[str, np.ndarray]
"""Method, the model first -> its score of each picture, shape (number of pictures,); NaN: it has none."""

_PANEL_HEIGHT_MM, _KEY_HEIGHT_MM = 48.0, 7.0
_BAR_MM, _AXIS_MM = 7.5, 13.0


class ScorePanel(NamedTuple):
    """One score of one group of pictures.

    Attributes
    ----------
    title
        Which pictures.
    label
        Which score, and its unit.
    methods
        See `Methods`.
    """

    title: str
    label: str
    methods: Methods


class ScaleUsage(NamedTuple):
    """What one scale of the code carries.

    Attributes
    ----------
    name
        Such as ``coarse (1 x 1)``.
    kl
        Nats per picture.
    num_active, num_dimensions
        Dimensions whose posterior mean varies with the appearance, and all.
    """

    name: str
    kl: float
    num_active: int
    num_dimensions: int


@house_style()
def plot_scores(panels: Sequence[ScorePanel], num_columns: int = 2) -> Figure:
    """Draw which share of the pictures stays below each score, one line a method, its median marked.

    Parameters
    ----------
    panels
        At least one.
    num_columns
        Panels in a row; those of one score share their axis.

    Raises
    ------
    SubsongError
        When no panel has a score.
    """
    if not any(np.isfinite(values).any() for panel in panels for values in panel.methods.values()):
        raise SubsongError("no scores to draw: the evaluation has none")
    num_rows = -(-len(panels) // num_columns)
    figure = new_figure(FULL_WIDTH_MM, num_rows * _PANEL_HEIGHT_MM + _KEY_HEIGHT_MM)
    shared: dict[str, Axes] = {}
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(num_rows, num_columns, number + 1, sharex=shared.get(panel.label))
        shared.setdefault(panel.label, axes)
        _draw_panel(axes, panel)
        if number % num_columns == 0:
            axes.set_ylabel("pictures below")
    for label, axes in shared.items():
        axes.set_xlim(*_find_span([panel for panel in panels if panel.label == label]))
    lines = {str(line.get_label()): line for axes in figure.axes for line in axes.get_lines()}
    named = [line for name, line in lines.items() if not name.startswith("_")]
    figure.legend(handles=named, loc="outside upper left", ncols=len(named))
    return figure


def _draw_panel(axes: Axes, panel: ScorePanel) -> None:
    for number, (method, values) in enumerate(panel.methods.items()):
        sorted_values = np.sort(values[np.isfinite(values)])
        if not len(sorted_values):
            continue
        colour, width = PALETTE[number % len(PALETTE)], 1.8 if number == 0 else 1.1
        shares = np.arange(1, len(sorted_values) + 1) / len(sorted_values)
        axes.step(
            [sorted_values[0], *sorted_values], [0.0, *shares], where="post", color=colour, lw=width, label=method
        )
        axes.plot(np.median(sorted_values), 0.5, marker="o", markersize=4.5, color=colour, linestyle="", zorder=3)
    axes.axhline(0.5, color=FAINT, linewidth=0.6, zorder=0)
    axes.set_title(panel.title)
    axes.set_xlabel(panel.label)
    axes.set_ylim(0.0, 1.02)
    axes.set_yticks([0.0, 0.25, 0.5, 0.75, 1.0])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))


def _find_span(panels: Sequence[ScorePanel]) -> tuple[float, float]:
    """Return ends of an axis on which all but a hundredth of each method's scores lie on either side."""
    finite = [values[np.isfinite(values)] for panel in panels for values in panel.methods.values()]
    ends = np.array([np.quantile(values, [0.01, 0.99]) for values in finite if len(values)])
    low, high = (float(ends[:, 0].min()), float(ends[:, 1].max())) if len(ends) else (0.0, 1.0)
    margin = max(0.03 * (high - low), 1e-6)
    return low - margin, high + margin


@house_style()
def plot_usage(scales: Sequence[ScaleUsage]) -> Figure:
    """Draw what each scale of the code costs in nats, and how many of its dimensions vary.

    Raises
    ------
    SubsongError
        When there is no scale.
    """
    if not scales:
        raise SubsongError("no scales to draw: the model has no code")
    figure = new_figure(FULL_WIDTH_MM if len(scales) > 3 else HALF_WIDTH_MM * 1.5, _BAR_MM * len(scales) + _AXIS_MM)
    left, right = figure.subplots(1, 2, sharey=True)
    _draw_bars(left, [scale.kl for scale in scales], [format_number(scale.kl, 3) for scale in scales])
    shares = [scale.num_active / scale.num_dimensions for scale in scales]
    counts = [f"{scale.num_active:,} of {scale.num_dimensions:,}" for scale in scales]
    _draw_bars(right, shares, counts)
    left.set_yticks(range(len(scales)), [scale.name for scale in scales])
    left.invert_yaxis()
    left.set_xlabel("KL (nats per picture)")
    right.set_xlabel("dimensions in use")
    right.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=" %"))
    return figure


def _draw_bars(axes: Axes, values: Sequence[float], labels: Sequence[str]) -> None:
    """Draw bars from the top down, each with its number behind it."""
    bars = axes.barh(range(len(values)), values, height=0.62, color=BLUE)
    axes.bar_label(bars, labels, padding=3, fontsize=7)
    # Room for the numbers behind the longest bar.
    axes.set_xlim(0.0, max([1e-9, *values]) * 1.32)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.tick_params(axis="y", length=0)
