"""A spectrogram that shares its time axis with what is drawn below it.

Legend: F = rows (low to high frequency), G = columns.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes

from subsong.reports.spectrogram_figures import SPECTROGRAM_MAP

_TICKS_KHZ = (1, 2, 4, 8, 16, 32, 64, 128)
_LOUD, _QUIET, _SHARE = 90.0, 10.0, 0.25
_TICK_DISTANCE = 0.1


class TimedSpectrogram(NamedTuple):
    """A spectrogram and where it is.

    Attributes
    ----------
    image_FG
        Values in [0, 1].
    start_s, stop_s
        Time of the first and the last column.
    frequency_F
        Of each row, in Hz.
    """

    image_FG: np.ndarray
    start_s: float
    stop_s: float
    frequency_F: np.ndarray


def draw_spectrogram(axes: Axes, spectrogram: TimedSpectrogram) -> None:
    """Draw a spectrogram with its frequencies in kHz; its times are those of the axis below."""
    image_FG, start_s, stop_s, frequency_F = spectrogram
    half_s = (stop_s - start_s) / max(1, image_FG.shape[1] - 1) / 2
    axes.imshow(
        image_FG,
        origin="lower",
        aspect="auto",
        cmap=SPECTROGRAM_MAP,
        vmin=0.0,
        vmax=1.0,
        extent=(start_s - half_s, stop_s + half_s, -0.5, len(frequency_F) - 0.5),
        interpolation="antialiased",
        rasterized=True,
    )
    axes.set_yticks(*_choose_ticks(frequency_F))
    axes.set_ylabel("kHz")
    axes.tick_params(axis="x", bottom=False, labelbottom=False)
    axes.spines[:].set_visible(False)


def _choose_ticks(frequency_F: np.ndarray) -> tuple[list[float], list[str]]:
    """Return rows and names of ticks in kHz; low ones that would lie upon one another are left out."""
    rows: list[float] = []
    names: list[str] = []
    for khz in reversed(_TICKS_KHZ):
        row = float(np.interp(1000.0 * khz, frequency_F, np.arange(len(frequency_F)), np.nan, np.nan))
        if np.isfinite(row) and (not rows or rows[-1] - row >= _TICK_DISTANCE * len(frequency_F)):
            rows.append(row)
            names.append(str(khz))
    return rows, names


def find_sounds(spectrogram: TimedSpectrogram) -> np.ndarray:
    """Return onset and offset of what sounds in a spectrogram, in seconds, shape (sounds, 2).

    A column sounds when its peak is a quarter of the way from that of quiet columns to that of loud ones (percentiles
    10 and 90), or above.
    """
    loudness_G = spectrogram.image_FG.max(axis=0)
    quiet, loud = np.percentile(loudness_G, [_QUIET, _LOUD])
    sounds_G = loudness_G > quiet + _SHARE * (loud - quiet)
    edges = np.diff(np.concatenate([[0], sounds_G.astype(np.int8), [0]]))
    first, last = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
    time_G = np.linspace(spectrogram.start_s, spectrogram.stop_s, len(loudness_G))
    return np.stack([time_G[first], time_G[last]], axis=1)
