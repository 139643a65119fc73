"""What a format cannot hold: said before a file is written, never lost silently."""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.sources.annotations.table import ANNOTATION_SCHEMA

UNLABELLED = "vocalization"
"""The label written for annotations without one where a format must have one."""
_LINE_MARKS = re.compile(r"[\t\r\n]")
log = logging.getLogger(__name__)


def warn_lost(path: Path, table: pl.DataFrame, held: Collection[str]) -> None:
    """Log the columns of `table` that say something and are not among those `held` by the format."""
    lost = [name for name in ANNOTATION_SCHEMA if name not in held and table[name].null_count() < table.height]
    if lost:
        log.warning("%s: its format cannot hold %s, which are not written", path, ", ".join(lost))


def require_one_recording(path: Path, table: pl.DataFrame) -> str | None:
    """Return the one recording that `table` is about, None when it has no rows.

    Raises
    ------
    SubsongError
        When there are several.
    """
    names = table["recording"].unique(maintain_order=True).to_list()
    if len(names) > 1:
        raise SubsongError(
            f"{path}: its format holds one recording a file, found {len(names)} ({names[0]!r}, {names[1]!r} …); "
            "write one file for each, or a .csv"
        )
    return names[0] if names else None


def require_times(path: Path, table: pl.DataFrame) -> None:
    """Refuse to write times that are not finite numbers."""
    bad = table.with_row_index("row").filter(~(pl.col("onset_s").is_finite() & pl.col("offset_s").is_finite()))
    if bad.height:
        raise SubsongError(
            f"{path}: row {bad['row'][0]} of the table has no finite onset and offset; drop it with check_segments"
        )


def require_segments(path: Path, table: pl.DataFrame) -> None:
    """Refuse to write events and segments that end before they begin."""
    bad = table.with_row_index("row").filter(pl.col("offset_s") <= pl.col("onset_s"))
    if bad.height:
        raise SubsongError(
            f"{path}: its format holds segments only, and row {bad['row'][0]} of the table (onset "
            f"{bad['onset_s'][0]} s, one of {bad.height} such) is an event or ends before it begins; "
            "leave those out, or write a .csv"
        )


def fill_labels(path: Path, table: pl.DataFrame, filler: str = UNLABELLED) -> Sequence[str]:
    """Return the labels, `filler` for those that are null, which is logged."""
    num_missing = table["label"].null_count()
    if num_missing:
        log.warning("%s: %d annotations without a label are written as %r", path, num_missing, filler)
    labels: Sequence[str] = table["label"].fill_null(filler).to_list()
    return labels


def plain_labels(path: Path, labels: Sequence[str]) -> list[str]:
    """Return labels without spaces around them, tabs and line ends turned into spaces; a change is logged."""
    plain = [_LINE_MARKS.sub(" ", label).strip() for label in labels]
    num_changed = sum(new != old for new, old in zip(plain, labels, strict=True))
    if num_changed:
        log.warning("%s: tabs, line ends and outer spaces in %d labels are not written", path, num_changed)
    return plain
