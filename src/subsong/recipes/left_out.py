"""What was left out when recordings were prepared, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from subsong.core.words import count_noun
from subsong.datasets.store_writing import AUDIT_NAME, SKIPPED_NAME

_NUM_REASONS = 10


def describe_left_out(path: Path, num_unusable: int, skipped: pl.DataFrame) -> Iterator[str]:
    """Yield how many recordings cannot be used, and how much was left out or changed for which reason.

    Parameters
    ----------
    path
        Folder of the store, which lists all of it.
    num_unusable
        Recordings that cannot be used.
    skipped
        One row a thing that is not in the store or was changed; ``reason`` says why.
    """
    if num_unusable:
        yield f"{count_noun(num_unusable, 'recording')} cannot be used: see {path / AUDIT_NAME}"
    kind = pl.col("reason").str.extract(r"^([^:(]*)").str.strip_chars()
    reasons = skipped.group_by(kind).len().sort("len", "reason", descending=[True, False])
    for reason, count in reasons.head(_NUM_REASONS).iter_rows():
        yield f"left out or changed: {count:,} ({reason}), all in {path / SKIPPED_NAME}"
