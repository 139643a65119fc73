"""What the columns of a site-by-species table are."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase


class SpeciesTableOptions(ConfigBase):
    """Columns are named as in the first line of the file."""

    id_column: str | tuple[str, ...] | None = Field(
        None, description="Column of the list's id; several are joined by ':'; null: the first column."
    )
    species_columns: str | tuple[str, ...] | None = Field(
        None, description="Columns of species: names, or patterns such as 'nz*'; null: what holds numbers and is left."
    )
    group_columns: tuple[str, ...] = Field((), description="Columns to divide data by, kept as text.")
    covariate_columns: tuple[str, ...] = Field((), description="Columns of numbers that are no species.")
    drop_columns: tuple[str, ...] = Field((), description="Columns to pass over, in both tables.")
    covariates_path: Path | None = Field(
        None, description="A second table, whose columns of numbers are covariates as well."
    )
    covariates_id: str | tuple[str, ...] | None = Field(
        None, description="Columns by which the second table is joined; null: the columns of the id that it has."
    )
    species_path: Path | None = Field(None, description="A table with what people call the species.")
    species_key_column: str | None = Field(None, description="Its column with the names of the species columns.")
    species_name_column: str | None = Field(None, description="Its column with the names to show.")
    missing: tuple[str, ...] = Field(("NA",), description="What stands for an empty cell where a number is expected.")
    drop_empty: bool = Field(True, description="Leave out lists of which every cell is empty.")

    @model_validator(mode="after")
    def _names_together(self) -> SpeciesTableOptions:
        given = [value is not None for value in (self.species_path, self.species_key_column, self.species_name_column)]
        if any(given) and not all(given):
            raise ValueError("species_path, species_key_column and species_name_column belong together: give all three")
        return self


def as_names(names: str | tuple[str, ...]) -> tuple[str, ...]:
    """Return one name or several as a tuple."""
    return (names,) if isinstance(names, str) else names
