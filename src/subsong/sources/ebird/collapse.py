"""Copies of a shared list -> one list with the species of all of them.

Legend: N = lists before, M = lists after, D = species.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import csr_array

from subsong.sources.ebird.steps import Stage


def collapse_lists(stage: Stage, by_group: bool) -> Stage:
    """Merge the lists of a group (or none), and bring all into the order of their ids.

    A species is on the merged list when it is on one of them; its count is the largest, unknown only where none is
    known. Place, time and effort are those of the member whose id comes first as text (as auk has it); ``members``
    names all. The merged list is complete when one of them is.
    """
    lists = stage.lists.with_row_index("row")
    lists = lists.with_columns(whole=pl.coalesce("group", "list") if by_group else pl.col("list")).sort("whole", "list")
    groups = lists.group_by("whole", maintain_order=True)
    merged = groups.agg(
        pl.all().exclude("list", "complete").first(), pl.col("list").alias("members"), pl.col("complete").any()
    )
    new_rows = np.empty(lists.height, np.int64)
    new_rows[lists["row"].to_numpy()] = lists["whole"].rle_id().to_numpy()
    merged = merged.with_columns(pl.col("members").list.join(","), pl.col("whole").alias("list"))
    if merged.height == lists.height:
        counts = stage.counts[lists["row"].to_numpy()]
    else:
        counts = _merge_rows(stage.counts, new_rows, merged.height)
    return Stage(merged.drop("row", "whole"), stage.species, counts)


def _merge_rows(counts: csr_array, new_rows: np.ndarray, num_rows: int) -> csr_array:
    """Return shape (M, D): rows (N,) moved to `new_rows`, the largest known count where several meet."""
    num_columns = counts.shape[1]
    rows = np.repeat(new_rows.astype(np.int64), np.diff(counts.indptr))
    keys = rows * num_columns + counts.indices
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    starts = np.flatnonzero(np.diff(keys, prepend=-1))
    if not len(starts):
        return csr_array((num_rows, num_columns), dtype=np.float32)
    values = np.fmax.reduceat(counts.data[order], starts)
    merged_rows, columns = np.divmod(keys[starts], num_columns)
    row_ends = np.concatenate([[0], np.cumsum(np.bincount(merged_rows, minlength=num_rows))])
    return csr_array((values, columns.astype(np.int32), row_ends.astype(np.int32)), shape=(num_rows, num_columns))
