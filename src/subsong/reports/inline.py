"""Figures as parts of a page: nothing fetched, nothing run, no two identifiers alike, colours that follow the page.

matplotlib writes an SVG as a file of its own. Inside a page it must lose its head and its rules for every element of
the document, and its identifiers must not meet those of the next figure.
"""

from __future__ import annotations

import re
from html import escape

from subsong.core.errors import SubsongError
from subsong.reports.style import BLUE, FAINT, INK, MUTED, PAPER

_PAGE_COLOURS = {
    INK: "var(--ink)",
    MUTED: "var(--muted)",
    FAINT: "var(--line)",
    PAPER: "var(--paper)",
    BLUE: "var(--blue)",
}
_SCREEN_SCALE = 1.3
"""Print sizes are small on a screen: type of 7.5 points becomes 13 pixels."""
_PIXELS_PER_POINT = 4 / 3
_DROPPED = re.compile(
    r"<!--.*?-->|<metadata>.*?</metadata>|<style[^>]*>.*?</style>|\sxmlns(:\w+)?=\"[^\"]*\"", re.DOTALL
)
_ACTIVE = re.compile(r"<\s*(script|foreignObject|iframe)|\son\w+\s*=", re.IGNORECASE)
_OUTSIDE = re.compile(r"href=\"(?!#|data:image/)|url\((?!#)|@import", re.IGNORECASE)
_EMBEDDED = re.compile(r"(?<=;base64,)[^\"]*")
_SIZE = re.compile(r"viewBox=\"[\d.+-]+ [\d.+-]+ ([\d.]+) ([\d.]+)\"")


def build_inline_image(image: str, prefix: str, alt: str) -> str:
    """Return the HTML of a figure that needs nothing outside the page.

    Parameters
    ----------
    image
        SVG text, or a ``data:image/...`` address.
    prefix
        Put before the SVG's identifiers; different for each figure of a page.
    alt
        What the figure shows, for readers who cannot see it.

    Raises
    ------
    SubsongError
        When the image is neither, or would run or fetch something.
    """
    if image.startswith("data:image/") and '"' not in image:
        return f'<img src="{image}" alt="{escape(alt)}">'
    if "<svg" not in image:
        raise SubsongError(f"figure {prefix!r} should be SVG text or a data:image address, not {image[:40]!r}")
    return _inline_svg(image, prefix, alt)


def _inline_svg(svg: str, prefix: str, alt: str) -> str:
    svg = _EMBEDDED.sub(lambda found: "".join(found[0].split()), svg)
    svg = _DROPPED.sub("", svg[svg.index("<svg") :]).replace("xlink:href", "href").strip()
    if _ACTIVE.search(svg) or _OUTSIDE.search(svg):
        raise SubsongError(f"figure {prefix!r} holds a script or an outside address; draw it with plain matplotlib")
    svg = re.sub(r"\bid=\"", f'id="{prefix}-', svg)
    svg = re.sub(r"href=\"#", f'href="#{prefix}-', svg)
    svg = re.sub(r"url\(#", f"url(#{prefix}-", svg)
    for colour, variable in _PAGE_COLOURS.items():
        svg = re.sub(re.escape(colour), variable, svg, flags=re.IGNORECASE)
    return _replace_head(svg, alt)


def _replace_head(svg: str, alt: str) -> str:
    """Give the outermost tag a size that shrinks with the window, a text for screen readers, and house strokes."""
    head, _, body = svg.partition(">")
    size = _SIZE.search(head)
    if size is None:
        raise SubsongError(f"an SVG figure should begin with a viewBox, not with {head[:80]!r}")
    width = float(size[1]) * _PIXELS_PER_POINT * _SCREEN_SCALE
    style = f"width:{width:.0f}px;stroke-linejoin:round;stroke-linecap:butt"
    return f'<svg {size[0]} style="{style}" role="img" aria-label="{escape(alt)}">{body}'
