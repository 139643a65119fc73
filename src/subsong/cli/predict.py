"""``subsong predict``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from subsong.cli.app import app

if TYPE_CHECKING:
    import polars as pl

_MAX_PRINTED = 5


@app.command()
def predict(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A portable model folder, or a run folder."),
    data: Path | None = typer.Argument(None, help="Recordings; or a store, eBird file or table of checklists."),
    species: list[str] | None = typer.Option(
        None,
        "--species",
        metavar="NAMES",
        help="One list by hand: scientific or common names, divided by commas; again for a name that holds a comma.",
    ),
    given: list[str] | None = typer.Option(
        None, "--given", metavar="NAME=VALUE", help="A covariate, for all lists: --given duration_min=60."
    ),
    out: Path | None = typer.Option(None, "--out", "-o", help=".parquet or .csv; without it the answer is printed."),
    num_top: int = typer.Option(20, "--top", min=0, help="Species per list, most probable first; 0: all."),
    include_shown: bool = typer.Option(False, "--include-shown", help="Also species that are on the list already."),
    missed: float = typer.Option(
        0.2, "--missed", min=0.01, max=1.0, help="Share of the species that is still missing from the lists."
    ),
    batch_size: int = typer.Option(500, "--batch-size", min=1, help="Lists at a time; changes no number."),
    device: str = typer.Option("auto", "--device", help="auto, cpu, cuda or mps."),
    trust: bool = typer.Option(False, "--trust", help="Import a user's own model class, which executes its file."),
) -> None:
    """Annotate recordings (song-segmenter), or complete checklists (checklist-vae).

    Recordings: a file or a folder at any depth, of any format and rate, every channel by itself. The answer is a table
    of annotations: recording, channel, onset_s, offset_s, label, score, annotator. A recording of a folder that cannot
    be read is named and left out.

    Checklists: what else is likely to be there, with probabilities.

    Columns are matched by name; species that the model does not know are named and left out, species that the data
    have no column for count as unknown. Empty cells are unknown too. A probability is that of being there although it
    is not on the list, when a share (--missed) of what is there was missed. A name that holds a comma is given by an
    option of its own: --species "Gull, Herring" --species "Corvus splendens".

    Examples:

    - subsong predict runs/finch recordings/ --out found.csv
    - subsong predict runs/kerala lists.csv --out completions.parquet
    - subsong predict runs/kerala --species "Corvus splendens, Acridotheres tristis" --given duration_min=60
    """
    from subsong.core.errors import SubsongError
    from subsong.core.words import count_noun
    from subsong.inference.tables import check_suffix, write_table
    from subsong.recipes import use
    from subsong.recipes.base import PredictOptions

    if (data is None) == (not species):
        raise SubsongError("give either DATA, a file or folder of lists, or one list with --species")
    if out is not None:
        check_suffix(out, (".parquet", ".csv"))
    given_values = dict(_read_value(text) for text in given or [])
    options = PredictOptions(num_top or None, include_shown, missed, given_values, batch_size)
    source = _read_species(species) if data is None else data
    table = use.predict_data(model, source, options, device, trust)
    if out is None:
        _print(table)
        return
    write_table(out, table)
    noun = "list" if "list" in table.columns else "recording"
    typer.echo(f"{out}: {count_noun(table[noun].n_unique(), noun)}, {count_noun(table.height, 'row')}")


def _read_species(texts: list[str] | None) -> list[str]:
    """Return the texts that hold a name; which commas divide names only the model can tell."""
    from subsong.core.errors import SubsongError

    names = [text for text in texts or [] if text.strip(" ,")]
    if not names:
        raise SubsongError("--species names no species: give names, divided by commas, or an empty list in a file")
    return names


def _read_value(text: str) -> tuple[str, float]:
    from subsong.core.errors import SubsongError

    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise SubsongError(f"--given {text}: expected NAME=VALUE with a number, such as duration_min=60") from error


def _print(table: pl.DataFrame) -> None:
    if "list" not in table.columns:
        typer.echo(table.write_csv(), nl=False)
        return
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
