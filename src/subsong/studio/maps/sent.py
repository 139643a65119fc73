"""What was sent from a map to be looked at next: stretches of recordings, at the head of the project's queue."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import atomic_file

SENT_NAME = "sent.csv"
"""In the project's ``studio`` folder."""
SENT_SCHEMA = {"recording": pl.String, "channel": pl.Int64, "onset_s": pl.Float64, "offset_s": pl.Float64}


def read_sent(path: Path) -> pl.DataFrame:
    """Return what was sent, the latest last; columns as in `SENT_SCHEMA`.

    Raises
    ------
    SubsongError
        When the file is there and is not one of these.
    """
    if not path.is_file():
        return pl.DataFrame(schema=SENT_SCHEMA)
    try:
        return pl.read_csv(path, schema=SENT_SCHEMA)
    except (pl.exceptions.PolarsError, OSError) as error:
        columns = ", ".join(SENT_SCHEMA)
        raise SubsongError(f"{path} cannot be read: expected the columns {columns}; mend it or move it") from error


def add_sent(path: Path, stretches: pl.DataFrame) -> int:
    """Add stretches to what was sent, each once; return how many were not there yet.

    Parameters
    ----------
    path
        The file, which may not be there yet; written whole or not at all.
    stretches
        Columns as in `SENT_SCHEMA`.
    """
    before = read_sent(path)
    after = pl.concat([before, stretches.select(*SENT_SCHEMA).cast(SENT_SCHEMA)])  # type: ignore[arg-type]
    after = after.unique(maintain_order=True, keep="first")
    with atomic_file(path) as file:
        after.write_csv(file)
    return after.height - before.height


def drop_sent(path: Path, recording: str, start_s: float, stop_s: float) -> int:
    """Take what lies in a stretch of a recording out of what was sent: it was looked at. Return how many these were."""
    before = read_sent(path)
    inside = (pl.col("recording") == recording) & (pl.col("onset_s") >= start_s) & (pl.col("offset_s") <= stop_s)
    after = before.filter(~inside)
    if after.height < before.height:
        with atomic_file(path) as file:
            after.write_csv(file)
    return before.height - after.height
