"""Figures as they are drawn, with what is said of them, on their way to a page."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from matplotlib.figure import Figure

from subsong.reports.content import ReportFigure
from subsong.reports.style import figure_to_svg, save_figure


class Drawn(NamedTuple):
    """One figure: the heading it stands under, its name (of files), title, caption."""

    section: str
    name: str
    title: str
    caption: str
    figure: Figure

    def to_report(self) -> ReportFigure:
        """Return the figure as a page holds it."""
        return ReportFigure(self.name, self.title, self.caption, figure_to_svg(self.figure), self.section)


def save_drawn(drawn: Iterable[Drawn], figure_dir: Path) -> tuple[ReportFigure, ...]:
    """Save each figure as PNG as soon as it is drawn; return them as a page holds them."""
    figures = []
    for one in drawn:
        save_figure(one.figure, figure_dir / f"{one.name}.png")
        figures.append(one.to_report())
    return tuple(figures)
