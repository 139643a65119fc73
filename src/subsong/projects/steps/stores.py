"""The files of a dataset that say what is in it."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = (".npy", ".parquet")


def list_store_files(path: Path) -> list[Path]:
    """Return the arrays and tables of a store by name; not what tells where and how it was made."""
    return sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES)
