"""The house style of every figure: palette, fonts, sizes, and how a figure becomes a file.

Figures are made with `matplotlib.figure.Figure`, never with pyplot, and the settings hold only inside `house_style`,
so that a notebook's own settings are left alone. The same figure gives the same bytes: no time stamps, no version
strings, no random identifiers.

Notes
-----
The first seven colours are those of Okabe and Ito (2008), made for all kinds of colour vision. The other five were
chosen to stay apart from them, and from one another, for normal sight, deuteranopia and protanopia. `INK`, `MUTED`,
`FAINT` and `PAPER` are used for nothing but text, axes and background: the report page exchanges them in dark mode,
and takes a lighter `BLUE` there.
"""

from __future__ import annotations

import base64
import functools
import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import matplotlib
import matplotlib.rcsetup
from matplotlib import font_manager
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file

INK = "#1f2328"
MUTED = "#59636e"
FAINT = "#d1d9e0"
PAPER = "#ffffff"

BLUE = "#0072b2"
VERMILLION = "#d55e00"
GREEN = "#009e73"
ORANGE = "#e69f00"
SKY = "#56b4e9"
PURPLE = "#cc79a7"
YELLOW = "#f0e442"
PALETTE = (
    *(BLUE, VERMILLION, GREEN, ORANGE, SKY, PURPLE, YELLOW),
    *("#4a2fbd", "#8e1b1b", "#17595a", "#b9b9b9", "#7cc36a"),
)
DENSITY_MAP = LinearSegmentedColormap.from_list("density", ["#cfe3f1", BLUE, "#002b45"])

FULL_WIDTH_MM = 180.0
"""Two columns of a journal page."""
HALF_WIDTH_MM = 88.0
"""One column of a journal page."""
FILE_DPI = 300
PAGE_DPI = 200
"""Resolution of what is rasterised inside an SVG, on the page."""

FIGURE_SUFFIXES = (".png", ".svg", ".pdf")
Layout = Literal["constrained"] | None
_MM_PER_INCH = 25.4
_FONTS = ("Helvetica", "Arial", "Liberation Sans", "Nimbus Sans")
_NO_METADATA: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
_SETTINGS: dict[str, Any] = {
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 6,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.prop_cycle": matplotlib.rcsetup.cycler("color", PALETTE),
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.3,
    "lines.solid_capstyle": "round",
    "figure.facecolor": PAPER,
    "figure.constrained_layout.h_pad": 0.03,
    "figure.constrained_layout.w_pad": 0.03,
    # Names from a user's tables may hold a dollar sign, and are no formulas.
    "text.parse_math": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "subsong",
    "pdf.fonttype": 42,
    "savefig.facecolor": "auto",
}


@functools.cache
def find_fonts() -> tuple[str, ...]:
    """Return the paper fonts this machine has, best first; DejaVu Sans, which comes with matplotlib, is the last."""
    known = set(font_manager.get_font_names())
    return (*[font for font in _FONTS if font in known][:1], "DejaVu Sans")


@contextmanager
def house_style() -> Iterator[None]:
    """Switch the house style on for a block, or as a decorator for a function that draws."""
    with matplotlib.rc_context({**_SETTINGS, "font.family": list(find_fonts())}):
        yield


def new_figure(width_mm: float = HALF_WIDTH_MM, height_mm: float = 62.0, layout: Layout = "constrained") -> Figure:
    """Return an empty figure of a size given in millimetres; call it inside `house_style`."""
    return Figure(figsize=(width_mm / _MM_PER_INCH, height_mm / _MM_PER_INCH), layout=layout)


def save_figure(figure: Figure, path: str | Path, dpi: int = FILE_DPI) -> None:
    """Write a figure, whole or not at all, in the format its suffix names (PNG, SVG or PDF).

    Raises
    ------
    SubsongError
        When the suffix is another one, or the file cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in FIGURE_SUFFIXES:
        raise SubsongError(f"{path}: a figure's name should end in .png, .svg or .pdf, not in {path.suffix!r}")
    content = _render_figure(figure, path.suffix.lower()[1:], dpi, transparent=False)
    with atomic_file(path) as file:
        file.write(content)


def figure_to_svg(figure: Figure, dpi: int = PAGE_DPI) -> str:
    """Return a figure as SVG text with a transparent background; `dpi` holds for its rasterised parts."""
    return _render_figure(figure, "svg", dpi, transparent=True).decode("utf-8")


def figure_to_png_data_uri(figure: Figure, dpi: int = FILE_DPI) -> str:
    """Return a figure as a PNG inside a ``data:`` address."""
    return png_to_data_uri(_render_figure(figure, "png", dpi, transparent=False))


def png_to_data_uri(png: bytes) -> str:
    """Return the bytes of a PNG file as a ``data:`` address."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


@house_style()
def _render_figure(figure: Figure, file_format: str, dpi: int, transparent: bool) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # A name in a script our fonts lack is drawn as boxes, which is no reason to fail.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(buffer, format=file_format, dpi=dpi, transparent=transparent, metadata=_NO_METADATA[file_format])
    return buffer.getvalue()
