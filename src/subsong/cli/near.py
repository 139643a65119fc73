"""``subsong near``: what lies close to a list or to a species in a model of checklists."""

from __future__ import annotations

from pathlib import Path

import typer

from subsong.cli.app import app

near = typer.Typer(
    no_args_is_help=True, help="Find lists of like communities, or species of like places, by a model of checklists."
)
app.add_typer(near, name="near")


@near.command("lists")
def near_lists(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A model of checklists."),
    data: Path = typer.Argument(..., help="Lists to find neighbours of: a store, eBird file or table."),
    among: Path | None = typer.Option(None, "--among", help="Lists to search; by default the others of DATA."),
    num_nearest: int = typer.Option(10, "--top", min=1, help="Neighbours of each list, the nearest first."),
    out: Path = typer.Option("near_lists.parquet", "--out", "-o", help=".parquet or .csv."),
) -> None:
    """Find the lists whose communities are most alike: Euclidean distance of latent codes.

    Example: subsong near lists runs/kerala new.csv --among kerala_store/ --out near.csv
    """
    from subsong.core.words import count_noun
    from subsong.inference.tables import check_suffix, write_table
    from subsong.recipes import use

    check_suffix(out, (".parquet", ".csv"))
    table = use.find_near_lists(model, data, among or data, num_nearest)
    write_table(out, table)
    typer.echo(f"{out}: {count_noun(table['list'].n_unique(), 'list')}, {count_noun(table.height, 'row')}")


@near.command("species")
def near_species(
    model: Path = typer.Argument(..., metavar="MODEL|RUN", help="A model of checklists."),
    species: str = typer.Argument(..., help="Scientific or common name."),
    num_nearest: int = typer.Option(10, "--top", min=1, help="How many, the most alike first."),
) -> None:
    """Find the species that the model expects in the same places: cosine of the decoder's weights, at most 1.

    Example: subsong near species runs/kerala "Corvus splendens"
    """
    from subsong.recipes import use

    for row in use.find_near_species(model, species, num_nearest).iter_rows(named=True):
        name = f"  {row['name']}" if row["name"] else ""
        typer.echo(f"{row['similarity']:6.3f}  {row['species']}{name}")
