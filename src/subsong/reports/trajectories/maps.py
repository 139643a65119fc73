"""Trajectories over a map of windows: every sequence a thin line, coloured by time or by context.

Legend: N = windows, M = sequences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.reports.checklist_maps import VALUE_MAP
from subsong.reports.latent import get_point_size, name_axes
from subsong.reports.style import FAINT, HALF_WIDTH_MM, house_style, new_figure
from subsong.reports.trajectories.colours import build_keys, choose_colours

_SIDE_MM, _KEY_MM = HALF_WIDTH_MM, 12.0
_CLEAREST, _FAINTEST = 0.8, 0.12


class Paths(NamedTuple):
    """Sequences on a map.

    Attributes
    ----------
    places_N2
        Where each window is.
    offsets
        Where each sequence begins, and N, shape (M + 1,).
    background_P2
        Other windows, drawn as points below; P may be 0.
    axis_names
        As of `plot_latent_map`.
    """

    places_N2: np.ndarray
    offsets: np.ndarray
    background_P2: np.ndarray
    axis_names: tuple[str, str] = ("", "")

    def cut(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the steps from window to window, shape (steps, 2, 2), and the window each begins at."""
        last_M = self.offsets[1:] - 1
        first_N = np.setdiff1d(np.arange(len(self.places_N2)), last_M)
        return np.stack([self.places_N2[first_N], self.places_N2[first_N + 1]], axis=1), first_N


@house_style()
def plot_paths_by_time(paths: Paths, time_N: np.ndarray, label: str) -> Figure:
    """Draw sequences as lines that change their colour with time.

    Parameters
    ----------
    paths
        The data behind the figure, with `time_N`.
    time_N
        Time of each window.
    label
        What it is, with its unit.

    Raises
    ------
    SubsongError
        When there is no window, or not one time a window.
    """
    figure, axes = _begin(paths, len(time_N))
    steps, first_N = paths.cut()
    order = numpy_generator(0, "order of steps").permutation(len(steps))
    shades = np.asarray(time_N, np.float64)[first_N][order]
    lines = LineCollection(list(steps[order]), cmap=VALUE_MAP, linewidths=0.6, alpha=_choose_alpha(paths))
    lines.set_array(shades)
    lines.set_clim(float(np.min(time_N)), float(np.max(time_N)))
    lines.set_rasterized(True)
    axes.add_collection(lines)
    # Lines are see-through, their key is not.
    key = ScalarMappable(lines.norm, VALUE_MAP)
    bar = figure.colorbar(key, ax=axes, shrink=0.7, aspect=20, label=label)
    bar.outline.set_visible(False)
    return figure


@house_style()
def plot_paths_by_class(paths: Paths, classes_M: np.ndarray, noun: str) -> Figure:
    """Draw sequences as lines coloured by their class, with a key below.

    Parameters
    ----------
    paths
        The data behind the figure, with `classes_M`.
    classes_M
        Class of each sequence, text.
    noun
        What a sequence is called in the key.

    Raises
    ------
    SubsongError
        When there is no window, or not one class a sequence.
    """
    if len(classes_M) != len(paths.offsets) - 1:
        raise SubsongError(f"{len(paths.offsets) - 1} sequences need as many classes, not {len(classes_M)}")
    figure, axes = _begin(paths, len(paths.places_N2))
    steps, first_N = paths.cut()
    colours = choose_colours(classes_M)
    shade_N = np.repeat([colours[name] for name in classes_M], np.diff(paths.offsets))
    # Sequences of a class often come in a row; a mixed order keeps one class from covering the others.
    order = numpy_generator(0, "order of steps").permutation(len(steps))
    lines = LineCollection(
        list(steps[order]), colors=shade_N[first_N][order].tolist(), linewidths=0.6, alpha=_choose_alpha(paths)
    )
    lines.set_rasterized(True)
    axes.add_collection(lines)
    figure.legend(handles=build_keys(classes_M, noun), loc="outside lower left", ncols=2)
    return figure


def _begin(paths: Paths, num_times: int) -> tuple[Figure, Axes]:
    """Return a figure with the background points, wide enough for all paths."""
    points = paths.places_N2
    if points.ndim != 2 or points.shape[1] != 2 or not len(points) == num_times == paths.offsets[-1] or not num_times:
        raise SubsongError(
            f"paths need coordinates of shape (windows, 2), at least 1 and a time each, not {points.shape}"
        )
    figure = new_figure(_SIDE_MM, _SIDE_MM - _KEY_MM)
    axes = figure.add_subplot()
    name_axes(axes, paths.axis_names)
    background = np.concatenate([points[:0], paths.background_P2])
    if len(background):
        size = get_point_size(len(background))
        axes.scatter(background[:, 0], background[:, 1], color=FAINT, s=size, lw=0, rasterized=True)
    # A collection of lines does not tell the axes how far it reaches.
    axes.update_datalim(points)
    axes.autoscale_view()
    return figure, axes


def _choose_alpha(paths: Paths) -> float:
    """Return how opaque lines are: less, the more of them there are."""
    return float(np.clip(12.0 / np.sqrt(len(paths.places_N2)), _FAINTEST, _CLEAREST))
