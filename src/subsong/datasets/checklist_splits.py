"""Dividing checklists so that a test on new places stands beside a test on new lists from known places.

A random split of lists flatters: lists of one place, or of one observer on one day, fall on both sides of it. Here the
test part is made of both kinds at once, and a column ``part`` says which list is of which, so that one training gives
both figures.

Legend: N = lists.
"""

from __future__ import annotations

import logging
from typing import Self

import numpy as np
import polars as pl
from pydantic import Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.words import count_noun
from subsong.datasets.splits import assign_splits
from subsong.sources.checklists import Checklists

log = logging.getLogger(__name__)

GROUPS = ("site", "route", "locality")
"""Columns taken as groups by ``by: auto``, the first that some lists share; ``siteID`` and ``site_id`` are ``site``."""

RANDOM, BLOCKED = "random", "blocked"
"""Parts of the test: lists of groups that were also trained on, and lists of groups that were not."""

_KM_PER_DEGREE = 111.32


class ChecklistSplitConfig(ConfigBase):
    """How lists are divided into train, validation and test."""

    by: str | None = Field(
        "auto",
        description="Column whose lists stay together: locality, observer, block, ...; auto: the first of site, route, "
        "locality that some lists share; null: every list by itself.",
    )
    block_km: float = Field(25.0, gt=0, description="Side of the squares of by: block, from coordinates.")
    validation: float = Field(0.1, gt=0, lt=1, description="Share of the lists that every epoch is judged by.")
    test: float = Field(
        0.2, ge=0, lt=1, description="Share for the test; with groups, half of it whole groups, half single lists."
    )
    num_folds: int | None = Field(
        None, ge=2, description="Divide the groups into so many folds; the test is one of them, in place of a share."
    )
    fold: int = Field(0, ge=0, description="Which fold is the test, from 0.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.num_folds is not None and self.fold >= self.num_folds:
            raise ValueError(f"fold {self.fold} of {self.num_folds}: they are numbered from 0")
        if self.validation + self.test >= 1:
            raise ValueError("validation and test leave nothing to train on: their sum must be below 1")
        return self


def split_checklists(checklists: Checklists, config: ChecklistSplitConfig, seed: int) -> pl.DataFrame:
    """Return the items with columns ``split`` (train, validation, test) and ``part`` (of the test: random, blocked).

    Where lists are grouped, a column ``split_group`` holds the value they were grouped by.

    Validation lists come from groups of their own too, so that early stopping does not reward memory of places.

    Raises
    ------
    SubsongError
        When there is no such column, or too few lists or groups for the parts asked for.
    """
    items, by = _add_groups(checklists, config)
    _check_enough(items, by, config)
    if config.num_folds is not None:
        kinds = _take_fold(items, by, config, seed)
    elif by is None or config.test == 0:
        kinds = assign_splits(items, _shares(config, config.test, by), seed, by)
    else:
        kinds = _take_both(items, by, config, seed)
    is_test = kinds.is_in([RANDOM, BLOCKED])
    parts = pl.DataFrame({"kind": kinds, "is_test": is_test}).select(
        split=pl.when("is_test").then(pl.lit("test")).otherwise("kind"), part=pl.when("is_test").then("kind")
    )
    groups = [] if by is None else [items[by].cast(pl.String).alias("split_group")]
    return pl.concat([items, parts], how="horizontal").with_columns(*groups)


def _shares(config: ChecklistSplitConfig, test: float, by: str | None) -> dict[str, float]:
    test_kind = RANDOM if by is None else BLOCKED
    return {"train": 1 - config.validation - test, "validation": config.validation, test_kind: test}


def _add_groups(checklists: Checklists, config: ChecklistSplitConfig) -> tuple[pl.DataFrame, str | None]:
    """Return the items, with a column of blocks where asked for, and the column to group by."""
    items = checklists.items
    if config.by == "block" and "block" not in items.columns:
        return items.with_columns(compute_blocks(checklists.covariates, config.block_km)), "block"
    if config.by != "auto":
        if config.by is not None and config.by not in items.columns:
            raise SubsongError(f"no column {config.by!r} to split lists by; {did_you_mean(config.by, items.columns)}")
        return items, config.by
    by = next((name for name in _find_groups(items) if items[name].drop_nulls().is_duplicated().any()), None)
    log.info("lists are divided by %s", by or "chance: no column says which belong together")
    return items, by


def _find_groups(items: pl.DataFrame) -> list[str]:
    """Return the columns that are called as one of `GROUPS`, in their order."""
    plain = {name: name.lower().replace("_", "").removesuffix("id") for name in items.columns}
    return [name for group in GROUPS for name in plain if plain[name] == group]


def compute_blocks(covariates: pl.DataFrame, block_km: float) -> pl.Series:
    """Return the square each list lies in, as text such as ``12:-3``; null where the place is unknown.

    Parameters
    ----------
    covariates
        With ``latitude`` and ``longitude`` in degrees, or ``x`` and ``y`` in metres.
    block_km
        Side of a square, km; along a parallel it is measured at the middle of the row of squares.

    Raises
    ------
    SubsongError
        When there are no coordinates.
    """
    if {"latitude", "longitude"} <= set(covariates.columns):
        row = (covariates["latitude"] * _KM_PER_DEGREE / block_km).floor()
        middle = ((row + 0.5) * block_km / _KM_PER_DEGREE).radians()
        column = (covariates["longitude"] * middle.cos() * _KM_PER_DEGREE / block_km).floor()
    elif {"x", "y"} <= set(covariates.columns):
        row, column = ((covariates[axis] / (1000 * block_km)).floor() for axis in ("y", "x"))
    else:
        raise SubsongError(
            "blocks need coordinates among the covariates: latitude and longitude (degrees), or x and y (metres); "
            f"found {', '.join(covariates.columns) or 'none'}"
        )
    numbers = pl.DataFrame({"row": row.cast(pl.Int64), "column": column.cast(pl.Int64)})
    return numbers.select(pl.format("{}:{}", "row", "column").alias("block"))["block"]


def _check_enough(items: pl.DataFrame, by: str | None, config: ChecklistSplitConfig) -> None:
    num_groups = items.height if by is None else items[by].n_unique()
    needed = 3 if config.num_folds is None else config.num_folds
    if num_groups < needed:
        what = count_noun(num_groups, "list" if by is None else "group") + ("" if by is None else f" of column {by!r}")
        raise SubsongError(
            f"{what} cannot be divided into train, validation and test (at least {needed} are needed): "
            "give more data, or another column to data.split.by"
        )


def _take_fold(items: pl.DataFrame, by: str | None, config: ChecklistSplitConfig, seed: int) -> pl.Series:
    """Return the split with one fold as the test; the folds depend on the seed alone, not on which is taken."""
    assert config.num_folds is not None
    folds = assign_splits(items, {str(fold): 1 / config.num_folds for fold in range(config.num_folds)}, seed, by)
    is_rest = (folds != str(config.fold)).to_numpy()
    names = np.full(items.height, RANDOM if by is None else BLOCKED, object)
    names[is_rest] = assign_splits(items.filter(is_rest), _shares(config, 0.0, by), seed, by).to_numpy()
    return pl.Series("kind", names.tolist(), dtype=pl.String)


def _take_both(items: pl.DataFrame, by: str, config: ChecklistSplitConfig, seed: int) -> pl.Series:
    """Return the split: whole groups for one half of the test, for the other half single lists of the other groups."""
    kinds = assign_splits(items, _shares(config, config.test / 2, by), seed, by)
    rows = (kinds == "train").arg_true().to_numpy()
    share = config.test / 2 / (1 - config.validation - config.test / 2)
    if round(share * len(rows)) == 0:
        return kinds
    names = kinds.to_numpy().astype(object)
    names[rows] = assign_splits(pl.DataFrame({"row": rows}), {"train": 1 - share, RANDOM: share}, seed).to_numpy()
    return pl.Series("kind", names.tolist(), dtype=pl.String)
