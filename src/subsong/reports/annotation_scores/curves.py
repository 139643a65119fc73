"""F1 along limits of agreement, and how far the edges of paired annotations lie apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.reports.style import (
    BLUE,
    FAINT,
    FULL_WIDTH_MM,
    GREEN,
    HALF_WIDTH_MM,
    INK,
    MUTED,
    ORANGE,
    VERMILLION,
    house_style,
    new_figure,
)

_COLOURS = {"iou": BLUE, "edges": GREEN, "onset": VERMILLION, "event": ORANGE}
_NAMES = {"iou": "overlap", "edges": "both edges", "onset": "onset alone", "event": "events"}
_TICKS_MS = (0.5, 1, 2, 5, 10, 20, 50)
_MIN_SPREAD_MS = 1.0
_NUM_BINS = 61


@house_style()
def plot_curves(curves: pl.DataFrame) -> Figure:
    """Draw F1 over tolerances in time and over overlaps, each where there is any, with its 95 % interval.

    The data behind the figure are `AnnotationScores.curves`.
    """
    units = [unit for unit in ("s", "IoU") if (curves["unit"] == unit).any()]
    figure = new_figure(FULL_WIDTH_MM if len(units) == 2 else HALF_WIDTH_MM + 30, 62.0)
    for axes, unit in zip(np.atleast_1d(figure.subplots(1, len(units), sharey=True)), units, strict=True):
        for criterion in curves.filter(pl.col("unit") == unit)["criterion"].unique(maintain_order=True):
            _draw_curve(axes, curves.filter(pl.col("criterion") == criterion), criterion, 1000 if unit == "s" else 1)
        _finish_tolerances(axes) if unit == "s" else axes.set_xlabel("smallest intersection over union")
        axes.set_ylim(0, 1.02)
        axes.grid(color=FAINT, linewidth=0.5)
        axes.set_ylabel("F1")
        axes.legend(loc="lower right" if unit == "s" else "lower left")
    return figure


def _draw_curve(axes: Axes, rows: pl.DataFrame, criterion: str, scale: float) -> None:
    limits = scale * rows["limit"].to_numpy()
    low, value, high = (rows[name].to_numpy() for name in ("f1_low", "f1", "f1_high"))
    axes.fill_between(limits, low, high, color=_COLOURS[criterion], alpha=0.18, linewidth=0)
    axes.plot(limits, value, color=_COLOURS[criterion], marker="o", markersize=2.5, label=_NAMES[criterion])


def _finish_tolerances(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.set_xticks(_TICKS_MS, [f"{tick:g}" for tick in _TICKS_MS])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("tolerance (ms)")


@house_style()
def plot_errors(errors_s: Mapping[str, np.ndarray]) -> Figure:
    """Draw histograms of the signed errors of each kind of edge, with their medians.

    The data behind the figure are `AnnotationScores.errors_s`. What lies beyond the outermost percent on either side is
    counted in the outermost bars.
    """
    edges = {edge: 1000 * values for edge, values in errors_s.items() if len(values)}
    figure = new_figure(FULL_WIDTH_MM if len(edges) > 1 else HALF_WIDTH_MM, 52.0)
    for axes, (edge, errors_ms) in zip(np.atleast_1d(figure.subplots(1, len(edges))), edges.items(), strict=True):
        spread = max(float(np.percentile(np.abs(errors_ms), 98)), _MIN_SPREAD_MS)
        shown = np.clip(errors_ms, -spread, spread)
        axes.hist(shown, bins=np.linspace(-spread, spread, _NUM_BINS), color=BLUE)
        axes.axvline(0, color=MUTED, linewidth=0.6)
        axes.axvline(float(np.median(errors_ms)), color=VERMILLION, linewidth=1.0, linestyle="--")
        axes.set_title(f"{edge}: median {np.median(errors_ms):+.2f} ms", color=INK)
        axes.set_xlabel("found minus true (ms)")
        axes.set_ylabel("pairs")
    return figure
