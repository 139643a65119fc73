"""The folder of an exploration: one page, every figure as PNG and PDF, every table as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from subsong.core.words import count_noun
from subsong.inference.tables import write_table
from subsong.reports.content import ReportContent, ReportFigure
from subsong.reports.exploration.parts import Part
from subsong.reports.page import write_report
from subsong.reports.style import figure_to_svg, save_figure

REPORT_NAME = "index.html"
ITEMS_NAME = "items.csv"
FIGURE_DIR = "figures"
_FIGURE_SUFFIXES = (".png", ".pdf")


def write_exploration(
    folder: Path,
    names: Sequence[str],
    items: pl.DataFrame,
    parts: Sequence[Part],
    warnings: Sequence[str],
    described: Mapping[str, object],
) -> None:
    """Write the page, its figures and its tables.

    Parameters
    ----------
    folder
        Exists.
    names
        Of the tables that were explored.
    items
        One row an item, with what was found of it.
    parts
        In reading order.
    warnings
        Stand before everything else.
    described
        Settings and versions, for the page's foot.
    """
    figures = [drawn for part in parts for drawn in part.figures]
    tables = {name: table for part in parts for name, table in part.tables.items()}
    write_table(folder / ITEMS_NAME, items)
    for name, table in tables.items():
        write_table(folder / name, table)
    for drawn in figures:
        for suffix in _FIGURE_SUFFIXES:
            save_figure(drawn.figure, folder / FIGURE_DIR / f"{drawn.name}{suffix}")
    content = ReportContent(
        title=f"What the map knows: {', '.join(names)}",
        subtitle=f"{count_noun(len(items), 'item')}, {described['latent_dim']} latent dimensions",
        key_figures=tuple(key for part in parts for key in part.key_figures),
        figures=tuple(
            ReportFigure(drawn.name, drawn.title, drawn.caption, figure_to_svg(drawn.figure), drawn.section)
            for drawn in figures
        ),
        warnings=tuple(warnings),
        environment={name: value for name, value in described.items() if name != "tables"},
        files={
            ITEMS_NAME: "every item: what was known of it, its cluster, the label its neighbours tell, its places",
            **{name: f"data: {', '.join(table.columns)}" for name, table in tables.items()},
            f"{FIGURE_DIR}/": "every figure, as PNG and PDF",
            "projections/": "the maps, to place other items on",
        },
    )
    write_report(folder / REPORT_NAME, content)
