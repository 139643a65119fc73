"""The folder of an exploration: one page, every figure as PNG and PDF, every table as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from subsong.core.words import count_noun
from subsong.inference.tables import write_table
from subsong.recipes.part_pages import PROJECTION_DIR, write_part_pages
from subsong.reports.exploration.parts import Part

ITEMS_NAME = "items.csv"


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
    write_table(folder / ITEMS_NAME, items)
    write_part_pages(
        folder,
        (
            f"What the map knows: {', '.join(names)}",
            f"{count_noun(len(items), 'item')}, {described['latent_dim']} latent dimensions",
        ),
        parts,
        warnings,
        {name: value for name, value in described.items() if name != "tables"},
        {
            ITEMS_NAME: "every item: what was known of it, its cluster, the label its neighbours tell, its places",
            f"{PROJECTION_DIR}/": "the maps, to place other items on",
        },
    )
