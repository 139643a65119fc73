"""A stretch of a recording: its spectrogram above what people, models and the truth say of it, one row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from subsong.reports.song_dataset.figures import draw_spectrogram
from subsong.reports.song_dataset.stretches import SongStretch
from subsong.reports.style import FULL_WIDTH_MM, INK, MUTED, house_style, new_figure

_SPECTROGRAM_MM, _ROW_MM, _EDGES_MM = 36.0, 5.2, 18.0
_HEIGHT, _LETTER_S = 0.72, 0.011
_HIGHEST_HZ = 12_000


class Excerpt(NamedTuple):
    """A stretch with annotations.

    Attributes
    ----------
    heading
        Why it is shown.
    stretch
        Sound and spectrogram.
    rows
        Who says -> what: ``onset_s``, ``offset_s``, ``label``; the first row is drawn highest.
    """

    heading: str
    stretch: SongStretch
    rows: Mapping[str, pl.DataFrame]


@house_style()
def plot_excerpt(excerpt: Excerpt, colours: Mapping[str, str]) -> Figure:
    """Draw a stretch; segments have the colour of their label, and grey where `colours` does not name it."""
    stretch, rows = excerpt.stretch, excerpt.rows
    height_mm = _ROW_MM * max(1, len(rows))
    figure = new_figure(FULL_WIDTH_MM, _SPECTROGRAM_MM + height_mm + _EDGES_MM)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(_SPECTROGRAM_MM, height_mm))
    draw_spectrogram(above, stretch)
    above.set_ylim(0, min(_HIGHEST_HZ, stretch.sample_rate_hz / 2) / 1000 if _is_audible(stretch) else None)
    above.set_title(stretch.name)
    stop_s = stretch.start_s + len(stretch.samples_T) / stretch.sample_rate_hz
    for number, table in enumerate(rows.values()):
        _draw_row(below, table, -number, colours, _LETTER_S * (stop_s - stretch.start_s))
    below.set_ylim(-len(rows) + 0.5, 0.5)
    below.set_yticks([-number for number in range(len(rows))], list(rows))
    below.tick_params(axis="y", length=0)
    below.spines["left"].set_visible(False)
    below.set_xlim(stretch.start_s, stop_s)
    below.set_xlabel("time in the recording (s)")
    return figure


def _is_audible(stretch: SongStretch) -> bool:
    """Whether the recording is of sound we hear: the upper part of its spectrogram is left out then."""
    return stretch.sample_rate_hz <= 96_000


def _draw_row(axes: Axes, table: pl.DataFrame, level: int, colours: Mapping[str, str], letter_s: float) -> None:
    for onset_s, offset_s, label in table.select("onset_s", "offset_s", "label").iter_rows():
        colour = colours.get(label, MUTED)
        if offset_s <= onset_s:
            axes.vlines(onset_s, level - _HEIGHT / 2, level + _HEIGHT / 2, color=colour, linewidth=1.0)
            continue
        axes.barh(level, offset_s - onset_s, _HEIGHT, left=onset_s, color=colour, alpha=0.75, linewidth=0)
        if label is not None and offset_s - onset_s > letter_s * len(label):
            middle_s = (onset_s + offset_s) / 2
            axes.text(middle_s, level, label, ha="center", va="center_baseline", size=6, color=INK, clip_on=True)
