"""Variability along a motif: one curve a context, with its band, below the spectrogram and above the syllables.

Legend: S = steps.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from subsong.core.words import count_noun
from subsong.reports.style import FULL_WIDTH_MM, INK, MUTED, house_style, new_figure
from subsong.reports.trajectories.colours import choose_colours
from subsong.reports.trajectories.spectrogram import TimedSpectrogram, draw_spectrogram, find_sounds

_HEIGHT_MM = 92.0
_RATIOS = (26.0, 60.0)
_BAR_SHARE = 0.035
"""Of the height of the curves' axes: bars of what sounds, below zero."""
SIGNIFICANT = 0.05


@house_style()
def plot_variability_along(
    steps: pl.DataFrame,
    overall: pl.DataFrame,
    contrast: pl.DataFrame | None,
    spectrogram: TimedSpectrogram,
    axis_name: str,
) -> Figure:
    """Draw the variability of each context along a motif.

    Parameters
    ----------
    steps
        The data behind the curves: ``context``, ``time_s``, ``variability``, ``low``, ``high``.
    overall
        ``context``, ``num_renditions``: for the key.
    contrast
        The data behind the dots above the curves: ``time_s``, ``p_corrected``; None without two contexts.
    spectrogram
        Stands above; bars below the curves are what sounds in it.
    axis_name
        What stands below the time axis.
    """
    figure = new_figure(FULL_WIDTH_MM, _HEIGHT_MM)
    top, below = figure.subplots(2, 1, sharex=True, height_ratios=_RATIOS)
    draw_spectrogram(top, spectrogram)
    colours = choose_colours(steps["context"].to_numpy())
    for name, colour in colours.items():
        _draw_context(below, steps.filter(pl.col("context") == name), colour)
    if contrast is not None:
        _mark_differences(below, contrast)
    counts = dict(overall.select("context", "num_renditions").iter_rows())
    keys = [
        Line2D([], [], color=c, label=f"{name} ({count_noun(counts[name], 'rendition')})")
        for name, c in colours.items()
    ]
    figure.legend(handles=keys, loc="outside upper right", ncols=4)
    highest = float(steps["high"].max())  # type: ignore[arg-type]
    below.set_ylim(-2 * _BAR_SHARE * highest, 1.05 * highest)
    for onset_s, offset_s in find_sounds(spectrogram):
        below.axvspan(onset_s, offset_s, 0.0, _BAR_SHARE, color=MUTED, lw=0)
    below.set_ylabel("variability index\n(squared latent units)")
    below.set_xlabel(axis_name)
    below.set_xlim(spectrogram.start_s, spectrogram.stop_s)
    figure.align_ylabels()
    return figure


def _draw_context(axes: Axes, steps: pl.DataFrame, colour: str) -> None:
    time_S, value_S, low_S, high_S = (steps[name].to_numpy() for name in ("time_s", "variability", "low", "high"))
    axes.fill_between(time_S, low_S, high_S, color=colour, alpha=0.22, lw=0)
    axes.plot(time_S, value_S, color=colour)


def _mark_differences(axes: Axes, contrast: pl.DataFrame) -> None:
    """Put a dot above each moment at which the contexts differ."""
    time_S = contrast.filter(pl.col("p_corrected") < SIGNIFICANT)["time_s"].to_numpy()
    height = np.full(len(time_S), 1.03)
    axes.plot(time_S, height, ".", color=INK, markersize=2.5, transform=axes.get_xaxis_transform(), clip_on=False)
