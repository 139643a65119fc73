"""Embeddings as files: NPZ or CSV, with the ids of their checklists, readable without pickle.

Legend: N = checklists, L = latent dimensions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file
from subsong.interop.bird_embeddings.errors import MissingFileError

_EMBEDDINGS, _IDS, _CSV_ID = "embeddings", "checklist_ids", "checklist_id"


def save_embeddings(
    embeddings: np.ndarray,
    save_path: str | Path,
    checklist_ids: Iterable[Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write embeddings, shape (N, L).

    Parameters
    ----------
    embeddings
        One row a checklist.
    save_path
        ``....npz``: compressed, under ``embeddings``, ``checklist_ids`` and each key of `metadata`; or ``....csv``: the
        ids as ``checklist_id`` and columns 0 ... L - 1, without metadata.
    checklist_ids
        A list, array or pandas Series of N ids, kept as text.
    metadata
        Numbers, text or arrays; what is neither is kept as JSON.

    Raises
    ------
    SubsongError
        For another ending (a ValueError), and when ids and embeddings differ in number.
    """
    path = Path(save_path)
    ids = None if checklist_ids is None else np.array([str(name) for name in checklist_ids], dtype=np.str_)
    if ids is not None and len(ids) != len(embeddings):
        raise SubsongError(
            f"{len(ids)} ids for {len(embeddings)} embeddings: give the ids of these checklists, one each"
        )
    if path.suffix == ".npz":
        _write_npz(path, embeddings, ids, metadata or {})
    elif path.suffix == ".csv":
        _write_csv(path, embeddings, ids)
    else:
        raise SubsongError(f"cannot write embeddings to {path.name}: expected a name that ends in .npz or .csv")


def _write_npz(path: Path, embeddings: np.ndarray, ids: np.ndarray | None, metadata: Mapping[str, Any]) -> None:
    arrays = {_EMBEDDINGS: embeddings} if ids is None else {_EMBEDDINGS: embeddings, _IDS: ids}
    taken = arrays.keys() & metadata.keys()
    if taken:
        raise SubsongError(f"metadata cannot be called {taken.pop()!r}, which names the embeddings' own: rename it")
    arrays |= {name: _to_array(value) for name, value in metadata.items()}
    with atomic_file(path) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]


def _to_array(value: Any) -> np.ndarray:
    array = None if value is None or isinstance(value, Mapping) else np.asarray(value)
    return np.asarray(json.dumps(value, default=str)) if array is None or array.dtype == object else array


def _write_csv(path: Path, embeddings: np.ndarray, ids: np.ndarray | None) -> None:
    columns = {str(number): np.ascontiguousarray(column) for number, column in enumerate(embeddings.T)}
    table = pl.DataFrame(columns if ids is None else {_CSV_ID: ids, **columns})
    with atomic_file(path) as file:
        table.write_csv(file)


def load_embeddings(path: str | Path, trust: bool = False) -> dict[str, Any]:
    """Read what `save_embeddings` wrote, or bird-embeddings did.

    Parameters
    ----------
    path
        ``....npz`` or ``....csv``.
    trust
        Whether ids that bird-embeddings saved as objects may be unpickled, which can execute anything.

    Returns
    -------
    ``embeddings``, float32, shape (N, L), and, where the file has them, ``checklist_ids`` and its metadata.

    Raises
    ------
    MissingFileError
        When there is no such file.
    SubsongError
        For another ending, and for objects without `trust`.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFileError(f"no embeddings at {path}: give the path of a .npz or .csv file")
    if path.suffix == ".csv":
        return _read_csv(path)
    if path.suffix != ".npz":
        raise SubsongError(f"cannot read embeddings from {path.name}: expected a name that ends in .npz or .csv")
    with np.load(path, allow_pickle=trust) as arrays:
        return {name: _read_array(path, arrays, name) for name in arrays.files}


def _read_array(path: Path, arrays: Mapping[str, np.ndarray], name: str) -> Any:
    try:
        array = arrays[name]
    except ValueError as error:
        raise SubsongError(
            f"{path}: {name} holds pickled objects, as bird-embeddings saved ids; say trust=True if you trust the file"
        ) from error
    return array.item() if array.ndim == 0 else array


def _read_csv(path: Path) -> dict[str, Any]:
    table = pl.read_csv(path, schema_overrides={_CSV_ID: pl.String})
    numbers = table.drop(_CSV_ID, strict=False)
    found: dict[str, Any] = {_EMBEDDINGS: numbers.to_numpy().astype(np.float32)}
    return {**found, _IDS: table[_CSV_ID].to_numpy().astype(np.str_)} if _CSV_ID in table.columns else found
