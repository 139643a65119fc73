"""The folder of trajectories: one page, every figure as PNG and PDF, every table behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.words import count_noun
from subsong.inference.tables import write_codes, write_table
from subsong.reports.content import KeyFigure, ReportContent, ReportFigure
from subsong.reports.exploration.parts import Part
from subsong.reports.page import write_report
from subsong.reports.style import figure_to_svg, save_figure
from subsong.reports.trajectories.parts import Song

REPORT_NAME = "index.html"
WINDOWS_NAME = "windows.parquet"
FIGURE_DIR, PROJECTION_DIR = "figures", "projections"
_FIGURE_SUFFIXES = (".png", ".pdf")


def write_trajectories(
    folder: Path,
    song: Song,
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
    song
        What was drawn.
    items
        One row a window, with its places on the maps.
    parts
        In reading order.
    warnings
        Stand before everything else.
    described
        Settings and versions, for the page's foot.
    """
    figures = [drawn for part in parts for drawn in part.figures]
    tables = {name: table for part in parts for name, table in part.tables.items()}
    write_codes(folder / WINDOWS_NAME, items, song.sequences.latents_NL)
    for name, table in tables.items():
        write_table(folder / name, table)
    for drawn in figures:
        for suffix in _FIGURE_SUFFIXES:
            save_figure(drawn.figure, folder / FIGURE_DIR / f"{drawn.name}{suffix}")
    num_sequences = song.sequences.num_sequences
    content = ReportContent(
        title=f"Latent trajectories: {described['data']}",
        subtitle=f"{count_noun(num_sequences, song.noun)}, {count_noun(items.height, 'window')}, "
        f"model {described['model']}",
        key_figures=(*_count(song), *(key for part in parts for key in part.key_figures)),
        figures=tuple(
            ReportFigure(drawn.name, drawn.title, drawn.caption, figure_to_svg(drawn.figure), drawn.section)
            for drawn in figures
        ),
        warnings=tuple(warnings),
        environment=described,
        files={
            WINDOWS_NAME: "every window: where it is, its latent code, its places on the maps; for read_sequences",
            **{name: f"data: {', '.join(table.columns)}" for name, table in tables.items()},
            f"{FIGURE_DIR}/": "every figure, as PNG and PDF",
            f"{PROJECTION_DIR}/": "the maps, to place other windows on",
        },
    )
    write_report(folder / REPORT_NAME, content)


def _count(song: Song) -> tuple[KeyFigure, ...]:
    length_M = np.diff(song.sequences.offsets)
    explanation = f"{np.median(length_M):,.0f} windows of {song.axis.window_s:g} s each at the median, one every "
    explanation += f"{1000 * song.plan.hop_s:g} ms"
    return (KeyFigure(f"{song.noun}s", song.sequences.num_sequences, explanation=explanation),)
