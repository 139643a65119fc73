"""Writing a dataset store in parts, in any order and over several sittings: what is done stays done.

A part is some consecutive items. Its files are shards of the store to come, so that nothing is copied at the end. They
lie in a hidden folder beside the store, with the plan they belong to; the folder takes the store's name once all parts
are there.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self, cast

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import (
    atomic_file,
    disk_errors,
    read_json,
    remove_abandoned_files,
    remove_partial_files,
    replace_folder,
    write_json,
)
from subsong.datasets.folder_lock import FolderInUseError, lock_folder
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

_PLAN_NAME, _ITEMS = "plan.json", "items"


class StorePlan:
    """A store that is to be written in parts; use it in a ``with`` block, which nobody else can enter meanwhile.

    Parameters
    ----------
    path
        Folder of the store.
    kind
        What an item is, such as ``"syllables"``.
    parameters
        The settings the items are computed with; plain values that JSON can hold.
    sources
        The files they are computed from.
    num_parts
        How many parts there are.
    overwrite
        Replace the store that is there.
    items_key
        Stands for whatever else the items come from, such as a hash of the table of what to compute. With another
        one, nothing of an earlier sitting is used.

    Raises
    ------
    SubsongError
        When the folder holds anything and it is not a store, or is one and `overwrite` is False; at the start of the
        block, when another process writes the same store.
    """

    def __init__(
        self,
        path: str | Path,
        kind: str,
        parameters: Mapping[str, Any],
        sources: Sequence[SourceFile],
        num_parts: int,
        overwrite: bool = False,
        items_key: str = "",
    ) -> None:
        self.path = Path(path).expanduser().resolve()
        check_store_is_free(self.path, overwrite)
        self._kind, self._parameters, self._sources = kind, dict(parameters), tuple(sources)
        self._num_parts, self._items_key = num_parts, items_key
        self.folder = self.path.with_name(f".{self.path.name}.unfinished")
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        remove_abandoned_files(self.path)
        with disk_errors(self.path):
            try:
                self._stack.enter_context(lock_folder(self.folder))
            except FolderInUseError as error:
                raise SubsongError(
                    f"another process is writing the dataset {self.path}: wait for it, or choose another folder"
                ) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def begin(self) -> list[int]:
        """Return which parts are still to be written; what was begun with another plan is thrown away."""
        with disk_errors(self.path):
            if self._read_key() != self._key():
                self._clear()
                write_json(self.folder / _PLAN_NAME, {"key": self._key()})
            remove_partial_files(self.folder)
        return [part for part in range(self._num_parts) if not self._table_path(_ITEMS, part).exists()]

    def _clear(self) -> None:
        """Empty the folder, which stays, as it is locked."""
        for path in self.folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def write_part(
        self,
        part: int,
        arrays: Mapping[str, Sequence[np.ndarray]],
        items: pl.DataFrame,
        notes: Mapping[str, pl.DataFrame] | None = None,
    ) -> None:
        """Write the items of one part; safe from several threads or processes, each with its own part.

        Parameters
        ----------
        part
            From 0.
        arrays
            Of the same names, types and item shapes in every part; each in blocks of shape (B, ...), one after the
            other.
        items
            One row an item, of the same columns in every part. It may have no rows.
        notes
            Other tables by name, of any number of rows; for `read_notes`, not for the store.
        """
        assert all(sum(map(len, blocks)) == items.height for blocks in arrays.values())
        with disk_errors(self.path):
            for name, blocks in arrays.items():
                if items.height:
                    with atomic_file(self._shard_path(name, part)) as file:
                        _write_blocks(file, blocks)
            for name, table in (notes or {}).items():
                self._write_table(self._table_path(name, part), table)
            # The table of items comes last: a part that has one is whole.
            self._write_table(self._table_path(_ITEMS, part), items)

    def read_notes(self, name: str) -> list[pl.DataFrame]:
        """Return the tables `name` of all parts that have one, in order."""
        paths = [self._table_path(name, part) for part in range(self._num_parts)]
        return [pl.read_parquet(path.read_bytes()) for path in paths if path.exists()]

    def finish(self) -> int:
        """Turn the parts into a store; return how many items it has.

        Raises
        ------
        SubsongError
            When there is not a single item.
        """
        tables = self.read_notes(_ITEMS)
        assert len(tables) == self._num_parts
        items = pl.concat(tables) if tables else pl.DataFrame()
        if items.height == 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise SubsongError(f"dataset {self.path}: no items were found, so there is nothing to write")
        with disk_errors(self.path):
            self._write_table(self.folder / ITEMS_NAME, items)
            manifest = Manifest(
                kind=self._kind,
                parameters=self._parameters,
                sources=self._sources,
                num_items=items.height,
                arrays=self._describe_arrays([table.height for table in tables]),
            )
            write_json(self.folder / MANIFEST_NAME, manifest.model_dump(mode="json"))
            for path in self.folder.glob("*-*.parquet"):
                path.unlink()
            (self.folder / _PLAN_NAME).unlink()
            replace_folder(self.folder, self.path)
        return items.height

    @staticmethod
    def _write_table(path: Path, table: pl.DataFrame) -> None:
        with atomic_file(path) as file:
            table.write_parquet(file)

    def _describe_arrays(self, num_items: Sequence[int]) -> dict[str, ArrayEntry]:
        first = next(part for part, count in enumerate(num_items) if count)
        names = sorted(path.name.rsplit("-", 1)[0] for path in self.folder.glob(f"*-{first:05d}.npy"))
        return {name: self._describe_array(name, num_items) for name in names}

    def _describe_array(self, name: str, num_items: Sequence[int]) -> ArrayEntry:
        shards, entry = [], None
        for part, count in enumerate(num_items):
            if count:
                array = np.load(self._shard_path(name, part), mmap_mode="r", allow_pickle=False)
                entry = ArrayEntry(dtype=cast("DtypeName", array.dtype.name), item_shape=array.shape[1:], shards=())
                shards.append(Shard(file=self._shard_path(name, part).name, num_items=count))
        assert entry is not None
        return entry.model_copy(update={"shards": tuple(shards)})

    def _key(self) -> str:
        plan = {
            "kind": self._kind,
            "parameters": self._parameters,
            "sources": [source.model_dump() for source in self._sources],
            "num_parts": self._num_parts,
            "items_key": self._items_key,
        }
        return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()

    def _read_key(self) -> str | None:
        try:
            return str(read_json(self.folder / _PLAN_NAME)["key"])
        except (SubsongError, OSError, KeyError, TypeError):
            return None

    def _shard_path(self, name: str, part: int) -> Path:
        return self.folder / f"{name}-{part:05d}.npy"

    def _table_path(self, name: str, part: int) -> Path:
        return self.folder / f"{name}-{part:05d}.parquet"


def _write_blocks(file: IO[bytes], blocks: Sequence[np.ndarray]) -> None:
    """Write blocks as one ``.npy`` array, without putting them together first."""
    first = blocks[0]
    shape = (sum(map(len, blocks)), *first.shape[1:])
    header = {"descr": np.lib.format.dtype_to_descr(first.dtype), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    for block in blocks:
        assert block.dtype == first.dtype
        file.write(np.ascontiguousarray(block).data)


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
