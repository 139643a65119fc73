"""The parts of the picture that stand still, drawn once: title, axes, the map with its points, the legend.

Legend: M = points, H, W = pixels.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from subsong.reports.latent import MAX_COLOURS, get_point_size, name_axes, sort_labels
from subsong.reports.song_video.parts import LatentPath, MapPoints, Song
from subsong.reports.style import BLUE, FAINT, INK, MUTED, PALETTE, VERMILLION, house_style, new_figure

_WIDTH_MM, _HEIGHT_MM = 162.56, 91.44  # 16 to 9, at 200 dots an inch 1280 x 720
_HEIGHT_IN = _HEIGHT_MM / 25.4
_LEFT, _RIGHT = 0.068, 0.982
_RIBBON_BOTTOM, _RIBBON_TOP = 0.665, 0.905
_MAP_BOTTOM, _MAP_TOP = 0.05, 0.585
BASELINE = 0.932
"""Of the line above the spectrogram, as a share of the height from below."""
_LEGEND_LEFT = 0.82
_OTHERS = "others"
_LEGEND_LETTERS, _TITLE_LETTERS, _CAPTION_LETTERS = 16, 50, 110


class Box(NamedTuple):
    """A rectangle of pixels; rows count from the top, the last row and column stand outside."""

    left: int
    top: int
    right: int
    bottom: int


class Stage(NamedTuple):
    """What stands still.

    Attributes
    ----------
    pixels
        uint8, shape (H, W, 3).
    ribbon
        Where the spectrogram runs.
    map_box
        Where the point moves.
    path_pixels_N2
        Where on the picture each window's place lies, column and row, shape (N, 2).
    dots_per_point
        Pixels of a typographic point.
    marker_colour
        Of the point: one that no point of the background has.
    """

    pixels: np.ndarray
    ribbon: Box
    map_box: Box
    path_pixels_N2: np.ndarray
    dots_per_point: float
    marker_colour: str


@house_style()
def draw_stage(song: Song, path: LatentPath, points: MapPoints, title: str, note: str, height: int) -> Stage:
    """Draw it.

    Parameters
    ----------
    song, path, points
        What the video shows.
    title, note
        Stand above the spectrogram: what it is, and how it is heard.
    height
        H; W is 16/9 of it.
    """
    figure = new_figure(_WIDTH_MM, _HEIGHT_MM, layout=None)
    dpi = height / _HEIGHT_IN
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    ribbon_axes = figure.add_axes((_LEFT, _RIBBON_BOTTOM, _RIGHT - _LEFT, _RIBBON_TOP - _RIBBON_BOTTOM))
    _name_frequencies(ribbon_axes, song.frequencies_hz_F)
    figure.text(_LEFT, BASELINE, _shorten(title, _TITLE_LETTERS), size=9, weight="bold")
    figure.text(_RIGHT - 0.105, BASELINE, note, size=7.5, color=MUTED, ha="right")
    right = _RIGHT if points.labels_M is None else _LEGEND_LEFT
    map_axes = figure.add_axes((_LEFT, _MAP_BOTTOM, right - _LEFT, _MAP_TOP - _MAP_BOTTOM))
    _draw_points(map_axes, points)
    map_axes.update_datalim(path.coordinates_N2)
    map_axes.margins(0.06)
    map_axes.autoscale_view()
    name_axes(map_axes, ("", ""))
    figure.text(_LEFT, 0.022, _shorten(points.caption, _CAPTION_LETTERS), size=7, color=MUTED, va="center")
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())[..., :3].copy()
    columns, rows = map_axes.transData.transform(path.coordinates_N2).T
    return Stage(
        pixels,
        _find_box(ribbon_axes, pixels.shape[0]),
        _find_box(map_axes, pixels.shape[0]),
        np.stack([columns, pixels.shape[0] - rows], axis=1),
        dpi / 72,
        VERMILLION if points.labels_M is None else INK,
    )


def _name_frequencies(axes: Axes, frequencies_hz_F: np.ndarray) -> None:
    """Give the rows of the spectrogram their frequencies, which need not be equally spaced."""
    frequencies_khz = np.asarray(frequencies_hz_F) / 1000
    spread = frequencies_khz[-1] - frequencies_khz[0]
    spacing = next(step for step in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 1000) if spread / step <= 5)
    ticks = np.arange(np.ceil(frequencies_khz[0] / spacing), frequencies_khz[-1] / spacing + 1e-9) * spacing
    places = np.interp(ticks, frequencies_khz, (np.arange(len(frequencies_khz)) + 0.5) / len(frequencies_khz))
    axes.set_yticks(places, [f"{tick:g}" for tick in ticks])
    axes.set_ylabel("kHz")
    axes.set_xticks([])
    axes.set_ylim(0, 1)


def _draw_points(axes: Axes, points: MapPoints) -> None:
    places, size = points.coordinates_M2, get_point_size(len(points.coordinates_M2))
    if points.labels_M is None:
        axes.scatter(places[:, 0], places[:, 1], color=BLUE, s=size, lw=0, alpha=0.35)
        return
    names = _gather_rare(np.asarray(points.labels_M).astype(str))
    colours = _choose_colours(names)
    # In random order no class covers the others.
    order = np.random.default_rng(0).permutation(len(names))
    shades = [colours.get(name, FAINT) for name in names[order]]
    axes.scatter(places[order, 0], places[order, 1], c=shades, s=size, lw=0, alpha=0.55)
    _draw_legend(axes, colours, points.legend_title)


def _gather_rare(names: np.ndarray) -> np.ndarray:
    """Return names of which at most `MAX_COLOURS` - 1 are told apart where there are more: the rarest are others."""
    found, counts = np.unique(names[names != ""], return_counts=True)
    if len(found) <= MAX_COLOURS:
        return names
    kept = found[np.argsort(-counts, kind="stable")[: MAX_COLOURS - 1]]
    return np.where(np.isin(names, [*kept, ""]), names, _OTHERS)


def _choose_colours(names: np.ndarray) -> dict[str, str]:
    """Return the colours of the legend, in its order."""
    classes = [name for name in sort_labels(names) if name not in (_OTHERS, "")]
    return dict(zip(classes, PALETTE, strict=False)) | ({_OTHERS: FAINT} if _OTHERS in names else {})


def _draw_legend(axes: Axes, colours: dict[str, str], title: str) -> None:
    handles = [
        Line2D(
            [],
            [],
            ls="",
            marker="o",
            markersize=4.5,
            markeredgewidth=0,
            color=colour,
            label=_shorten(name, _LEGEND_LETTERS),
        )
        for name, colour in colours.items()
    ]
    figure = axes.figure
    assert isinstance(figure, Figure)
    anchor = (_LEGEND_LEFT + 0.01, _MAP_TOP)
    figure.legend(
        handles=handles,
        title=_shorten(title, _LEGEND_LETTERS),
        loc="upper left",
        bbox_to_anchor=anchor,
        borderaxespad=0,
        alignment="left",
        handletextpad=0.3,
        labelspacing=0.35,
        handlelength=1.0,
    )


def _shorten(text: str, num_letters: int) -> str:
    """Return a text with its middle left out where it is long: names often differ at their ends."""
    half = num_letters // 2
    return text if len(text) <= num_letters else f"{text[:half]}…{text[1 - half :]}"


def _find_box(axes: Axes, height: int) -> Box:
    """Return the whole pixels inside axes."""
    extent = axes.get_window_extent()
    return Box(round(extent.x0), height - round(extent.y1), round(extent.x1), height - round(extent.y0))
