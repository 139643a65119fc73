"""What happened in a run, line by line: ``metrics.jsonl``, and its reading.

The file holds nothing that depends on the machine's speed, so that an interrupted and resumed run leaves the same
bytes as an uninterrupted one; seconds go to ``timings.jsonl``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.files import disk_errors


class JsonLines:
    """A file of one JSON object a line, appended to, that can be cut back to an earlier length.

    Parameters
    ----------
    path
        The file, or None to keep nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def append(self, record: Mapping[str, Any]) -> None:
        """Append one record; raises SubsongError when the disk is full."""
        if self.path is not None:
            with disk_errors(self.path), open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps(record) + "\n")

    def sync(self) -> int:
        """Force the file to the disk and return its length in bytes."""
        if self.path is None or not self.path.exists():
            return 0
        with open(self.path, "rb") as file:
            os.fsync(file.fileno())
        return self.path.stat().st_size

    def cut(self, num_bytes: int) -> None:
        """Drop what was written after the first `num_bytes`: the steps that are trained again."""
        if self.path is not None and self.path.exists() and self.path.stat().st_size > num_bytes:
            os.truncate(self.path, num_bytes)


class History(NamedTuple):
    """A run's metrics as tables.

    Attributes
    ----------
    epochs
        One row an epoch: ``epoch``, ``step``, ``train_loss``, ``validation_loss``, one column a term and metric.
    steps
        One row a logged step, before its update: the training batch's terms, their weights, and those of one
        validation batch.
    """

    epochs: pl.DataFrame
    steps: pl.DataFrame


def read_history(path: Path) -> History:
    """Read a run's ``metrics.jsonl``; a last line that a killed process left unfinished is passed over.

    Raises
    ------
    SubsongError
        When the file is missing or a line within it is damaged.
    """
    records = {event: [flatten(record) for record in found] for event, found in read_records(path).items()}
    return History(*(pl.DataFrame(records[event], infer_schema_length=None) for event in ("epoch", "step")))


def read_records(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read a run's ``metrics.jsonl`` as it is written: ``"epoch"`` and ``"step"`` -> records.

    Raises
    ------
    SubsongError
        As for `read_history`.
    """
    if not path.is_file():
        raise SubsongError(f"{path} is missing: the run has not started, or {path.parent} is not a run folder")
    records: dict[str, list[dict[str, Any]]] = {"epoch": [], "step": []}
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if number == len(lines) and not line.endswith("\n"):
            break
        try:
            record = json.loads(line)
            records[record.pop("event")].append(record)
        except (json.JSONDecodeError, LookupError, TypeError, AttributeError) as error:
            raise SubsongError(
                f"{path} line {number}: not a record of an epoch or step; the file was damaged"
            ) from error
    return records


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return a nested record as one level, names joined by ``_``: ``{"train": {"loss": 1}}`` -> ``train_loss``."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat.update(flatten(value, f"{prefix}{name}_") if isinstance(value, Mapping) else {f"{prefix}{name}": value})
    return flat
