"""Dividing posed pictures, so that a test on identities never seen stands beside one on new pictures of known ones.

A network that has seen somebody in training may know by heart what they look like; whether it can draw anybody is
seen on identities it never met. Validation and test hold both kinds at once, and ``is_known`` tells them apart.
"""

from __future__ import annotations

import logging
from typing import Self

import polars as pl
from pydantic import Field, model_validator

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.seeds import numpy_generator
from subsong.core.words import count_noun
from subsong.datasets.splits import assign_splits

log = logging.getLogger(__name__)

_HELD_OUT = ("validation", "test")
_GIVEN = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test"}


class PoseSplitConfig(ConfigBase):
    """How posed pictures are divided into train, validation and test."""

    split_by: str = Field(
        "identity",
        description="Column whose values stay together: identity, pose, source, ...; picture: each by itself; split: "
        "as the column of this name says. Where there is one identity only, identity means picture.",
    )
    validation: float = Field(
        0.1, gt=0, lt=1, description="Share of the identities (or values of split_by) every epoch is judged by."
    )
    test: float = Field(0.1, ge=0, lt=1, description="Share for the test; 0: none.")
    known: float = Field(
        0.1,
        ge=0,
        lt=0.5,
        description="With split_by: identity, share of the pictures of each training identity that is kept from "
        "training and added to the test, and as much again to the validation; 0: none.",
    )

    @model_validator(mode="after")
    def _leaves_something(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError("validation and test leave nothing to train on: their sum must be below 1")
        return self


def divide_poses(items: pl.DataFrame, config: PoseSplitConfig, min_known: int, seed: int) -> pl.DataFrame:
    """Return the items with columns ``split`` (train, validation, test) and ``is_known``.

    Parameters
    ----------
    items
        One row a picture, with ``identity``.
    config
        How.
    min_known
        Fewest pictures of a training identity that are of use in validation or test: two where one shows the
        appearance of the other.
    seed
        Equal seeds and items give equal splits.

    Returns
    -------
    polars.DataFrame
        ``is_known`` is whether pictures of this identity are in the training part, so always True there.

    Raises
    ------
    SubsongError
        When there is no such column, or there are too few values for the parts asked for.

    Notes
    -----
    Divided by picture, neighbouring frames of a film fall on both sides and the figures come out too good: split such
    data by a column that says which film or which minute a picture is from.
    """
    column = _choose_column(items, config)
    shares = {"train": 1 - config.validation - config.test, "validation": config.validation, "test": config.test}
    if column == "split":
        split = _take_given(items)
    elif column is None:
        split = assign_splits(items.select("identity"), shares, seed)
    else:
        values = items.select(column).unique(maintain_order=True)
        _check_enough(values, column, [name for name, share in shares.items() if share > 0])
        split_of = values.with_columns(assign_splits(values, shares, seed, column))
        split = items.join(split_of, on=column, how="left", nulls_equal=True, maintain_order="left")["split"]
    if column == "identity" and config.known > 0:
        split = _keep_known(items, split, config, min_known, seed)
    trained = items["identity"].filter(split == "train").unique()
    is_known = items["identity"].is_in(trained.implode(), nulls_equal=True)
    return items.with_columns(split.alias("split"), is_known.alias("is_known"))


def _choose_column(items: pl.DataFrame, config: PoseSplitConfig) -> str | None:
    """Return the column whose values are kept together, or None where every picture is divided by itself."""
    if config.split_by == "picture":
        return None
    if config.split_by not in items.columns:
        raise SubsongError(
            f"data.split_by is {config.split_by!r}, the pictures have no such column: "
            f"{did_you_mean(config.split_by, ['picture', *items.columns])}"
        )
    if config.split_by == "identity" and items["identity"].n_unique() == 1:
        log.warning(
            "all %d pictures show one identity: they are divided picture by picture, and nothing measured on them "
            "tells how well others are drawn",
            items.height,
        )
        return None
    return config.split_by


def _check_enough(values: pl.DataFrame, column: str, parts: list[str]) -> None:
    if values.height < len(parts):
        raise SubsongError(
            f"{count_noun(values.height, 'value')} of {column} cannot be divided into {', '.join(parts)}: "
            "data.split_by=picture divides picture by picture instead"
        )


def _take_given(items: pl.DataFrame) -> pl.Series:
    """Return the split of every picture as the source has it."""
    said = items["split"].str.to_lowercase()
    unknown = items.filter(~said.is_in(list(_GIVEN)).fill_null(False))
    if unknown.height:
        row = unknown.row(0, named=True)
        raise SubsongError(
            f"{row['source']} row {row['row']} has split {row['split']!r}, expected train, validation or test: mend "
            "the column, or set data.split_by=identity"
        )
    split = said.replace_strict(_GIVEN, return_dtype=pl.String)
    lacking = {"train", "validation"} - set(split)
    if lacking:
        raise SubsongError(
            f"no picture's split is {min(lacking)}, and a run needs some to train on and some for validation: mend the "
            "column, or set data.split_by=identity"
        )
    return split


def _keep_known(items: pl.DataFrame, split: pl.Series, config: PoseSplitConfig, min_known: int, seed: int) -> pl.Series:
    """Move a share of each training identity's pictures to validation, and as many to the test where there is one.

    An identity gives none where less than half of its pictures would be left to train on.
    """
    names = split.to_numpy().astype(object)
    held_out = _HELD_OUT if config.test > 0 else _HELD_OUT[:1]
    rows = items.select("identity").with_row_index("picture").filter(split == "train")
    num_short = 0
    for (identity,), of_identity in rows.group_by("identity", maintain_order=True):
        pictures = of_identity["picture"].to_numpy()
        num_kept = max(min_known, round(config.known * len(pictures)))
        if 2 * num_kept * len(held_out) > len(pictures):
            num_short += 1
            continue
        order = numpy_generator(seed, "known pictures", str(identity)).permutation(pictures)
        for place, name in enumerate(held_out):
            names[order[place * num_kept : (place + 1) * num_kept]] = name
    if num_short:
        log.warning(
            "%d of the %d identities to train on have too few pictures to keep some for %s (data.known)",
            num_short,
            rows["identity"].n_unique(),
            " and ".join(held_out),
        )
    return pl.Series("split", names.tolist(), dtype=pl.String)
