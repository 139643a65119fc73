"""Latent traces: the first principal components of windows over time, below what sounds.

Legend: R = renditions, S = steps, K = components.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.reports.style import FULL_WIDTH_MM, house_style, new_figure
from subsong.reports.trajectories.colours import build_keys, choose_colours
from subsong.reports.trajectories.spectrogram import TimedSpectrogram, draw_spectrogram

_SPECTROGRAM_MM, _TRACE_MM, _EDGES_MM = 28.0, 24.0, 20.0
_MAX_LINES = 150


@house_style()
def plot_traces(
    components_RSK: np.ndarray,
    time_S: np.ndarray,
    classes_R: np.ndarray,
    spectrogram: TimedSpectrogram,
    explained_K: np.ndarray,
    names: tuple[str, str],
) -> Figure:
    """Draw components over time, all renditions thin and the mean of each class thick, below a spectrogram.

    Parameters
    ----------
    components_RSK
        The data behind the figure. Of more than 150 renditions, evenly chosen ones are drawn; means are of all.
    time_S
        Middle of the window of each step, in seconds, on the spectrogram's axis.
    classes_R
        Class of each rendition, text.
    spectrogram
        Stands above.
    explained_K
        Share of the variance of each component.
    names
        What stands below the time axis, and what a rendition is called.

    Raises
    ------
    SubsongError
        When the shapes differ, or there is nothing.
    """
    num_renditions, num_steps, num_components = components_RSK.shape
    if not num_renditions or len(time_S) != num_steps or len(classes_R) != num_renditions:
        raise SubsongError(
            f"traces of shape {components_RSK.shape} need as many times and classes, not {len(time_S)} and "
            f"{len(classes_R)}"
        )
    figure = new_figure(FULL_WIDTH_MM, _SPECTROGRAM_MM + _TRACE_MM * num_components + _EDGES_MM)
    ratios = [_SPECTROGRAM_MM, *[_TRACE_MM] * num_components]
    top, *below = figure.subplots(1 + num_components, 1, sharex=True, height_ratios=ratios)
    draw_spectrogram(top, spectrogram)
    drawn = np.unique(np.linspace(0, num_renditions - 1, min(num_renditions, _MAX_LINES)).astype(np.int64))
    for number, axes in enumerate(below):
        _draw_component(axes, components_RSK[..., number], time_S, classes_R, drawn)
        axes.set_ylabel(f"component {number + 1}\n({100 * explained_K[number]:.0f} %)")
    below[-1].set_xlabel(names[0])
    below[-1].set_xlim(spectrogram.start_s, spectrogram.stop_s)
    if num_renditions > 1:
        figure.legend(handles=build_keys(classes_R, names[1]), loc="outside upper right", ncols=4)
    figure.align_ylabels()
    return figure


def _draw_component(
    axes: Axes, values_RS: np.ndarray, time_S: np.ndarray, classes_R: np.ndarray, drawn: np.ndarray
) -> None:
    colours = choose_colours(classes_R)
    for row in drawn:
        axes.plot(time_S, values_RS[row], color=colours[classes_R[row]], linewidth=0.35, alpha=0.35, rasterized=True)
    for name, colour in colours.items():
        mean_S = values_RS[classes_R == name].mean(axis=0)
        axes.plot(time_S, mean_S, color=colour, linewidth=1.4)
