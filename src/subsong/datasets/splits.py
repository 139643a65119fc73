"""Dividing items into train, validation and test, so that nothing leaks from one into the other."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.seeds import numpy_generator

DEFAULT_FRACTIONS: Mapping[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
GROUP_COLUMNS = ("individual", "recording", "session", "day", "date", "site", "locality", "observer")
log = logging.getLogger(__name__)


def assign_splits(
    items: pl.DataFrame, fractions: Mapping[str, float] = DEFAULT_FRACTIONS, seed: int = 0, by: str | None = None
) -> pl.Series:
    """Assign every item to a split.

    Parameters
    ----------
    items
        One row an item.
    fractions
        Share of the items per split; they sum to 1. A split of share 0 stays empty.
    seed
        Equal seeds and items give equal splits.
    by
        Column whose values must not be divided, such as ``"individual"``; None assigns each item by itself. Items
        without a value count as one group.

    Returns
    -------
    polars.Series
        Names of splits, called ``split``, in the order of the items.

    Raises
    ------
    SubsongError
        When the fractions do not sum to 1, the column is unknown, or there are too few items or groups to give every
        split one.

    Notes
    -----
    Syllables of one bird, one recording or one day resemble each other more than those of another. A split that
    divides such a group makes every figure on the test part too good; a warning is logged when the items have such
    columns and `by` is None. Group by what shall be new when the model is used: a new bird, a new day, a new place.
    """
    fractions = _check_fractions(fractions)
    if by is None:
        _warn_of_groups(items)
        groups = np.arange(items.height)
    else:
        groups = _number_groups(items, by)
    sizes = np.bincount(groups)
    if len(sizes) < len(fractions):
        what = "items" if by is None else f"groups in column {by!r}"
        raise SubsongError(
            f"{len(sizes)} {what} cannot be divided into {len(fractions)} splits ({', '.join(fractions)}): every split "
            "needs one at least; use fewer splits or more data"
        )
    order = numpy_generator(seed, "splits").permutation(len(sizes))
    numbers = _fill_at_random(order, fractions) if by is None else _fill_greedily(order, sizes, fractions)
    return pl.Series("split", np.array(list(fractions))[numbers][groups], dtype=pl.String)


def _check_fractions(fractions: Mapping[str, float]) -> dict[str, float]:
    total = math.fsum(fractions.values())
    if not math.isclose(total, 1, abs_tol=1e-6) or any(share < 0 for share in fractions.values()):
        shares = ", ".join(f"{name} {share:g}" for name, share in fractions.items())
        raise SubsongError(
            f"the fractions of the splits ({shares}) sum to {total:g}, expected shares of 0-1 that sum to 1"
        )
    return {name: share for name, share in fractions.items() if share > 0}


def _warn_of_groups(items: pl.DataFrame) -> None:
    grouped = [
        name for name in GROUP_COLUMNS if name in items.columns and items[name].drop_nulls().is_duplicated().any()
    ]
    if grouped:
        log.warning(
            "the split is random although the items are grouped (%s): like items fall on both sides of it and the "
            "figures come out too good; split by one of these columns",
            ", ".join(grouped),
        )


def _number_groups(items: pl.DataFrame, by: str) -> np.ndarray:
    """Return the number of each item's group; groups are numbered by value, so that the order of items is no matter."""
    if by not in items.columns:
        raise SubsongError(f"the items have no column {by!r} to split by; {did_you_mean(by, items.columns)}")
    num_missing = items[by].null_count()
    if num_missing:
        log.warning("%d of %d items have no %s: they are kept together as one group", num_missing, items.height, by)
    return (items[by].rank("dense").cast(pl.Int64)).fill_null(0).to_numpy() - (0 if num_missing else 1)


def _fill_at_random(order: np.ndarray, fractions: Mapping[str, float]) -> np.ndarray:
    """Return the split of every item: exact shares, rounded so that each split has one at least."""
    shares = np.array(list(fractions.values()))
    counts = np.maximum(1, np.floor(shares * len(order) + 1e-9).astype(np.int64))
    while counts.sum() != len(order):
        step = 1 if counts.sum() < len(order) else -1
        # What is furthest from its share gives or takes one; a split is never emptied.
        want = np.where((step < 0) & (counts == 1), -np.inf, step * (shares * len(order) - counts))
        counts[np.argmax(want)] += step
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.repeat(np.arange(len(shares)), counts)
    return numbers


def _fill_greedily(order: np.ndarray, sizes: np.ndarray, fractions: Mapping[str, float]) -> np.ndarray:
    """Return the split of every group: largest groups first, each to the split that lacks most items."""
    lacking = np.array(list(fractions.values())) * sizes.sum()
    is_empty = np.ones(len(lacking), bool)
    numbers = np.empty(len(sizes), np.int64)
    by_size = order[np.argsort(-sizes[order], kind="stable")]
    for num_done, group in enumerate(by_size):
        only_empty = len(sizes) - num_done <= is_empty.sum()
        split = int(np.argmax(np.where(is_empty | (not only_empty), lacking, -np.inf)))
        numbers[group] = split
        lacking[split] -= sizes[group]
        is_empty[split] = False
    return numbers
