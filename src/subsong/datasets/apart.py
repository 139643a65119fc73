"""What a dataset is prepared from: recordings or tables that lie apart from it, and no dataset."""

from __future__ import annotations

from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import is_store


def check_apart(source: Path, out: Path) -> None:
    """Raise a `SubsongError` when writing `out` would take away what is read."""
    if source.resolve().is_relative_to(out.resolve()):
        raise SubsongError(f"{source} would be replaced by the store {out} that is made from it: name another folder")


def check_source(source: Path, out: Path, made_from: str = "recordings") -> None:
    """Raise a `SubsongError` when `source` is a dataset, whose files are no `made_from`, or lies within `out`."""
    check_apart(source, out)
    if is_store(source):
        raise SubsongError(f"{source} is a dataset already: name the {made_from} it was prepared from")
