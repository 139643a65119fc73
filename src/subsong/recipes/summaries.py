"""What data and models hold, printed for people."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from rich.table import Table

from subsong.core.config_files import read_config
from subsong.core.errors import SubsongError
from subsong.core.overrides import Overrides
from subsong.core.words import count_noun
from subsong.datasets.checklist_reading import ChecklistReading, check_reading, read_checklists
from subsong.datasets.poses.store import is_pose_store
from subsong.datasets.song.store import is_song_store
from subsong.datasets.syllables.dataset import is_syllable_store
from subsong.datasets.windows.frames import is_frame_store
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.load import load_vae
from subsong.inference.tables import check_suffix, write_table
from subsong.recipes.console import open_console
from subsong.recipes.preparing_poses import print_poses
from subsong.recipes.sound_summaries import inspect_regions, inspect_syllables, print_song
from subsong.sources.checklists import Checklists

_NUM_SHOWN = 10


def inspect_data(path: Path, out: Path | None = None, overrides: Overrides | None = None) -> None:
    """Print what is at `path`, and write its table to `out`: prepared sounds of any kind, checklists, or a model.

    The table has a row a label, or a species. `overrides` are options of the readers, as of `prepare_checklists`; they
    apply to files of checklists.
    """
    if out is not None:
        check_suffix(out, (".csv", ".parquet"))
    if (path / "model.safetensors").is_file() or (path / "model").is_dir():
        if overrides:
            raise SubsongError(
                f"{path} is a model: options of the readers apply to files of checklists, leave them out"
            )
        table = _print_model(path)
    elif is_syllable_store(path):
        table = inspect_syllables(path)
    elif is_frame_store(path):
        table = inspect_regions(path)
    elif is_song_store(path):
        table = print_song(path)
    elif is_pose_store(path):
        table = print_poses(path)
    else:
        reading = read_config(ChecklistReading, overrides=overrides)
        check_reading(path, reading)
        checklists = read_checklists(path, reading)
        print_checklists(checklists)
        table = count_species(checklists)
    if out is not None:
        write_table(out, table)


def count_species(checklists: Checklists) -> pl.DataFrame:
    """Return ``key``, ``name``, ``num_lists``, ``num_known`` and ``prevalence`` of each species, most common first."""
    num_lists = checklists.counts.shape[0]
    found_D = np.bincount(checklists.counts.indices, minlength=checklists.species.height)
    unknown = checklists.unknown
    unknown_D = np.zeros_like(found_D) if unknown is None else np.bincount(unknown.indices, minlength=len(found_D))
    known_D = num_lists - unknown_D
    prevalence = np.divide(found_D, known_D, out=np.full(len(found_D), np.nan), where=known_D > 0)
    columns = {"num_lists": found_D, "num_known": known_D, "prevalence": prevalence}
    counted = checklists.species.with_columns(**{name: pl.Series(values) for name, values in columns.items()})
    return counted.sort("num_lists", "key", descending=[True, False])


def print_checklists(checklists: Checklists) -> None:
    """Print sizes, gaps, what each step of reading left, and the most common species."""
    console = open_console()
    counts, unknown = checklists.counts, checklists.unknown
    num_lists, num_species = counts.shape
    richness = np.diff(counts.indptr)
    num_unknown = 0 if unknown is None else unknown.nnz
    console.print(
        f"{count_noun(num_lists, 'list')}, {num_species:,} species, {count_noun(counts.nnz, 'detection')}; "
        f"{richness.mean():.1f} species a list ({richness.min()} to {richness.max()}), "
        f"{count_noun(int((richness == 0).sum()), 'list')} empty; {count_noun(num_unknown, 'cell')} unknown"
    )
    covariates = checklists.covariates
    for column in covariates:
        console.print(f"  {column.name}: {_describe_column(column)}", highlight=False)
    if checklists.attrition.height:
        console.print(_tabulate(checklists.attrition, "what each step left"))
    console.print(_tabulate(count_species(checklists).head(_NUM_SHOWN), "most common species"))


def _describe_column(column: pl.Series) -> str:
    known = column.drop_nulls().drop_nans()
    if known.is_empty():
        return "unknown everywhere"
    gaps = len(column) - len(known)
    low, middle, high = (known.quantile(share) for share in (0.0, 0.5, 1.0))
    return f"{low:g} to {high:g}, median {middle:g}" + (f"; unknown on {count_noun(gaps, 'list')}" if gaps else "")


def _tabulate(frame: pl.DataFrame, title: str) -> Table:
    table = Table(title=title, box=None, title_justify="left")
    for name, dtype in frame.schema.items():
        table.add_column(name.replace("num_", "").replace("_", " "), justify="right" if dtype.is_numeric() else "left")
    for row in frame.rows():
        table.add_row(*(_format(value) for value in row))
    return table


def _format(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else "" if value is None else str(value)


def _print_model(path: Path) -> pl.DataFrame:
    model = load_vae(path)
    console = open_console()
    size = count_noun(model.latent_dim, "latent dimension")
    console.print(f"{model.description.recipe}: {size}, input {model.item_shape}")
    if not isinstance(model, TrainedChecklistVae):
        return pl.DataFrame()
    covariates = ", ".join(encoder.name for encoder in model.encoders) or "none"
    console.print(f"{model.species.height:,} species; covariates: {covariates}")
    console.print(_tabulate(model.species, "species"))
    return model.species
