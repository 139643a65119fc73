"""Figures of how well a model of checklists predicts: calibration, each species, completion beside baselines.

Legend: N = lists, D = species, M = methods.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

from subsong.core.errors import SubsongError
from subsong.evaluation.bootstrap import compute_bootstrap_interval
from subsong.reports.style import (
    BLUE,
    FAINT,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    MUTED,
    PALETTE,
    VERMILLION,
    house_style,
    new_figure,
)

_PERCENT_TICKS = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
_NUM_HISTOGRAM_BINS = 40
_WINDOW = 0.12
"""Share of the species in a running median."""
_MIN_WINDOW = 9
_SHADES = (BLUE, VERMILLION, *PALETTE[2:])


class SplitScores(NamedTuple):
    """What each method reached on the lists of one split.

    Attributes
    ----------
    values
        Metric -> method -> value of each list, shape (N,), NaN where a list has none; the model first.
    groups
        Group of each list, shape (N,), when intervals shall be over groups (sites); None for lists.
    """

    values: Mapping[str, Mapping[str, np.ndarray]]
    groups: np.ndarray | None = None


@house_style()
def plot_calibration(curves: Mapping[str, pl.DataFrame], probability: np.ndarray) -> Figure:
    """Draw observed frequency against predicted probability, above a histogram of the predictions.

    The axes of probability are spaced by square root, so that rare species and common ones can both be seen.

    Parameters
    ----------
    curves
        Method -> table of `compute_calibration_curve`; the model first.
    probability
        The model's predictions of all known cells, any shape.

    Raises
    ------
    SubsongError
        When there is no curve.
    """
    if not curves:
        raise SubsongError("no calibration to draw: give the curve of one method at least")
    figure = new_figure(HALF_WIDTH_MM, 104.0)
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(3.4, 1.0))
    axes.plot([0, 1], [0, 1], color=MUTED, lw=0.8, ls=(0, (3, 2)), label="perfectly calibrated")
    for (name, curve), colour in zip(curves.items(), _SHADES, strict=False):
        axes.plot(curve["predicted"], curve["observed"], "o-", color=colour, markersize=3.5, lw=1.0, label=name)
    _set_root_scale(axes, "y")
    axes.set_ylabel("observed frequency (%)")
    axes.legend(loc="upper left")
    edges = np.linspace(0, 1, _NUM_HISTOGRAM_BINS + 1) ** 2
    below.stairs(np.histogram(np.ravel(probability), edges)[0], edges, fill=True, color=BLUE)
    below.set_yscale("log")
    below.yaxis.set_minor_locator(NullLocator())
    below.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    below.set_ylabel("cells")
    below.set_xlabel("predicted probability (%)")
    _set_root_scale(below, "x")
    return figure


def _set_root_scale(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    (axes.set_xscale if which == "x" else axes.set_yscale)("function", functions=(_signed_root, _signed_square))
    (axes.set_xlim if which == "x" else axes.set_ylim)(-1e-4, 1.02)
    axis.set_major_locator(FixedLocator(_PERCENT_TICKS))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g}"))


def _signed_root(values: np.ndarray) -> np.ndarray:
    roots: np.ndarray = np.sign(values) * np.sqrt(np.abs(values))
    return roots


def _signed_square(values: np.ndarray) -> np.ndarray:
    squares: np.ndarray = np.sign(values) * np.square(values)
    return squares


@house_style()
def plot_species_scores(
    prevalence_D: np.ndarray, scores: Mapping[str, np.ndarray], metric: str = "AUC", chance: float | None = 0.5
) -> Figure:
    """Draw a score of each species against the share of lists it is on, with a running median of each method.

    Parameters
    ----------
    prevalence_D
        Share of training lists with the species.
    scores
        Method -> score of each species, shape (D,), NaN where it has none; the model first.
    metric
        What the score is.
    chance
        What guessing reaches, drawn as a line; None for none.
    """
    figure = new_figure(HALF_WIDTH_MM, 70.0)
    axes = figure.add_subplot()
    if chance is not None:
        axes.axhline(chance, color=MUTED, lw=0.8, ls=(0, (3, 2)))
        axes.annotate("chance", (1, chance), (-2, 2), axes.get_yaxis_transform(), "offset points", ha="right", c=MUTED)
    # The model is drawn last, above the others, but named first.
    for depth, (name, scores_D) in reversed(list(enumerate(scores.items()))):
        is_shown_D = np.isfinite(scores_D) & (prevalence_D > 0)
        x, y = prevalence_D[is_shown_D], np.asarray(scores_D)[is_shown_D]
        colour = _SHADES[depth % len(_SHADES)]
        axes.scatter(100 * x, y, s=5, lw=0, color=colour, alpha=0.4, rasterized=len(x) > 2000)
        middle, median = _compute_running_median(x, y)
        axes.plot(100 * middle, median, color=colour, lw=1.6, label=name)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("lists with the species (%)")
    axes.set_ylabel(f"{metric} of a species")
    handles, names = axes.get_legend_handles_labels()
    figure.legend(handles[::-1], names[::-1], loc="outside upper left", ncols=3, columnspacing=1.4)
    return figure


def _compute_running_median(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return medians of x and y within a window of neighbouring x; nothing when there are too few points."""
    width = max(_MIN_WINDOW, int(_WINDOW * len(x)))
    if len(x) < width:
        return np.zeros(0), np.zeros(0)
    order = np.argsort(x, kind="stable")
    windows = [np.lib.stride_tricks.sliding_window_view(values[order], width) for values in (x, y)]
    middle, median = (np.median(window, axis=1) for window in windows)
    return middle, median


@house_style()
def plot_completion_scores(splits: Mapping[str, SplitScores], seed: int = 0) -> Figure:
    """Draw bars of each metric for the model and the baselines, one row of panels a split, with 95 % intervals.

    Parameters
    ----------
    splits
        Name of the split, such as ``random`` and ``blocked by site`` -> its scores, all of the same metrics and
        methods.
    seed
        Of the bootstrap over lists, or over groups.

    Raises
    ------
    SubsongError
        When there is no split.
    """
    if not splits:
        raise SubsongError("no scores to draw: give those of one split at least")
    first = next(iter(splits.values()))
    metrics, methods = list(first.values), list(next(iter(first.values.values())))
    figure = new_figure(FULL_WIDTH_MM, len(splits) * (11.0 + 5.5 * len(methods)) + 8.0)
    panels = figure.subplots(len(splits), len(metrics), squeeze=False, sharex="col", sharey=True)
    for row, (split, scores) in zip(panels, splits.items(), strict=True):
        row[0].set_title(split)
        for axes, metric in zip(row, metrics, strict=True):
            _draw_bars(axes, scores, metric, methods, seed)
    for axes, metric in zip(panels[-1], metrics, strict=True):
        axes.set_xlabel(metric)
        axes.set_xlim(0, 1.24 * axes.dataLim.x1)  # room for the values
        axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    panels[0, 0].invert_yaxis()
    return figure


def _draw_bars(axes: Axes, scores: SplitScores, metric: str, methods: Sequence[str], seed: int) -> None:
    values_NM = np.stack([scores.values[metric][method] for method in methods], axis=1)
    interval = compute_bootstrap_interval(values_NM, seed, scores.groups)
    places = np.arange(len(methods))
    axes.barh(places, interval.mean, height=0.68, color=[BLUE, *[FAINT] * (len(methods) - 1)])
    spread = [interval.mean - interval.low, interval.high - interval.mean]
    axes.errorbar(interval.mean, places, xerr=spread, fmt="none", ecolor=INK, elinewidth=0.9, capsize=1.6)
    for place, mean, high in zip(places, interval.mean, interval.high, strict=True):
        if np.isfinite(mean):
            axes.annotate(f"{mean:.3f}", (high, place), (3, 0), textcoords="offset points", va="center", size=7)
    axes.set_yticks(places, methods)
    axes.tick_params(axis="y", length=0)
