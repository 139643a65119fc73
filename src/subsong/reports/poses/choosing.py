"""Which rows of an evaluation of poses stand in figures: drawn with a seed, not picked for their looks.

Legend: N = rows of an evaluation.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import numpy_generator


class Ranked(NamedTuple):
    """Rows in groups, side by side.

    Attributes
    ----------
    rows
        int64.
    labels
        Group and score of each.
    breaks
        Where a group begins but the first.
    """

    rows: np.ndarray
    labels: list[str]
    breaks: tuple[int, ...]


class People(NamedTuple):
    """Rows of different identities, those known from training first.

    Attributes
    ----------
    rows
        int64.
    names
        Of the identities; new ones say so.
    num_known
        How many are known.
    """

    rows: np.ndarray
    names: list[str]
    num_known: int


def choose_ranked(score_N: np.ndarray, num_each: int) -> Ranked:
    """Return the rows with the best scores, those around the median, and the worst; no row twice."""
    order = np.argsort(-score_N, kind="stable")
    order = order[np.isfinite(score_N[order])]
    num_each = min(num_each, len(order) // 3) or min(1, len(order))
    middle = max(num_each, len(order) // 2 - num_each // 2)
    groups = {
        "best": order[:num_each],
        "median": order[middle : middle + num_each],
        "worst": order[max(middle + num_each, len(order) - num_each) :],
    }
    labels = [f"{name}\n{score_N[row]:.3f}" for name, rows in groups.items() for row in rows]
    ends = np.cumsum([len(rows) for rows in groups.values()])[:-1]
    return Ranked(np.concatenate(list(groups.values())), labels, tuple(dict.fromkeys(ends.tolist())))


def choose_people(items: pl.DataFrame, num_each: int, seed: int) -> People:
    """Return a row of each of some known, and of some new identities.

    Parameters
    ----------
    items
        ``identity``, and ``is_known`` where that is told; pictures without an identity stand for themselves.
    num_each
        Identities of each kind, at most.
    seed
        Of the draw.
    """
    if "is_known" not in items.columns:
        items = items.with_columns(is_known=pl.lit(True))
    rows: list[int] = []
    names: list[str] = []
    counts = []
    for is_known in (True, False):
        firsts = _draw_firsts(items, "identity", items["is_known"].fill_null(True) == is_known, num_each, seed)
        counts.append(len(firsts))
        rows += firsts
        names += [f"{items['identity'][row] or f'row {row}'}{'' if is_known else ' (new)'}" for row in firsts]
    return People(np.array(rows, np.int64), names, counts[0])


def choose_poses(items: pl.DataFrame, num_poses: int, seed: int) -> np.ndarray:
    """Return rows of different poses, int64; pictures whose pose has no name count as different ones."""
    everything = pl.Series([True] * items.height, dtype=pl.Boolean)
    return np.array(_draw_firsts(items, "pose", everything, num_poses, seed), np.int64)


def _draw_firsts(items: pl.DataFrame, column: str, wanted: pl.Series, number: int, seed: int) -> list[int]:
    """Return one row of each of some values of a column, by value, those without one last."""
    values = items[column].to_list()
    seen: set[object] = set()
    rows: list[int] = []
    for row in numpy_generator(seed, "figures", column).permutation(items.height).tolist():
        value = row if values[row] is None else values[row]
        if wanted[row] and value not in seen and len(rows) < number:
            seen.add(value)
            rows.append(row)
    return sorted(rows, key=lambda row: (values[row] is None, values[row] or "", row))
