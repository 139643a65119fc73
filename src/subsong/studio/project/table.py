"""The list of recordings: search, filters, order and pages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.studio.project.catalogue import Entry
from subsong.studio.project.progress import State

SortKey = Literal["name", "bird", "session", "duration_s", "state", "num_accepted", "num_proposed", "least_score",
                  "changed_at"]  # fmt: skip
_STATE_ORDER = ("unreadable", "missing", "untouched", "proposed", "started", "done")


class TableQuery(ConfigBase):
    """Which recordings are shown, and in which order."""

    search: str = Field("", description="Words that all stand in the name, whatever their case.")
    bird: str | None = Field(None, description="Of one bird alone.")
    state: State | None = Field(None, description="In one state alone.")
    sort: SortKey = Field("name", description="Column to sort by; what is not known comes last.")
    descending: bool = Field(False, description="From the greatest down.")
    offset: int = Field(0, ge=0, description="Recordings that are passed over.")
    limit: int = Field(200, ge=1, le=20_000, description="Recordings that are returned at most.")


def select_entries(entries: Sequence[Entry], query: TableQuery) -> list[Entry]:
    """Return the entries that fit a query, in its order; all of them, whatever page it asks for."""
    words = query.search.lower().split()
    found = [
        one
        for one in entries
        if all(word in one.name.lower() for word in words)
        and query.bird in (None, one.bird)
        and query.state in (None, one.state)
    ]
    return _sort(found, query)


def describe_entry(entry: Entry) -> dict[str, Any]:
    """Return an entry as the page gets it, without its labels."""
    return {name: value for name, value in entry._asdict().items() if name != "labels"}


def _sort(entries: list[Entry], query: TableQuery) -> list[Entry]:
    read = _read_state if query.sort == "state" else _reader(query.sort)
    known = [one for one in entries if read(one) is not None]
    unknown = [one for one in entries if read(one) is None]
    return sorted(known, key=read, reverse=query.descending) + unknown


def _reader(name: str) -> Callable[[Entry], Any]:
    return lambda entry: getattr(entry, name)


def _read_state(entry: Entry) -> int:
    return _STATE_ORDER.index(entry.state)
