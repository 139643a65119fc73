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
    """Raise a `SubsongError` when `path` ends in none of `suffixes`; before any work is done."""
    if path.suffix not in suffixes:
        raise SubsongError(f"{path} ends in {path.suffix or 'nothing'}: expected {', '.join(suffixes)}")


def write_codes(path: Path, items: pl.DataFrame, latents_NL: np.ndarray) -> None:
    """Write latent codes with where each comes from, whole or not at all.

    A table (.parquet, .csv) has the columns of `items` that hold anything, then z0, z1, ...; an archive (.npz) has one
    array for each of these columns, as text, and ``z`` of shape (N, L).
    """
    check_suffix(path)
    items = items.select([column for column in items if column.null_count() < len(column)])
    if path.suffix == ".npz":
        columns: dict[str, Any] = {name: column.to_numpy().astype(str) for name, column in items.to_dict().items()}
        with disk_errors(path), atomic_file(path) as file:
            np.savez_compressed(file, z=latents_NL, **columns)
        return
    codes = pl.DataFrame({f"z{number}": latents_NL[:, number] for number in range(latents_NL.shape[1])})
    write_table(path, pl.concat([items, codes], how="horizontal"))


def write_table(path: Path, table: pl.DataFrame) -> None:
    """Write a table as .parquet or .csv, whole or not at all."""
    check_suffix(path, (".parquet", ".csv"))
    with disk_errors(path), atomic_file(path) as file:
        if path.suffix == ".csv":
            table.write_csv(file)
        else:
            table.write_parquet(file)
