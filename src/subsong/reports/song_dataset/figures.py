"""A stretch of annotated song: waveform, spectrogram, and what a network should say of it.

Legend: K = frames, C = classes.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.reports.song_dataset.stretches import SongStretch
from subsong.reports.style import FAINT, FULL_WIDTH_MM, INK, PALETTE, house_style, new_figure

_HEIGHT_MM, _ROW_MM = 58.0, 4.0
_CONTRAST = (0.3, 0.9995)


@house_style()
def plot_stretch(stretch: SongStretch) -> Figure:
    """Draw a stretch: waveform, spectrogram, and a row of targets a class, dark where the class is to be said."""
    rows_mm = _ROW_MM * max(2, len(stretch.classes))
    figure = new_figure(FULL_WIDTH_MM, _HEIGHT_MM + rows_mm)
    waveform, spectrogram, targets = figure.subplots(3, 1, sharex=True, height_ratios=(14, 34, rows_mm))
    _draw_waveform(waveform, stretch)
    draw_spectrogram(spectrogram, stretch)
    _draw_targets(targets, stretch)
    targets.set_xlim(stretch.start_s, stretch.start_s + len(stretch.samples_T) / stretch.sample_rate_hz)
    targets.set_xlabel("time in the recording (s)")
    return figure


def _draw_waveform(axes: Axes, stretch: SongStretch) -> None:
    times_s = stretch.start_s + np.arange(len(stretch.samples_T)) / stretch.sample_rate_hz
    axes.plot(times_s, stretch.samples_T, color=INK, linewidth=0.3, rasterized=True)
    axes.set_ylabel("full scale")


def draw_spectrogram(axes: Axes, stretch: SongStretch) -> None:
    """Draw the spectrogram of a stretch, with a contrast of its own."""
    low, high = np.quantile(stretch.log_BK, _CONTRAST)
    axes.imshow(
        stretch.log_BK,
        origin="lower",
        aspect="auto",
        extent=(*_find_edges(stretch), 0.0, stretch.sample_rate_hz / 2000),
        cmap="gray_r",
        vmin=low,
        vmax=max(high, low + 1e-6),
    )
    axes.set_ylabel("kHz")


def _draw_targets(axes: Axes, stretch: SongStretch) -> None:
    for number in range(len(stretch.classes)):
        axes.fill_between(
            stretch.times_s_K,
            number,
            number + 0.9 * stretch.target_KC[:, number],
            color=PALETTE[number % len(PALETTE)],
            linewidth=0,
        )
    edges_s = [stretch.times_s_K[0], *stretch.labelled_s_L2.ravel(), stretch.times_s_K[-1]]
    for start_s, stop_s in zip(edges_s[::2], edges_s[1::2], strict=True):
        if start_s < stop_s:
            axes.axvspan(start_s, stop_s, facecolor="none", edgecolor=FAINT, hatch="////", linewidth=0)
    axes.set_ylim(0, max(1, len(stretch.classes)))
    axes.set_yticks([number + 0.45 for number in range(len(stretch.classes))], [name for name, _ in stretch.classes])


def _find_edges(stretch: SongStretch) -> tuple[float, float]:
    """Return where the first frame begins and the last one ends."""
    half_s = 0.5 * (stretch.times_s_K[1] - stretch.times_s_K[0])
    return float(stretch.times_s_K[0] - half_s), float(stretch.times_s_K[-1] + half_s)
