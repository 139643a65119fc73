"""What readers of checklists hand on: sparse detections, with ids, species keys and covariates kept apart.

Legend: N = lists (checklists, sites, visits), D = species.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array

ATTRITION_SCHEMA = {"step": pl.String, "num_lists": pl.Int64, "num_species": pl.Int64, "num_detections": pl.Int64}


class Checklists(NamedTuple):
    """Which species were found on which lists.

    Attributes
    ----------
    counts
        Shape (N, D), float32. A stored entry is a detection and its value the count, NaN where the species was found
        but not counted. What is not stored was not detected, unless `unknown` says otherwise. No zeros are stored,
        columns are sorted within each row.
    unknown
        Shape (N, D), bool: True where it is not known whether the species was there (empty cells); None when all
        is known. No cell is stored in both.
    items
        One row a list, in order: ``list`` (unique id, text), ``source`` (file), ``row`` (of the file, from 1 for the
        first line after the header; null where a list has several), then columns to group by, such as ``locality``,
        ``observer``, ``date``, ``site``.
    species
        One row a column of `counts`, in order: ``key`` (unique text: the scientific name where there is one) and
        ``name`` (what people read, or null).
    covariates
        One row a list, numbers (Float64), null where unknown; units in the names, such as ``duration_min``.
    attrition
        What each step of reading left: `ATTRITION_SCHEMA`, in order.
    """

    counts: csr_array
    unknown: csr_array | None
    items: pl.DataFrame
    species: pl.DataFrame
    covariates: pl.DataFrame
    attrition: pl.DataFrame


def build_lists(
    lists: Sequence[Sequence[str]], species: pl.DataFrame, covariates: Mapping[str, float] | None = None
) -> Checklists:
    """Return lists made of the names of what was found.

    Parameters
    ----------
    lists
        For each list its species, by key or name; none twice.
    species
        All columns: ``key`` and ``name``. Every name must be among them.
    covariates
        Values that hold for all lists, by name.
    """
    by_name = {name: place for place, name in enumerate(species["name"]) if name is not None}
    place_of = by_name | {key: place for place, key in enumerate(species["key"])}
    columns = [sorted({place_of[name] for name in names}) for names in lists]
    starts = np.cumsum([0, *(len(found) for found in columns)])
    indices = np.array([place for found in columns for place in found], np.int32)
    counts = csr_array((np.full(len(indices), np.nan, np.float32), indices, starts), shape=(len(lists), species.height))
    items = pl.DataFrame(
        {"list": [str(number) for number in range(1, len(lists) + 1)], "source": "given", "row": None},
        schema={"list": pl.String, "source": pl.String, "row": pl.Int64},
    )
    made = Checklists(counts, None, items, species, pl.DataFrame(), pl.DataFrame(schema=ATTRITION_SCHEMA))
    return set_covariates(made, covariates or {})


def set_covariates(checklists: Checklists, covariates: Mapping[str, float]) -> Checklists:
    """Return lists whose covariates of these names have one value, as if all had been made under it."""
    values = [pl.lit(float(value)).alias(name) for name, value in covariates.items()]
    if not checklists.covariates.width:
        constant = {name: [float(value)] * checklists.items.height for name, value in covariates.items()}
        return checklists._replace(covariates=pl.DataFrame(constant))
    return checklists._replace(covariates=checklists.covariates.with_columns(values))
