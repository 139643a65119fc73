"""Making a dataset store, whatever it holds: begun, computed part by part, gone on with, and finished.

What is computed, and from what, each kind of store says for itself (`StoreContent`); how (`WritingOptions`) is the same
for all. `subsong.datasets.parts` knows the files.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from subsong.core.files import atomic_file, disk_errors
from subsong.core.progress import Progress
from subsong.datasets.apart import check_source
from subsong.datasets.manifest import SourceFile
from subsong.datasets.part_workers import run_bounded
from subsong.datasets.parts import StorePlan, check_store_is_free

AUDIT_NAME, SKIPPED_NAME = "audit.csv", "skipped.csv"
"""Lists beside a store of recordings: one row a recording; what is not in it or was changed, and why."""
CHECKING = "checking recordings"


class WritingOptions(NamedTuple):
    """How a store is written; changes nothing of what is in it.

    Attributes
    ----------
    overwrite
        Replace the store that is there.
    progress
        Told what is done, how much of it is done and how much there is.
    num_workers
        Parts at a time; None: one a processor, 8 at most.
    """

    overwrite: bool = False
    progress: Progress | None = None
    num_workers: int | None = None

    def tell(self, what: str, done: int, total: int) -> None:
        """Tell how much of something is done."""
        if self.progress is not None:
            self.progress(what, done, total)

    def counting(self, what: str) -> Callable[[int, int], None]:
        """Return what is to be told how much of `what` is done, and how much there is."""
        return partial(self.tell, what)


AS_USUAL = WritingOptions()


class StoreContent(NamedTuple):
    """What a store is to hold; with another content, nothing of an earlier sitting is used.

    Attributes
    ----------
    kind
        What an item is, such as ``"syllables"``.
    parameters
        The settings the items are computed with; plain values that JSON can hold.
    sources
        The files they are computed from.
    rows
        What is to be computed, one row after the other.
    part_size
        Rows of a part.
    tables
        Tables that belong to the store, by file name; Parquet.
    """

    kind: str
    parameters: Mapping[str, Any]
    sources: Sequence[SourceFile]
    rows: pl.DataFrame
    part_size: int
    tables: Mapping[str, pl.DataFrame] = {}


class Part(NamedTuple):
    """What was computed of some consecutive rows.

    Attributes
    ----------
    arrays
        By name, each in blocks of shape (B, ...), one after the other.
    items
        One row an item.
    lists
        Rows for the lists beside the store, by file name.
    """

    arrays: Mapping[str, Sequence[np.ndarray]]
    items: pl.DataFrame
    lists: Mapping[str, pl.DataFrame] = {}


class WrittenStore(NamedTuple):
    """How many items a store has, and the lists beside it, by file name."""

    num_items: int
    lists: dict[str, pl.DataFrame]


def begin_store(
    source: str | Path, out: str | Path, options: WritingOptions, made_from: str = "recordings"
) -> tuple[Path, Path]:
    """Return the places of what is read and of the store to be, checked before hours of reading, not after.

    Raises
    ------
    SubsongError
        When the source is a dataset or would be replaced, or something else than a store to be replaced is there.
    """
    source, out = Path(source).expanduser(), Path(out).expanduser()
    check_source(source, out, made_from)
    check_store_is_free(out, options.overwrite)
    return source, out


def write_store(
    out: Path,
    content: StoreContent,
    compute: Callable[[range], Part],
    lists: Mapping[str, pl.DataFrame],
    options: WritingOptions,
    what: str = "computing spectrograms",
) -> WrittenStore:
    """Write a store, whole or not at all; interrupted, the parts that were done are kept for the next call.

    Parameters
    ----------
    out
        Its folder.
    content
        What it is to hold.
    compute
        Computes some of the rows of `content`; called from several threads.
    lists
        Tables that tell of it, by file name; csv. What parts have for them is added.
    options
        How.
    what
        What is done, in a few words.

    Raises
    ------
    SubsongError
        When the store cannot be written, or not a single item was computed.
    """
    num_rows, size = content.rows.height, content.part_size
    parts = [range(start, min(start + size, num_rows)) for start in range(0, num_rows, size)]
    with _plan(out, content, len(parts), options.overwrite) as plan:
        _compute_parts(plan, parts, compute, options, what)
        complete = {name: pl.concat([table, *plan.read_notes(Path(name).stem)]) for name, table in lists.items()}
        for name, table in content.tables.items():
            with disk_errors(out / name), atomic_file(plan.folder / name) as file:
                table.write_parquet(file)
        for name, table in complete.items():
            with disk_errors(out / name), atomic_file(plan.folder / name) as file:
                table.write_csv(file)
        return WrittenStore(plan.finish(), complete)


def _plan(out: Path, content: StoreContent, num_parts: int, overwrite: bool) -> StorePlan:
    # Annotations that were edited meanwhile make another store.
    key = "".join(_hash_table(table) for table in (content.rows, *content.tables.values()))
    return StorePlan(out, content.kind, content.parameters, content.sources, num_parts, overwrite, key)


def _compute_parts(
    plan: StorePlan, parts: Sequence[range], compute: Callable[[range], Part], options: WritingOptions, what: str
) -> None:
    """Compute and write the parts that are missing."""
    num_rows = sum(map(len, parts))
    missing = plan.begin()
    num_done = num_rows - sum(len(parts[part]) for part in missing)
    options.tell(what, num_done, num_rows)

    def run(part: int) -> int:
        made = compute(parts[part])
        plan.write_part(part, made.arrays, made.items, {Path(name).stem: rows for name, rows in made.lists.items()})
        return len(parts[part])

    with contextlib.closing(run_bounded(run, missing, options.num_workers)) as done:
        for num_more in done:
            num_done += num_more
            options.tell(what, num_done, num_rows)


def _hash_table(table: pl.DataFrame) -> str:
    return hashlib.sha256(table.write_csv().encode()).hexdigest()
