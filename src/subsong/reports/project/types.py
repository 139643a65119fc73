"""How long the sounds of each type last, and how many were sung each day."""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from subsong.core.seeds import numpy_generator
from subsong.reports.style import (
    BLUE,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    PALETTE,
    house_style,
    new_figure,
)

_ROW_MM, _EDGES_MM, _MAX_HEIGHT_MM = 4.2, 16.0, 200.0
_MAX_POINTS = 400
_SPREAD = 0.3
_MAX_NAMED_DAYS = 12


@house_style()
def plot_durations(durations: pl.DataFrame, seed: int = 0) -> Figure:
    """Draw how long the sounds of each type last: a point a sound, a line at the median.

    Parameters
    ----------
    durations
        ``type`` and ``duration_ms``, one row a sound; types are drawn from above in the order in which they come. Of a
        type with more than 400 sounds, a random sample is drawn; the median is that of all.
    seed
        Of the sample, and of how points are spread across their row.
    """
    types = durations["type"].unique(maintain_order=True).to_list()
    figure = new_figure(HALF_WIDTH_MM, min(_EDGES_MM + _ROW_MM * max(4, len(types)), _MAX_HEIGHT_MM))
    axes = figure.add_subplot()
    for row, name in enumerate(types):
        values = durations.filter(pl.col("type") == name)["duration_ms"].to_numpy()
        generator = numpy_generator(seed, "durations", name)
        shown = generator.permutation(values)[:_MAX_POINTS]
        level = -row + generator.uniform(-_SPREAD, _SPREAD, len(shown))
        axes.scatter(shown, level, s=2.5, lw=0, alpha=0.45, color=BLUE, rasterized=True)
        axes.vlines(np.median(values), -row - 0.42, -row + 0.42, color=INK, linewidth=1.0)
    axes.set_yticks([-row for row in range(len(types))], types)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(-len(types) + 0.4, 0.6)
    axes.set_xlim(left=0)
    axes.set_xlabel("duration (ms)")
    axes.set_ylabel("type")
    return figure


@house_style()
def plot_days(counts: pl.DataFrame) -> Figure:
    """Draw how many sounds of each bird there are on each day.

    Parameters
    ----------
    counts
        ``day``, ``bird``, ``num_sounds``; days in their order.
    """
    days, birds = (counts[name].unique(maintain_order=True).to_list() for name in ("day", "bird"))
    wide = len(days) * len(birds) > _MAX_NAMED_DAYS
    figure = new_figure(FULL_WIDTH_MM if wide else HALF_WIDTH_MM, 58.0)
    axes = figure.add_subplot()
    width = 0.8 / len(birds)
    for place, bird in enumerate(birds):
        own = dict(counts.filter(pl.col("bird") == bird).select("day", "num_sounds").iter_rows())
        left = np.arange(len(days)) - 0.4 + (place + 0.5) * width
        axes.bar(left, [own.get(day, 0) for day in days], 0.92 * width, color=PALETTE[place % len(PALETTE)], label=bird)
    step = -(-len(days) // 24)
    axes.set_xticks(range(0, len(days), step), days[::step], rotation=90 if max(map(len, days)) > 6 else 0)
    axes.tick_params(axis="x", length=0)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("sounds")
    if len(birds) > 1:
        figure.legend(loc="outside upper right", ncols=min(len(birds), 6), handlelength=0.9)
    return figure
