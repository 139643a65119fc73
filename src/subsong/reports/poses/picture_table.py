"""A table of equal-sized pictures with thin labels, each element of a picture a whole number of printed dots.

Saved as PNG at the resolution of `style.save_figure`, every element is a square of exactly equal dots: nothing is
smoothed, and a picture can be cut out again without loss.

Legend: R, C = rows and columns of the table, H, W = height and width of a picture.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from subsong.core.errors import SubsongError
from subsong.reports.style import FILE_DPI, FULL_WIDTH_MM, house_style, new_figure

_DOT_MM = 25.4 / FILE_DPI
_MAX_SIDE, _MAX_AREA = 65_000, 150_000_000
"""Of a figure, in dots: what draws them ends at sides of 65,535, and takes several bytes a dot."""
_MAX_PICTURE_MM = 26.0
_GAP_MM, _BREAK_MM = 0.7, 2.6
_LINE_MM, _PAD_MM = 3.2, 2.0
_FONT_PT = 7.0
_MM_PER_POINT = 25.4 / 72
_MAX_CHARACTERS = 22
_TEXT: dict[str, Any] = {"textcoords": "offset points", "annotation_clip": False, "fontsize": _FONT_PT}


class PictureTable(NamedTuple):
    """Pictures in rows and columns.

    Attributes
    ----------
    cells
        uint8, shape (R, C, H, W, 4): red, green, blue, opacity.
    row_labels, column_labels
        A text for each row and column; empty: none. A column's may have two lines.
    row_breaks, column_breaks
        Rows and columns before which a wider gap parts what belongs together.
    """

    cells: np.ndarray
    row_labels: Sequence[str] = ()
    column_labels: Sequence[str] = ()
    row_breaks: Sequence[int] = ()
    column_breaks: Sequence[int] = ()


class _Layout(NamedTuple):
    """Places of pictures in printed dots: `scale` to an element, where each row and column begins, and all together."""

    scale: int
    picture_HW: tuple[int, int]
    tops: np.ndarray
    lefts: np.ndarray
    size_HW: tuple[int, int]


@house_style()
def plot_picture_table(table: PictureTable) -> Figure:
    """Draw a table of pictures, as wide as a page unless it has too many columns for that.

    Raises
    ------
    SubsongError
        When it holds no picture, or more than one file can show.
    """
    if table.cells.ndim != 5 or table.cells.size == 0:
        raise SubsongError(f"a table of pictures should have the shape (R, C, H, W, 4), not {table.cells.shape}")
    label_dots = _to_dots(_measure(table.row_labels))
    layout = _choose_layout(table, label_dots)
    is_upright, header_dots = _choose_header(table, layout)
    height, width = layout.size_HW
    full_width, full_height = label_dots + width, header_dots + height
    if max(full_width, full_height) > _MAX_SIDE or full_width * full_height > _MAX_AREA:
        rows, columns = table.cells.shape[:2]
        raise SubsongError(f"{rows} x {columns} pictures are too many for one picture: choose fewer rows or columns")
    figure = new_figure(full_width * _DOT_MM, full_height * _DOT_MM, layout=None)
    axes = figure.add_axes((label_dots / full_width, 0.0, width / full_width, height / full_height))
    axes.imshow(_build_mosaic(table.cells, layout), interpolation="none", aspect="auto")
    axes.set_axis_off()
    _label_rows(axes, table.row_labels, layout)
    _label_columns(axes, table.column_labels, layout, is_upright)
    return figure


def shorten(name: str) -> str:
    """Return a name that fits beside a picture: the middle of a long one is left out."""
    half = (_MAX_CHARACTERS - 1) // 2
    return name if len(name) <= _MAX_CHARACTERS else f"{name[:half]}…{name[-half:]}"


def _to_dots(length_mm: float) -> int:
    return round(length_mm / _DOT_MM)


def _measure(labels: Iterable[str]) -> float:
    """Return the room that the longest of some labels takes, in mm; 0 where there are none."""
    lines = {line for label in labels for line in label.split("\n") if line.strip()}
    with warnings.catch_warnings():
        # A name in a script our fonts lack is drawn as boxes, which is no reason to fail.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        widths_pt = [float(TextPath((0, 0), line, size=_FONT_PT).vertices[:, 0].max()) for line in lines]
    return max(widths_pt) * _MM_PER_POINT + _PAD_MM if widths_pt else 0.0


def _choose_layout(table: PictureTable, label_dots: int) -> _Layout:
    num_rows, num_columns, height, width, _ = table.cells.shape
    gaps_mm = (num_columns - 1) * _GAP_MM + len(table.column_breaks) * (_BREAK_MM - _GAP_MM)
    free_mm = (FULL_WIDTH_MM - label_dots * _DOT_MM - gaps_mm) / num_columns
    scale = max(1, int(min(_MAX_PICTURE_MM, free_mm) / _DOT_MM / width))
    tops = _place(num_rows, height * scale, table.row_breaks)
    lefts = _place(num_columns, width * scale, table.column_breaks)
    size_HW = (int(tops[-1]) + height * scale, int(lefts[-1]) + width * scale)
    return _Layout(scale, (height * scale, width * scale), tops, lefts, size_HW)


def _place(number: int, size: int, breaks: Sequence[int]) -> np.ndarray:
    """Return where each of `number` pictures begins."""
    gap, wide = _to_dots(_GAP_MM), _to_dots(_BREAK_MM)
    gaps = [0] + [wide if place in breaks else gap for place in range(1, number)]
    return np.asarray(np.arange(number) * size + np.cumsum(gaps))


def _choose_header(table: PictureTable, layout: _Layout) -> tuple[bool, int]:
    """Return whether the columns' labels stand upright, and the room they take in dots."""
    needed_mm = _measure(table.column_labels)
    if needed_mm == 0.0:
        return False, 0
    if needed_mm > layout.picture_HW[1] * _DOT_MM + _PAD_MM:
        return True, _to_dots(needed_mm)
    num_lines = max(label.count("\n") + 1 for label in table.column_labels)
    return False, _to_dots(num_lines * _LINE_MM + _PAD_MM)


def _build_mosaic(cells: np.ndarray, layout: _Layout) -> np.ndarray:
    """Return one image of all pictures; gaps are transparent, so that it lies well on paper of any colour."""
    height, width = layout.picture_HW
    mosaic = np.zeros((*layout.size_HW, 4), dtype=np.uint8)
    for row, top in enumerate(layout.tops):
        for column, left in enumerate(layout.lefts):
            enlarged = cells[row, column].repeat(layout.scale, axis=0).repeat(layout.scale, axis=1)
            mosaic[top : top + height, left : left + width] = enlarged
    return mosaic


def _label_rows(axes: Axes, labels: Sequence[str], layout: _Layout) -> None:
    for label, top in zip(labels, layout.tops, strict=bool(labels)):
        at = (-0.5, top + layout.picture_HW[0] / 2 - 0.5)
        axes.annotate(label, at, (-3, 0), ha="right", va="center", **_TEXT)


def _label_columns(axes: Axes, labels: Sequence[str], layout: _Layout, is_upright: bool) -> None:
    rotation = 90 if is_upright else 0
    for label, left in zip(labels, layout.lefts, strict=bool(labels)):
        at = (left + layout.picture_HW[1] / 2 - 0.5, -0.5)
        axes.annotate(label, at, (0, 3), ha="center", va="bottom", rotation=rotation, **_TEXT)
