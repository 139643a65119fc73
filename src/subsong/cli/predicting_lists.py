"""``subsong predict`` for lists of species: what else is likely to be there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import polars as pl

    from subsong.inference.model import TrainedVae
    from subsong.recipes.base import PredictOptions

_MAX_PRINTED = 5


def predict_lists(
    model: TrainedVae, data: Path | None, species: list[str] | None, out: Path | None, options: PredictOptions
) -> None:
    """Complete lists, and write or print the answers."""
    from subsong.core.errors import SubsongError
    from subsong.core.words import count_noun
    from subsong.inference.tables import check_suffix, write_table
    from subsong.recipes.catalogue import load_recipe

    if (data is None) == (not species):
        raise SubsongError("give either DATA, a file or folder of lists, or one list with --species")
    if out is not None:
        check_suffix(out, (".parquet", ".csv"))
    source = _read_species(species) if data is None else data
    table = load_recipe(model.description.recipe).predict(model, source, options)
    if out is None:
        _print(table)
        return
    write_table(out, table)
    typer.echo(f"{out}: {count_noun(table['list'].n_unique(), 'list')}, {count_noun(table.height, 'row')}")


def _read_species(texts: list[str] | None) -> list[str]:
    """Return the texts that hold a name; which commas divide names only the model can tell."""
    from subsong.core.errors import SubsongError

    names = [text for text in texts or [] if text.strip(" ,")]
    if not names:
        raise SubsongError("--species names no species: give names, divided by commas, or an empty list in a file")
    return names


def read_value(text: str) -> tuple[str, float]:
    """Return name and value of a covariate given as NAME=VALUE."""
    from subsong.core.errors import SubsongError

    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise SubsongError(f"--given {text}: expected NAME=VALUE with a number, such as duration_min=60") from error


def _print(table: pl.DataFrame) -> None:
    from rich.table import Table

    from subsong.core.words import count_noun
    from subsong.recipes.console import open_console

    console = open_console()
    lists = table["list"].unique(maintain_order=True)
    score = "probability" if "probability" in table.columns else "share"
    for name in lists[:_MAX_PRINTED]:
        shown = Table(title=f"list {name}", box=None, title_justify="left")
        for column in ("rank", "species", "name", score):
            shown.add_column(column, justify="left" if column in ("species", "name") else "right")
        for row in table.filter(table["list"] == name).iter_rows(named=True):
            shown.add_row(str(row["rank"]), row["species"], row["name"] or "", f"{row[score]:.3f}")
        console.print(shown)
    if len(lists) > _MAX_PRINTED:
        console.print(f"and {count_noun(len(lists) - _MAX_PRINTED, 'more list')}: write all with --out")
