"""The folder of trajectories: one page, every figure as PNG and PDF, every table behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from subsong.core.words import count_noun
from subsong.inference.tables import write_codes
from subsong.recipes.part_pages import PROJECTION_DIR, write_part_pages
from subsong.reports.content import KeyFigure
from subsong.reports.exploration.parts import Part
from subsong.reports.trajectories.parts import Song

WINDOWS_NAME = "windows.parquet"


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
    write_codes(folder / WINDOWS_NAME, items, song.sequences.latents_NL)
    counts = f"{count_noun(song.sequences.num_sequences, song.noun)}, {count_noun(items.height, 'window')}"
    write_part_pages(
        folder,
        (f"Latent trajectories: {described['data']}", f"{counts}, model {described['model']}"),
        parts,
        warnings,
        described,
        {
            WINDOWS_NAME: "every window: where it is, its latent code, its places on the maps; for read_sequences",
            f"{PROJECTION_DIR}/": "the maps, to place other windows on",
        },
        _count(song),
    )


def _count(song: Song) -> tuple[KeyFigure, ...]:
    length_M = np.diff(song.sequences.offsets)
    explanation = f"{np.median(length_M):,.0f} windows of {song.axis.window_s:g} s each at the median, one every "
    explanation += f"{1000 * song.plan.hop_s:g} ms"
    return (KeyFigure(f"{song.noun}s", song.sequences.num_sequences, explanation=explanation),)
