"""What models find, written as tables: Parquet, CSV or NPZ, by the file's suffix.

Legend: N = examples, L = latent dimensions.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file, disk_errors

CODE_SUFFIXES = (".parquet", ".csv", ".npz")


def check_suffix(path: Path, suffixes: Sequence[str] = CODE_SUFFIXES) -> None:
    """Raise a `SubsongError` when `path` ends in none of `suffixes`, in small or capital letters; before any work."""
    if path.suffix.lower() not in suffixes:
        raise SubsongError(f"{path} ends in {path.suffix or 'nothing'}: expected {', '.join(suffixes)}")


def write_codes(
    path: Path, items: pl.DataFrame, latents_NL: np.ndarray, covariance_NLL: np.ndarray | None = None
) -> None:
    """Write latent codes with where each comes from, whole or not at all.

    A table (.parquet, .csv) has the columns of `items` that hold anything, then z0, z1, ..., and where covariances are
    given the variance of each dimension, v0, v1, ...; an archive (.npz) has one array for each of the columns, as text,
    ``z`` of shape (N, L), and ``covariance`` of shape (N, L, L).
    """
    check_suffix(path)
    items = items.select([column for column in items if column.null_count() < len(column)])
    if path.suffix.lower() == ".npz":
        columns: dict[str, Any] = {name: column.to_numpy().astype(str) for name, column in items.to_dict().items()}
        if covariance_NLL is not None:
            columns["covariance"] = covariance_NLL
        with disk_errors(path), atomic_file(path) as file:
            np.savez_compressed(file, z=latents_NL, **columns)
        return
    parts = [items, _number_columns("z", latents_NL)]
    if covariance_NLL is not None:
        parts.append(_number_columns("v", np.diagonal(covariance_NLL, axis1=1, axis2=2)))
    write_table(path, pl.concat(parts, how="horizontal"))


def _number_columns(name: str, values_NL: np.ndarray) -> pl.DataFrame:
    return pl.DataFrame({f"{name}{number}": values_NL[:, number] for number in range(values_NL.shape[1])})


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write a table as .parquet or .csv, whole or not at all."""
    check_suffix(path, (".parquet", ".csv"))
    with disk_errors(path), atomic_file(path) as file:
        if path.suffix.lower() == ".csv":
            table.write_csv(file)
        else:
            table.write_parquet(file)
