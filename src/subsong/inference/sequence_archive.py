"""Latent sequences as one .npz archive, under the names of AVA's latent sequences (``ava_latent_sequence_v1``).

Arrays with one entry a window: ``start_times_sec``, ``stop_times_sec``, ``step``, ``template_start_times_sec``
(of warped motifs),
``mu`` and ``logvar`` (both (N, L)). Two numbers: ``window_length_sec`` and ``hop_length_sec``. Arrays with one entry a
sequence: ``source``, ``row``, ``label`` and what else is known of its region, as text; sequence m has the windows
``offsets[m]`` to ``offsets[m + 1]``.

Legend: N = windows, L = latent dimensions, M = sequences.
"""

from __future__ import annotations

import io
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.inference.projection import check_latents
from subsong.sources.reading import read_errors

_WINDOW_NAMES = {
    "start_s": "start_times_sec",
    "stop_s": "stop_times_sec",
    "step": "step",
    "template_start_s": "template_start_times_sec",
}
_NUMBERS = ("window_length_sec", "hop_length_sec")
_KEYS = ("source", "row")
_MISSING = ""


class ArchiveWriter:
    """Collects windows on the disk, array by array, and packs them; use it in a ``with`` block.

    Parameters
    ----------
    folder
        For what is collected; exists.
    num_windows, latent_dim
        N and L.
    """

    def __init__(self, folder: Path, num_windows: int, latent_dim: int) -> None:
        self._folder, self._num_windows, self._latent_dim = folder, num_windows, latent_dim
        self._files: dict[str, IO[bytes]] = {}
        self._firsts: list[pl.DataFrame] = []
        self._offsets: list[np.ndarray] = []
        self._num_added = 0
        self._last_key: tuple[Any, ...] | None = None
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, items: pl.DataFrame, mean_NL: np.ndarray, log_variance_NL: np.ndarray) -> None:
        """Add consecutive windows."""
        for column, name in _WINDOW_NAMES.items():
            if column in items.columns:
                self._append(name, items[column].to_numpy())
        self._append("mu", mean_NL)
        self._append("logvar", log_variance_NL)
        keys = items.select(_KEYS)
        is_new = keys.with_columns(pl.any_horizontal(pl.col(_KEYS).ne_missing(pl.col(_KEYS).shift())).alias("new"))
        first_M = is_new["new"].arg_true().to_numpy()
        if len(first_M) and keys.row(0) == self._last_key:
            first_M = first_M[1:]
        self._firsts.append(items[first_M].drop(_WINDOW_NAMES, strict=False))
        self._offsets.append(first_M.astype(np.int64) + self._num_added)
        self._num_added, self._last_key = self._num_added + items.height, keys.row(-1)

    def pack(self, file: IO[bytes], **numbers: Any) -> None:
        """Write everything that was added, and `numbers`, as an archive."""
        assert self._num_added == self._num_windows
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in self._files:
                with open(self._path(name), "rb") as array, _open_entry(archive, name) as entry:
                    shutil.copyfileobj(array, entry, 1 << 20)
            small = {"offsets": np.append(np.concatenate(self._offsets), self._num_windows), **numbers}
            for column in pl.concat(self._firsts):
                small[column.name] = column.cast(pl.String).fill_null(_MISSING).to_numpy().astype(str)
            for name, values in small.items():
                with _open_entry(archive, name) as entry:
                    np.lib.format.write_array(entry, np.asarray(values), allow_pickle=False)

    def _append(self, name: str, values: np.ndarray) -> None:
        if name not in self._files:
            self._files[name] = self._stack.enter_context(self._path(name).open("wb"))
            shape = (self._num_windows, *values.shape[1:])
            header = {"descr": np.lib.format.dtype_to_descr(values.dtype), "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(self._files[name], header)
        self._files[name].write(np.ascontiguousarray(values).data)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.npy"


def _open_entry(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    # A ZipInfo of its own has no time stamp: the same sequences give the same bytes.
    entry = zipfile.ZipInfo(f"{name}.npy")
    entry.compress_type = zipfile.ZIP_DEFLATED
    return archive.open(entry, "w", force_zip64=True)


def read_archive(path: Path) -> tuple[pl.DataFrame, np.ndarray]:
    """Read an archive of latent sequences; return one row a window, and the codes (N, L).

    Raises
    ------
    SubsongError
        When the file cannot be read, or is none.
    """
    with read_errors(path):
        content = path.read_bytes()
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise SubsongError(f"{path} is no archive of latent sequences, or damaged: embed again") from error
    missing = [name for name in ("mu", "start_times_sec", "offsets", *_KEYS) if name not in arrays]
    if missing:
        raise SubsongError(
            f"{path} has no array {missing[0]!r}: expected latent sequences, as 'subsong embed --windows' writes them"
        )
    length_M = np.diff(arrays["offsets"])
    if length_M.sum() != len(arrays["mu"]):
        raise SubsongError(f"{path}: its offsets do not fit its {len(arrays['mu'])} windows: embed again")
    of_windows = {column: arrays[name] for column, name in _WINDOW_NAMES.items() if name in arrays}
    passed_over = {"mu", "logvar", "offsets", *_NUMBERS, *_WINDOW_NAMES.values()}
    of_sequences = {
        name: pl.Series(np.repeat(values, length_M)) for name, values in arrays.items() if name not in passed_over
    }
    known = pl.DataFrame(of_sequences).with_columns(pl.col(pl.String).replace({_MISSING: None}))
    items = known.with_columns(pl.col("row").cast(pl.Int64), **of_windows)
    return items, check_latents(arrays["mu"])
