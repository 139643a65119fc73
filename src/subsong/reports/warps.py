"""Time warps as figures: what alignment did to the renditions of a motif, and how a search chose its settings.

Legend: N = renditions, T = frames of the time base, F = frequencies.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from subsong.core.words import count_noun
from subsong.datasets.motifs.aligning import MotifSong, warp_song
from subsong.datasets.motifs.times import compute_template_onset
from subsong.datasets.warps.fitting import FittedWarp
from subsong.reports.spectrogram_figures import SPECTROGRAM_MAP
from subsong.reports.style import (
    BLUE,
    FULL_WIDTH_MM,
    HALF_WIDTH_MM,
    INK,
    MUTED,
    VERMILLION,
    house_style,
    new_figure,
)

_HEIGHT_MM = 150.0
_TITLES = (
    *("Loudness before alignment", "Loudness after alignment"),
    *("Mean spectrogram before", "Mean spectrogram after", "Warps", "Template"),
)
_RASTER_MAP = "gray_r"
_HELD_OUT_COLOUR = VERMILLION
_STRIP_SHARE = 0.012
_TICKS_KHZ = (0.5, 1, 2, 4, 6, 8, 10, 20, 40, 60, 80, 100, 120)
_KIND_NAMES = {"none": "none", "shift": "shift", "linear": "line", "piecewise": "pieces"}
_SPLIT_COLOURS = {"train": INK, "validation": BLUE, "test": VERMILLION}


class _View(NamedTuple):
    """What the panels share.

    Attributes
    ----------
    before_NTF, after_NTF
        Renditions in their own time and in the template's, by duration, the shortest first.
    held_out_N
        Which were not used for the template.
    real_s, template_s
        First and last time of the time base, from the onset of the motif in a rendition and in the template.
    frequencies_hz_F
        Rows of a spectrogram.
    """

    before_NTF: np.ndarray
    after_NTF: np.ndarray
    held_out_N: np.ndarray
    real_s: tuple[float, float]
    template_s: tuple[float, float]
    frequencies_hz_F: np.ndarray


@house_style()
def plot_alignment(song: MotifSong, fitted: FittedWarp, frequencies_hz_F: np.ndarray) -> Figure:
    """Draw renditions before and after their alignment, their mean, the warps and the template.

    Renditions are rows, the shortest at the top; held-out ones have a mark at their left. The warps show how much
    later a moment of the template is sung than a motif of the template's tempo would sing it.
    """
    duration_N = (song.regions["motif_offset_s"] - song.regions["motif_onset_s"]).to_numpy()
    order_N = np.argsort(duration_N, kind="stable")
    after_NTF = warp_song(song.song_NTF, fitted.warp)
    onset_s = compute_template_onset(song.base, fitted.warp)
    real_s = (song.base.start_s, song.base.start_s + song.base.duration_s)
    template_s = (real_s[0] - onset_s, real_s[1] - onset_s)
    held_out_N = ~song.is_train_N[order_N]
    view = _View(song.song_NTF[order_N], after_NTF[order_N], held_out_N, real_s, template_s, frequencies_hz_F)
    figure = new_figure(FULL_WIDTH_MM, _HEIGHT_MM)
    panels = figure.subplots(3, 2, height_ratios=(1.25, 1, 1))
    _draw_rasters(panels[0], view)
    _draw_mean(panels[1, 0], view.before_NTF.mean(axis=0), view, view.real_s)
    _draw_mean(panels[1, 1], view.after_NTF.mean(axis=0), view, view.template_s)
    _draw_warps(panels[2, 0], song, fitted, onset_s)
    _draw_mean(panels[2, 1], fitted.template_TF, view, view.template_s)
    for letter, title, axes in zip("abcdef", _TITLES, panels.flat, strict=True):
        axes.set_title(f"{letter}   {title}", loc="left")
        axes.set_xlim(view.template_s)
    for axes in panels[2]:
        axes.set_xlabel("time from the onset of the motif (s)")
    figure.align_ylabels()
    return figure


def _draw_rasters(panels: np.ndarray, view: _View) -> None:
    """Draw the loudness of each rendition as a row, in one grey range before and after."""
    num = len(view.held_out_N)
    loudness = [song_NTF.mean(axis=2) for song_NTF in (view.before_NTF, view.after_NTF)]
    low, high = np.quantile(loudness[0], (0.02, 0.995))
    for axes, loudness_NT, extent_s in zip(panels, loudness, (view.real_s, view.template_s), strict=True):
        axes.imshow(
            loudness_NT,
            aspect="auto",
            extent=(*extent_s, num, 0),
            cmap=_RASTER_MAP,
            vmin=low,
            vmax=max(high, low + 1e-6),
            interpolation="nearest",
        )
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        # As wide as the panel, in whatever seconds it is.
        axes.fill_betweenx(
            np.repeat(np.arange(num + 1), 2)[1:-1],
            0,
            _STRIP_SHARE * np.repeat(view.held_out_N, 2),
            color=_HELD_OUT_COLOUR,
            linewidth=0,
            transform=axes.get_yaxis_transform(),
        )
    panels[0].set_ylabel(f"{count_noun(num, 'rendition')}, by duration")
    if view.held_out_N.any():
        panels[1].annotate(
            f"held out: {view.held_out_N.sum():,}",
            (1, 1),
            (0, 6),
            ha="right",
            color=_HELD_OUT_COLOUR,
            xycoords="axes fraction",
            textcoords="offset points",
        )


def _draw_mean(axes: Axes, spec_TF: np.ndarray, view: _View, extent_s: tuple[float, float]) -> None:
    frequencies_hz_F = view.frequencies_hz_F
    num = len(frequencies_hz_F)
    axes.imshow(
        spec_TF.T,
        origin="lower",
        aspect="auto",
        extent=(*extent_s, -0.5, num - 0.5),
        cmap=SPECTROGRAM_MAP,
        vmin=0.0,
        vmax=max(float(view.after_NTF.mean(axis=0).max()), 1e-6),
        interpolation="nearest",
    )
    ticks_khz = [khz for khz in _TICKS_KHZ if frequencies_hz_F[0] <= 1000 * khz <= frequencies_hz_F[-1]]
    axes.set_yticks(
        np.interp(1000 * np.array(ticks_khz), frequencies_hz_F, np.arange(num)), [f"{khz:g}" for khz in ticks_khz]
    )
    axes.set_ylabel("kHz")


def _draw_warps(axes: Axes, song: MotifSong, fitted: FittedWarp, onset_s: float) -> None:
    """Draw how much later than by the template's own tempo each rendition sings each moment of the template."""
    num = len(song.song_NTF)
    template_T = np.linspace(0.0, 1.0, song.base.num_time_bins)
    real_NT = fitted.warp.to_recording(np.arange(num), np.tile(template_T, (num, 1)))
    template_s_T = song.base.to_seconds(template_T) - onset_s
    late_ms_NT = 1000 * (song.base.to_seconds(real_NT) - template_s_T)
    alpha = float(np.clip(20 / num, 0.08, 0.6))
    for is_train, colour in ((True, MUTED), (False, _HELD_OUT_COLOUR)):
        chosen = late_ms_NT[song.is_train_N == is_train]
        if len(chosen):
            axes.plot(template_s_T, chosen.T, color=colour, linewidth=0.6, alpha=alpha if is_train else max(alpha, 0.4))
    axes.axhline(0, color=INK, linewidth=0.6)
    axes.set_ylabel("sung later than in the template (ms)")


@house_style()
def plot_warp_search(candidates: pl.DataFrame) -> Figure:
    """Draw how well warps of more and more knots describe what was held out; of equal ones the best penalty.

    Parameters
    ----------
    candidates
        As of `cross_validate_warps`.
    """
    best = candidates.sort("validation_r2", descending=True, maintain_order=True).unique(
        ["kind", "num_knots"], keep="first", maintain_order=True
    )
    best = best.sort(pl.col("kind").cast(pl.Enum(list(_KIND_NAMES))), "num_knots")
    names = [
        count_noun(num_knots, "knot") if kind == "piecewise" else _KIND_NAMES[kind]
        for kind, num_knots in best.select("kind", "num_knots").iter_rows()
    ]
    figure = new_figure(HALF_WIDTH_MM, 66.0)
    axes = figure.subplots()
    for number, (split, colour) in enumerate(_SPLIT_COLOURS.items()):
        place = np.arange(len(names)) + 0.1 * (number - 1)
        axes.errorbar(
            place,
            best[f"{split}_r2"],
            best[f"{split}_r2_sd"],
            color=colour,
            marker="o",
            markersize=3,
            linewidth=0.9,
            capsize=2,
            label=split,
        )
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel("warp")
    axes.set_ylabel(f"R², mean and sd of {best['num_folds'][0]} folds")
    figure.legend(loc="outside upper center", ncols=3)
    return figure
