"""The evaluation store: outputs and per-example losses of a whole split, in dataset order.

A store is a folder: ``manifest.json`` (written last: without it the store is incomplete), ``losses.parquet`` (one
row an example: its index, where it comes from, its loss and each term before its weight) and
``outputs/<name>.npy`` (one row an example). It holds no path to anything outside, so it may be moved, and it is read
without the model: anyone can score it again.

Legend: N = examples of the split, B = examples of a batch.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import PARTIAL_SUFFIX, disk_errors, read_json, replace_folder, write_json

FORMAT, VERSION = "subsong-evaluation", 1


class _ArrayFile:
    """A ``.npy`` file whose rows are written where they belong, in any order.

    By plain writes: one to a full disk raises, where one through a memory map would kill the process.
    """

    def __init__(self, path: Path, dtype: np.dtype, shape: tuple[int, ...]) -> None:
        self.path, self.dtype, self.shape = path, dtype, shape
        header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
        with open(path, "wb") as file:
            np.lib.format.write_array_header_2_0(file, header)
            self._start, self._row_bytes = file.tell(), dtype.itemsize * math.prod(shape[1:])

    def write(self, rows_B: np.ndarray, values: np.ndarray) -> None:
        """Write rows; neighbouring ones at once."""
        cuts = np.flatnonzero(np.diff(rows_B) != 1) + 1
        with open(self.path, "r+b") as file:
            for rows, block in zip(np.split(rows_B, cuts), np.split(values, cuts), strict=True):
                file.seek(self._start + int(rows[0]) * self._row_bytes)
                file.write(np.ascontiguousarray(block, dtype=self.dtype).data)


class EvaluationWriter:
    """Collects batches in any order and leaves a whole store, or one that says it is incomplete.

    Parameters
    ----------
    path
        Folder of the store; replaced when the new one is whole.
    num_items
        N.
    metadata
        Goes into the manifest: step, epoch, split, weights, ...
    """

    def __init__(self, path: str | Path, num_items: int, metadata: Mapping[str, Any]) -> None:
        self.path, self.num_items, self.metadata = Path(path), num_items, dict(metadata)
        self.partial_path = self.path.with_name(f".{self.path.name}.{os.getpid()}{PARTIAL_SUFFIX}")
        self._outputs: dict[str, _ArrayFile] = {}
        self._losses: dict[str, np.ndarray] = {}
        self._seen = np.zeros(num_items, dtype=bool)
        with disk_errors(self.path):
            shutil.rmtree(self.partial_path, ignore_errors=True)
            (self.partial_path / "outputs").mkdir(parents=True)

    def add(self, rows_B: np.ndarray, losses: Mapping[str, np.ndarray], outputs: Mapping[str, np.ndarray]) -> None:
        """Add a batch.

        Parameters
        ----------
        rows_B
            Index of each example in its dataset, shape (B,).
        losses
            Name -> one value an example, shape (B,); ``loss`` (the weighted total) among them.
        outputs
            Name -> array (B, ...), stored in its own dtype, without loss.
        """
        with disk_errors(self.path):
            for name, values in losses.items():
                column_N = self._losses.setdefault(name, np.full(self.num_items, np.nan))
                column_N[rows_B] = values
            for name, values in outputs.items():
                self._file(name, values).write(rows_B, values)
        self._seen[rows_B] = True

    def _file(self, name: str, values: np.ndarray) -> _ArrayFile:
        if name not in self._outputs:
            path = self.partial_path / "outputs" / f"{name}.npy"
            self._outputs[name] = _ArrayFile(path, values.dtype, (self.num_items, *values.shape[1:]))
        return self._outputs[name]

    def add_losses(self, losses: Mapping[str, np.ndarray]) -> None:
        """Add columns that were computed for the whole split at once, shape (N,) each, in dataset order."""
        self._losses.update({name: np.asarray(values, dtype=np.float64) for name, values in losses.items()})

    def output(self, name: str) -> np.ndarray:
        """Return an output of which every row was added, shape (N, ...), as a read-only memory map."""
        array: np.ndarray = np.load(self._outputs[name].path, mmap_mode="r", allow_pickle=False)
        return array

    def close(self, items: pl.DataFrame | None = None, metrics: Mapping[str, float] | None = None) -> None:
        """Write the table and the manifest, and give the folder its name.

        Raises
        ------
        SubsongError
            When an example of the split was never added; the folder stays behind as incomplete.
        """
        if not self._seen.all():
            missing = int(np.flatnonzero(~self._seen)[0])
            raise SubsongError(
                f"evaluation {self.path} is incomplete: {self._seen.sum()} of {self.num_items} examples were added "
                f"(the first missing is {missing})"
            )
        table = pl.DataFrame({"index": np.arange(self.num_items), **self._losses})
        if items is not None:
            table = pl.concat([table, items.rename(lambda name: f"item_{name}")], how="horizontal")
        with disk_errors(self.path):
            _write_table(self.partial_path / "losses.parquet", table)
            write_json(self.partial_path / "manifest.json", self._manifest(metrics or {}))
            replace_folder(self.partial_path, self.path)

    def _manifest(self, metrics: Mapping[str, float]) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "version": VERSION,
            "complete": True,
            "num_items": self.num_items,
            "losses": list(self._losses),
            "outputs": {
                name: {"shape": array.shape, "dtype": str(array.dtype)} for name, array in self._outputs.items()
            },
            "metrics": dict(metrics),
            **self.metadata,
        }

    def discard(self) -> None:
        """Remove what was written so far."""
        shutil.rmtree(self.partial_path, ignore_errors=True)


def _write_table(path: Path, table: pl.DataFrame) -> None:
    """Write through memory: polars' own error for a full disk is no OSError."""
    buffer = io.BytesIO()
    table.write_parquet(buffer)
    path.write_bytes(buffer.getbuffer())


def _check_replaceable(path: Path) -> None:
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return
    manifest = path / "manifest.json"
    content = read_json(manifest) if manifest.is_file() else None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise SubsongError(f"{path} is there already and is no evaluation: name another folder")


@contextlib.contextmanager
def open_writer(path: str | Path, num_items: int, metadata: Mapping[str, Any]) -> Iterator[EvaluationWriter]:
    """Yield a writer whose half-written folder goes away when the block ends in an error.

    Raises
    ------
    SubsongError
        At once, when `path` holds anything that is no evaluation: it is left alone.
    """
    _check_replaceable(Path(path))
    writer = EvaluationWriter(path, num_items, metadata)
    try:
        yield writer
    except BaseException:
        writer.discard()
        raise


class Evaluation:
    """A stored evaluation, read by memory map.

    Parameters
    ----------
    path
        Folder of the store.

    Raises
    ------
    SubsongError
        When the folder is no evaluation, an incomplete one, or one of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.manifest = self._read_manifest()
        self.losses = self._read_losses()
        """One row an example, in dataset order: ``index``, ``loss``, each term, ``item_...`` where known."""
        self.metrics: dict[str, float] = self.manifest["metrics"]

    def _read_manifest(self) -> dict[str, Any]:
        file = self.path / "manifest.json"
        if not file.is_file():
            raise SubsongError(
                f"{self.path} is not a whole evaluation: it has no manifest.json; a run that was killed leaves one "
                "unfinished, so evaluate again"
            )
        manifest: dict[str, Any] = read_json(file)
        if manifest.get("format") != FORMAT or manifest.get("version") != VERSION:
            found = f"{manifest.get('format')} version {manifest.get('version')}"
            raise SubsongError(f"{file} is of {found}, expected {FORMAT} version {VERSION}: evaluate again")
        if not manifest.get("complete"):
            raise SubsongError(f"{self.path} is an incomplete evaluation: evaluate again")
        return manifest

    def _read_losses(self) -> pl.DataFrame:
        file = self.path / "losses.parquet"
        try:
            losses = pl.read_parquet(file, memory_map=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise SubsongError(f"{file} is missing or damaged: evaluate again") from error
        if len(losses) != self.manifest["num_items"]:
            raise SubsongError(
                f"{file} has {len(losses)} rows, the manifest says {self.manifest['num_items']}: evaluate again"
            )
        return losses

    def __len__(self) -> int:
        return int(self.manifest["num_items"])

    @property
    def output_names(self) -> list[str]:
        """Names of the stored outputs."""
        return list(self.manifest["outputs"])

    def output(self, name: str) -> np.ndarray:
        """Return a stored output, shape (N, ...), as a read-only memory map.

        Raises
        ------
        SubsongError
            When there is none of that name, or its file is damaged.
        """
        if name not in self.manifest["outputs"]:
            raise SubsongError(f"evaluation {self.path} has no output {name!r}; it has {', '.join(self.output_names)}")
        file = self.path / "outputs" / f"{name}.npy"
        try:
            array: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            raise SubsongError(f"{file} is missing or damaged: evaluate again") from error
        said = self.manifest["outputs"][name]
        if list(array.shape) != said["shape"] or str(array.dtype) != said["dtype"]:
            raise SubsongError(
                f"{file} holds {array.dtype} {array.shape}, the manifest says {said['dtype']} "
                f"{tuple(said['shape'])}: evaluate again"
            )
        return array


def load_evaluation(path: str | Path) -> Evaluation:
    """Return the evaluation stored in the folder `path`; see `Evaluation`."""
    return Evaluation(path)
