"""Checklists from wherever they are: a prepared store, an eBird download, or a table of sites by species."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.datasets.checklist_store import is_checklist_store, load_checklists
from subsong.sources.checklists import Checklists
from subsong.sources.ebird import EbirdOptions, read_ebird
from subsong.sources.species_table import SpeciesTableOptions, read_species_table

TABLE_SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".parquet")
EBIRD_SUFFIXES = (".txt", ".txt.gz", ".zip", ".tar")


class ChecklistReading(ConfigBase):
    """How files of checklists are read. A prepared store needs none of this: it was read with its own."""

    sampling: Path | None = Field(
        None, description="eBird's sampling event file; null: looked for beside the data, or in the same archive."
    )
    ebird: EbirdOptions = Field(EbirdOptions(), description="How eBird files are read and filtered.")
    table: SpeciesTableOptions = Field(SpeciesTableOptions(), description="How tables of sites by species are read.")

    def for_use(self) -> ChecklistReading:
        """Return how a trained model reads other lists: alike, but every list and no files of the training data."""
        everything = {"min_species_observations": 0, "min_list_species": 0, "sample_fraction": 1.0}
        return ChecklistReading(
            ebird=self.ebird.model_copy(update=everything),
            table=self.table.model_copy(
                update={
                    "covariates_path": None,
                    "covariates_id": None,
                    "species_path": None,
                    "species_key_column": None,
                    "species_name_column": None,
                }
            ),
        )


_DEFAULTS = ChecklistReading()


def check_reading(path: str | Path, reading: ChecklistReading) -> None:
    """Check that options of the readers are given for files only.

    Raises
    ------
    SubsongError
        When there is a prepared store at `path`, which needs none, and an option is not at its default; names it.
    """
    changed = [name for name in ChecklistReading.model_fields if getattr(reading, name) != getattr(_DEFAULTS, name)]
    if changed and is_checklist_store(path):
        options = ", ".join(option for name in changed for option in _name_changes(name, reading))
        raise SubsongError(
            f"{path} is a prepared store, in which {options} can change nothing: options of the readers apply when "
            "files are read, so prepare the files again with them, or leave them out"
        )


def _name_changes(name: str, reading: ChecklistReading) -> list[str]:
    """Return the options below `name` that are not at their defaults, as ``ebird.max_observers``."""
    value, default = getattr(reading, name), getattr(_DEFAULTS, name)
    if not isinstance(value, ConfigBase):
        return [name]
    return [f"{name}.{key}" for key in type(value).model_fields if getattr(value, key) != getattr(default, key)]


def find_reading(path: str | Path | None, reading: ChecklistReading) -> ChecklistReading:
    """Return how the lists at `path` were read: a store says so itself."""
    if path is None or not is_checklist_store(path):
        return reading
    return ChecklistReading.model_validate(load_checklists(path).manifest.parameters)


def read_checklists(
    path: str | Path, reading: ChecklistReading | None = None, progress: Callable[[int, int], None] | None = None
) -> Checklists:
    """Read checklists.

    Parameters
    ----------
    path
        A store made by ``subsong prepare checklists``; a table (`TABLE_SUFFIXES`); an eBird download
        (`EBIRD_SUFFIXES`, or a folder of such).
    reading
        Options of the readers.
    progress
        Called with bytes read and bytes in all, while an eBird file is read.

    Raises
    ------
    SubsongError
        When there is nothing of the kind, or it cannot be read; names file and row.
    """
    path, reading = Path(path).expanduser(), reading or ChecklistReading()
    if not path.exists():
        raise SubsongError(f"{path} does not exist: expected a store, an eBird file, or a table of sites by species")
    if is_checklist_store(path):
        return load_checklists(path).checklists
    name = path.name.lower()
    if name.endswith(TABLE_SUFFIXES):
        return read_species_table(path, reading.table)
    if path.is_dir() or name.endswith(EBIRD_SUFFIXES):
        return read_ebird(path, reading.sampling, reading.ebird, progress)
    raise SubsongError(
        f"{path} is no file of checklists by its name: expected {', '.join(TABLE_SUFFIXES)} for tables of sites by "
        f"species, or {', '.join(EBIRD_SUFFIXES)} for eBird files"
    )
