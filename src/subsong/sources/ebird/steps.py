"""The filters of lists and species, each with its row in the attrition table.

Legend: N = lists, D = species (taxa before the roll-up).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from subsong.core.words import count_noun
from subsong.sources.checklists import ATTRITION_SCHEMA
from subsong.sources.ebird.options import EbirdOptions


class Stage(NamedTuple):
    """What one step hands to the next.

    Attributes
    ----------
    lists
        One row a list, `subsong.sources.ebird.lists.LIST_SCHEMA` and ``members``.
    species
        One row a column of `counts`, with ``key``.
    counts
        Shape (N, D), float32: the detections, NaN where not counted.
    """

    lists: pl.DataFrame
    species: pl.DataFrame
    counts: csr_array


class Attrition:
    """What each step left, in order."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, int, int, int]] = []

    def add(self, step: str, num_lists: int, num_species: int, num_detections: int) -> None:
        """Note what a step left."""
        self._rows.append((step, num_lists, num_species, num_detections))

    def note(self, step: str, stage: Stage) -> Stage:
        """Note what a step left, and return it."""
        num_species = np.count_nonzero(np.bincount(stage.counts.indices, minlength=1))
        self.add(step, stage.lists.height, int(num_species), int(stage.counts.nnz))
        return stage

    def to_frame(self) -> pl.DataFrame:
        """Return the table, `ATTRITION_SCHEMA`."""
        return pl.DataFrame(self._rows, schema=ATTRITION_SCHEMA, orient="row")


def keep_lists(stage: Stage, mask: np.ndarray) -> Stage:
    """Return the lists where `mask`, bool, shape (N,), is True."""
    return stage if mask.all() else Stage(stage.lists.filter(mask), stage.species, stage.counts[np.flatnonzero(mask)])


def keep_species(stage: Stage, mask: np.ndarray) -> Stage:
    """Return the species where `mask`, bool, shape (D,), is True; lists stay, also those left without a species."""
    if mask.all():
        return stage
    columns = map_columns(stage.counts, np.where(mask, np.cumsum(mask) - 1, -1), int(mask.sum()))
    return Stage(stage.lists, stage.species.filter(mask), columns)


def map_columns(counts: csr_array, new_columns: np.ndarray, num_columns: int) -> csr_array:
    """Return detections with each column moved to its new one, added up where several meet; -1 drops a column."""
    columns = new_columns[counts.indices]
    kept = columns >= 0
    row_ends = np.concatenate([[0], np.cumsum(kept)])[counts.indptr]
    moved = csr_array((counts.data[kept], columns[kept], row_ends), shape=(counts.shape[0], num_columns))
    moved.sum_duplicates()
    return moved


def list_filters(options: EbirdOptions) -> list[tuple[str, pl.Expr]]:
    """Return the filters of effort, date and region that are on, each with its name in the attrition table."""
    filters: list[tuple[str, pl.Expr]] = []
    if options.protocols is not None:
        filters.append((f"protocol {' or '.join(options.protocols)}", pl.col("is_wanted_protocol")))
    limits = (
        ("duration up to {:g} min", options.max_duration_min, pl.col("duration_min")),
        ("distance up to {:g} km", options.max_distance_km, pl.col("distance_km")),
        ("speed up to {:g} km/h", options.max_speed_kmh, _speed_kmh()),
        ("observers up to {:g}", options.max_observers, pl.col("num_observers")),
    )
    filters += [(name.format(limit), value <= limit) for name, limit, value in limits if limit is not None]
    if options.first_date is not None:
        filters.append((f"date from {options.first_date}", pl.col("date") >= options.first_date))
    if options.last_date is not None:
        filters.append((f"date up to {options.last_date}", pl.col("date") <= options.last_date))
    if options.bounds is not None:
        west, south, east, north = options.bounds
        is_inside = pl.col("longitude").is_between(west, east) & pl.col("latitude").is_between(south, north)
        filters.append((f"within {west:g} to {east:g} E, {south:g} to {north:g} N", is_inside))
    return filters


def apply_list_filters(stage: Stage, options: EbirdOptions, attrition: Attrition) -> Stage:
    """Apply the filters that are on, one after the other; a list without the value does not pass."""
    for name, condition in list_filters(options):
        mask = stage.lists.select(condition.fill_null(False).alias("kept")).to_series().to_numpy()
        stage = attrition.note(name, keep_lists(stage, mask))
    return stage


def apply_minimums(stage: Stage, options: EbirdOptions, attrition: Attrition) -> Stage:
    """Drop rare species, then short lists; again and again with `EbirdOptions.until_stable`."""
    while True:
        before = stage.counts.shape
        num_lists = np.bincount(stage.counts.indices, minlength=stage.species.height)
        stage = keep_species(stage, num_lists >= options.min_species_observations)
        if stage.counts.shape != before:
            attrition.note(f"species on at least {count_noun(options.min_species_observations, 'list')}", stage)
        num_species = np.diff(stage.counts.indptr)
        before_lists = stage.counts.shape
        stage = keep_lists(stage, num_species >= options.min_list_species)
        if stage.counts.shape != before_lists:
            attrition.note(f"lists with at least {options.min_list_species} species", stage)
        if not options.until_stable or stage.counts.shape == before:
            return stage


def _speed_kmh() -> pl.Expr:
    """Return the speed; 0 where the way is 0, whatever the duration."""
    return pl.when(pl.col("distance_km") == 0).then(0.0).otherwise(pl.col("distance_km") * 60 / pl.col("duration_min"))
