"""A folder of results in parts: one page, every figure as PNG and PDF, every table behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from subsong.inference.tables import write_table
from subsong.reports.content import KeyFigure, ReportContent
from subsong.reports.exploration.parts import Part
from subsong.reports.page import write_report
from subsong.reports.style import save_figure

REPORT_NAME = "index.html"
PROJECTION_DIR = "projections"
_FIGURE_DIR = "figures"
_FIGURE_SUFFIXES = (".png", ".pdf")


def write_part_pages(
    folder: Path,
    heading: tuple[str, str],
    parts: Sequence[Part],
    warnings: Sequence[str],
    described: Mapping[str, object],
    files: Mapping[str, str],
    key_figures: Sequence[KeyFigure] = (),
) -> None:
    """Write the page of `parts`, their figures and their tables.

    Parameters
    ----------
    folder
        Exists.
    heading
        Title and subtitle.
    parts
        In reading order.
    warnings
        Stand before everything else.
    described
        Settings and versions, for the page's foot.
    files
        What else lies in the folder, by name, `PROJECTION_DIR` among it: its maps.
    key_figures
        Stand before those of the parts.
    """
    figures = [drawn for part in parts for drawn in part.figures]
    tables = {name: table for part in parts for name, table in part.tables.items()}
    for name, table in tables.items():
        write_table(folder / name, table)
    for drawn in figures:
        for suffix in _FIGURE_SUFFIXES:
            save_figure(drawn.figure, folder / _FIGURE_DIR / f"{drawn.name}{suffix}")
    first = {name: what for name, what in files.items() if not name.startswith(PROJECTION_DIR)}
    content = ReportContent(
        title=heading[0],
        subtitle=heading[1],
        key_figures=(*key_figures, *(key for part in parts for key in part.key_figures)),
        figures=tuple(drawn.to_report() for drawn in figures),
        warnings=tuple(warnings),
        environment=described,
        files={
            **first,
            **{name: f"data: {', '.join(table.columns)}" for name, table in tables.items()},
            f"{_FIGURE_DIR}/": "every figure, as PNG and PDF",
            **{name: what for name, what in files.items() if name not in first},
        },
    )
    write_report(folder / REPORT_NAME, content)
