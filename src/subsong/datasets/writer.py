"""Writing a dataset store batch by batch, in bounded memory, whole or not at all."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, cast, get_args

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_folder, write_json
from subsong.datasets.manifest import (
    ITEMS_NAME,
    MANIFEST_NAME,
    ArrayEntry,
    DtypeName,
    Manifest,
    Shard,
    SourceFile,
    is_store,
)

DEFAULT_SHARD_BYTES = 2**28


class DatasetWriter:
    """Write a store; use it in a ``with`` block, at whose end the folder takes its name.

    Parameters
    ----------
    path
        Folder of the store.
    kind
        What an item is, such as ``"pictures"``.
    parameters
        The settings the items are computed with; plain values that JSON can hold.
    sources
        The files they are computed from (see `describe_sources`).
    shard_bytes
        Size of a shard. Memory in use stays near this size for each array; the table of items is held whole.
    overwrite
        Replace the store that is there.

    Raises
    ------
    SubsongError
        At the start, when the folder holds anything and it is not a store, or is one and `overwrite` is False; at the
        end, when no items were written, or the disk is full. Whatever goes wrong, what was there before stays.

    Examples
    --------
    ``with DatasetWriter("songs", kind="spectrograms") as writer: writer.append({"x": specs}, items)``
    """

    def __init__(
        self,
        path: str | Path,
        kind: str,
        parameters: Mapping[str, Any] | None = None,
        sources: Sequence[SourceFile] = (),
        shard_bytes: int = DEFAULT_SHARD_BYTES,
        overwrite: bool = False,
    ) -> None:
        self.path = Path(path).expanduser()
        check_store_is_free(self.path, overwrite)
        self._kind, self._parameters, self._sources = kind, dict(parameters or {}), tuple(sources)
        self._shard_bytes = shard_bytes
        self._arrays: dict[str, _ArrayWriter] = {}
        self._items: list[pl.DataFrame] = []
        self._stack = contextlib.ExitStack()
        self._folder: Path | None = None

    def __enter__(self) -> DatasetWriter:
        self._folder = self._stack.enter_context(atomic_folder(self.path))
        return self

    def __exit__(
        self, error_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error_type is not None:
            self._stack.__exit__(error_type, error, traceback)
            return
        with self._stack:
            self._finish()

    def append(self, arrays: Mapping[str, np.ndarray], items: pl.DataFrame) -> None:
        """Add items.

        Parameters
        ----------
        arrays
            The same names, types and item shapes every time; shape (B, ...); uint8, int16, float16 or float32.
        items
            One row an item, the same columns every time.

        Raises
        ------
        SubsongError
            When numbers, names, types, shapes or columns do not agree.
        """
        assert self._folder is not None, "append is called inside the with block"
        if not self._items:
            self._arrays = {
                name: _ArrayWriter(self._folder, name, array, self._shard_bytes) for name, array in arrays.items()
            }
        self._check(arrays, items)
        for name, array in arrays.items():
            self._arrays[name].append(array)
        self._items.append(items)

    def _check(self, arrays: Mapping[str, np.ndarray], items: pl.DataFrame) -> None:
        """Refuse what does not fit before any of it is kept."""
        if set(arrays) != set(self._arrays):
            raise SubsongError(
                f"dataset {self.path}: arrays {sorted(arrays)}, expected {sorted(self._arrays)} as before"
            )
        for name, array in arrays.items():
            if len(array) != items.height:
                raise SubsongError(f"dataset {self.path}: {len(array)} values of {name!r} for {items.height} items")
            self._arrays[name].check(array)
        if self._items and items.schema != self._items[0].schema:
            columns, expected = dict(items.schema), dict(self._items[0].schema)
            raise SubsongError(f"dataset {self.path}: items of columns {columns}, expected {expected} as before")

    def _finish(self) -> None:
        assert self._folder is not None
        num_items = sum(items.height for items in self._items)
        if num_items == 0 or not self._arrays:
            raise SubsongError(f"dataset {self.path}: no items were found, so there is nothing to write")
        with open(self._folder / ITEMS_NAME, "wb") as file:
            pl.concat(self._items).write_parquet(file)
            _flush(file.fileno())
        manifest = Manifest(
            kind=self._kind,
            parameters=self._parameters,
            sources=self._sources,
            num_items=num_items,
            arrays={name: array.finish() for name, array in self._arrays.items()},
        )
        # The manifest comes last: a folder that has one is whole.
        write_json(self._folder / MANIFEST_NAME, manifest.model_dump(mode="json"))


class _ArrayWriter:
    """Gathers the items of one array and writes a shard whenever enough are there."""

    def __init__(self, folder: Path, name: str, first: np.ndarray, shard_bytes: int) -> None:
        if first.dtype.name not in get_args(DtypeName):
            raise SubsongError(f"array {name!r} is {first.dtype}, a dataset stores {', '.join(get_args(DtypeName))}")
        self._folder, self._name = folder, name
        self._dtype, self._item_shape = first.dtype.newbyteorder("="), first.shape[1:]
        self._shard_size = max(1, shard_bytes // max(1, first.dtype.itemsize * math.prod(self._item_shape)))
        self._pending: list[np.ndarray] = []
        self._num_pending = 0
        self._shards: list[Shard] = []

    def check(self, array: np.ndarray) -> None:
        if array.dtype.name != self._dtype.name or array.shape[1:] != self._item_shape:
            raise SubsongError(
                f"array {self._name!r}: items of {array.dtype} {array.shape[1:]}, expected {self._dtype} "
                f"{self._item_shape} as before"
            )

    def append(self, array: np.ndarray) -> None:
        while len(array):
            part = array[: self._shard_size - self._num_pending]
            # A copy: the caller may fill the same buffer again.
            self._pending.append(np.array(part, self._dtype, order="C", copy=True))
            self._num_pending += len(part)
            array = array[len(part) :]
            if self._num_pending == self._shard_size:
                self._write_shard()

    def finish(self) -> ArrayEntry:
        if self._pending:
            self._write_shard()
        dtype = cast("DtypeName", self._dtype.name)
        return ArrayEntry(dtype=dtype, item_shape=self._item_shape, shards=tuple(self._shards))

    def _write_shard(self) -> None:
        shard = Shard(file=f"{self._name}-{len(self._shards):05d}.npy", num_items=self._num_pending)
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (shard.num_items, *self._item_shape),
        }
        with open(self._folder / shard.file, "wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            # Part by part: putting them together first would take the memory twice.
            for part in self._pending:
                file.write(part.data)
            _flush(file.fileno())
        self._shards.append(shard)
        self._pending, self._num_pending = [], 0


def _flush(descriptor: int) -> None:
    """Wait until the disk has it, so that a manifest never outlives its shards in a power cut."""
    os.fsync(descriptor)


def check_store_is_free(path: Path, overwrite: bool) -> None:
    """Check that a store may be written to the folder `path`.

    Raises
    ------
    SubsongError
        When something else lies there, or a store and `overwrite` is False.
    """
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    if not is_store(path):
        raise SubsongError(f"{path} is there and is not a dataset: choose a new or empty folder")
    if not overwrite:
        raise SubsongError(f"{path} already holds a dataset: choose another folder, or replace it with --overwrite")
