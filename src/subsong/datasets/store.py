"""Reading a dataset store: a folder of plain ``.npy`` shards, a table of items and a manifest.

Read by memory map and fetched by index vector. `subsong.datasets.parts` makes stores.

Legend: B = rows fetched at once, N = items of the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.datasets.manifest import ITEMS_NAME, ArrayEntry, Manifest, Shard, read_manifest, read_manifest_of


class StoredArray:
    """An array that lies in shards on the disk and is read only where it is asked for.

    Parameters
    ----------
    shards
        Memory maps of one type and one shape per item, in order; at least one.

    Attributes
    ----------
    dtype
        Type of the values.
    item_shape
        Shape of one item, without the items' axis.
    """

    def __init__(self, shards: Sequence[np.ndarray]) -> None:
        self._shards = list(shards)
        self._ends = np.cumsum([len(shard) for shard in self._shards])
        self.dtype: np.dtype = self._shards[0].dtype
        self.item_shape: tuple[int, ...] = self._shards[0].shape[1:]

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the whole array, (N, ...)."""
        return (len(self), *self.item_shape)

    def fetch(self, index: np.ndarray) -> np.ndarray:
        """Return a copy of the items `index` (whole numbers in 0..N-1, any order, shape (B,)), shape (B, ...).

        Raises
        ------
        IndexError
            When an index is negative or not below N.
        """
        index = np.asarray(index, dtype=np.int64)
        if index.size and (index.min() < 0 or index.max() >= len(self)):
            raise IndexError(f"items {index.min()} to {index.max()} of an array of {len(self)}")
        if len(self._shards) == 1:
            (shard,) = self._shards
            return shard.take(index, axis=0)
        items = np.empty((len(index), *self.item_shape), self.dtype)
        shard_of_item = np.searchsorted(self._ends, index, side="right")
        for number in np.unique(shard_of_item):
            mine = shard_of_item == number
            shard = self._shards[number]
            items[mine] = shard[index[mine] - (self._ends[number] - len(shard))]
        return items


class Store(NamedTuple):
    """A dataset store, open for reading.

    Attributes
    ----------
    path
        Its folder.
    manifest
        What it says about itself.
    arrays
        The arrays by name.
    items
        One row an item, in order: ``source``, ``row``, ``label``, group columns, ``split`` when assigned, ...
    """

    path: Path
    manifest: Manifest
    arrays: dict[str, StoredArray]
    items: pl.DataFrame


def load_store(path: str | Path) -> Store:
    """Open the dataset store in the folder `path`.

    Nothing in it depends on where the folder stands: it may be moved or copied to another machine.

    Raises
    ------
    SubsongError
        When the store is missing, half-written, damaged, or of a newer version.
    """
    path = Path(path).expanduser()
    return _open(path, read_manifest(path))


def load_store_of(path: str | Path, kind: str, made_from: str = "recordings") -> Store:
    """Open the dataset store in the folder `path`, which should be of this kind; see `read_manifest_of`.

    Raises
    ------
    SubsongError
        As `load_store`, or when it is one of something else.
    """
    path = Path(path).expanduser()
    return _open(path, read_manifest_of(path, (kind,), made_from))


def _open(path: Path, manifest: Manifest) -> Store:
    arrays = {
        name: StoredArray([_open_shard(path / shard.file, shard, entry) for shard in entry.shards])
        for name, entry in manifest.arrays.items()
    }
    return Store(path, manifest, arrays, read_items(path / ITEMS_NAME, manifest.num_items))


def write_item_columns(path: str | Path, columns: Sequence[pl.Series]) -> pl.DataFrame:
    """Add columns to the items of the store in `path`, or replace those of the same names; return the new table.

    The table is replaced whole or not at all, and keeps its rows.

    Raises
    ------
    SubsongError
        When the store is not whole, or a column has another number of rows.
    """
    path = Path(path).expanduser()
    num_items = read_manifest(path).num_items
    items = read_items(path / ITEMS_NAME, num_items)
    for column in columns:
        if len(column) != num_items:
            raise SubsongError(
                f"column {column.name!r} has {len(column)} rows, the dataset {path} has {num_items} items"
            )
    items = items.with_columns(*columns)
    with atomic_file(path / ITEMS_NAME) as file:
        items.write_parquet(file)
    return items


def _open_shard(path: Path, shard: Shard, entry: ArrayEntry) -> np.ndarray:
    """Return the memory map of a shard as a plain array, which indexes faster."""
    expected = (shard.num_items, *entry.item_shape)
    try:
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError as error:
        raise SubsongError(f"{path} is missing from its dataset: copy the whole folder or prepare it again") from error
    except (ValueError, EOFError, OSError) as error:
        raise SubsongError(f"{path} is damaged or cut short: copy it again or prepare the dataset again") from error
    if not isinstance(values, np.ndarray) or values.shape != expected or values.dtype != np.dtype(entry.dtype):
        found = f"{values.dtype} {values.shape}" if isinstance(values, np.ndarray) else "several arrays"
        raise SubsongError(
            f"{path} holds {found}, the manifest says {entry.dtype} {expected}: the files do not belong together; "
            "prepare the dataset again"
        )
    return np.asarray(values)


def read_items(path: Path, num_items: int) -> pl.DataFrame:
    """Read the table of items in the file `path`, which should have `num_items` rows.

    Raises
    ------
    SubsongError
        When it is missing, damaged, or has another number of rows.
    """
    if not path.is_file():
        raise SubsongError(f"{path} is missing from its dataset: copy the whole folder or prepare it again")
    try:
        # Read whole, not by memory map: the file may be replaced while the table is in use.
        items = pl.read_parquet(path.read_bytes())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise SubsongError(f"{path} is damaged: copy it again or prepare the dataset again") from error
    if items.height != num_items:
        raise SubsongError(
            f"{path} has {items.height} rows, the manifest says {num_items} items: the files do not belong together; "
            "prepare the dataset again"
        )
    return items
