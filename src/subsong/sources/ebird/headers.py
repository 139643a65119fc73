"""The columns of eBird files: one word of ours for the names they have had since 2017.

Names are matched without regard to case and to what is neither letter nor digit, never by position.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from subsong.core.errors import SubsongError

# Our word -> its names in the files, the preferred one first.
FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "list": ("SAMPLING EVENT IDENTIFIER", "CHECKLIST ID"),
    "group": ("GROUP IDENTIFIER",),
    "category": ("CATEGORY",),
    "common": ("COMMON NAME",),
    "scientific": ("SCIENTIFIC NAME",),
    "subspecies": ("SUBSPECIES SCIENTIFIC NAME",),
    "taxonomic_order": ("TAXONOMIC ORDER",),
    "exotic": ("EXOTIC CODE",),
    "count": ("OBSERVATION COUNT",),
    "approved": ("APPROVED",),
    "state": ("STATE", "STATE PROVINCE", "STATE CODE", "SUBNATIONAL1 CODE"),
    "county": ("COUNTY",),
    "locality": ("LOCALITY ID",),
    "latitude": ("LATITUDE",),
    "longitude": ("LONGITUDE",),
    "date": ("OBSERVATION DATE",),
    "time": ("TIME OBSERVATIONS STARTED",),
    "observer": ("OBSERVER ID",),
    "protocol": ("PROTOCOL NAME", "PROTOCOL TYPE"),
    "protocol_kind": ("OBSERVATION TYPE",),
    "protocol_code": ("PROTOCOL CODE",),
    "duration": ("DURATION MINUTES",),
    "distance": ("EFFORT DISTANCE KM",),
    "observers": ("NUMBER OBSERVERS",),
    "complete": ("ALL SPECIES REPORTED",),
}
_TAXON_FIELDS = ("common", "scientific", "count")


class Header(NamedTuple):
    """The columns of one file.

    Attributes
    ----------
    names
        As the file writes them; an unnamed last column, left by a tab at the end of each line, is not among them.
    positions
        Our word to the column's position, for every word of `FIELD_NAMES` the file has a column for.
    """

    names: tuple[str, ...]
    positions: dict[str, int]

    @property
    def holds_records(self) -> bool:
        """Whether the rows are records of taxa (EBD)."""
        return "list" in self.positions and any(field in self.positions for field in _TAXON_FIELDS)

    @property
    def holds_events(self) -> bool:
        """Whether the rows are sampling events: lists without their taxa."""
        return "list" in self.positions and not self.holds_records

    def name_of(self, field: str) -> str:
        """Return how the file names a field."""
        return self.names[self.positions[field]]


def parse_header(line: bytes) -> Header:
    """Return the columns that the first line of a file names."""
    names = line.decode("utf-8-sig", errors="replace").rstrip("\r\n").split("\t")
    if len(names) > 1 and not names[-1].strip():
        names.pop()
    places: dict[str, int] = {}
    for position, name in enumerate(names):
        places.setdefault(_simplify(name), position)
    found = {
        field: next((places[_simplify(known)] for known in known_names if _simplify(known) in places), None)
        for field, known_names in FIELD_NAMES.items()
    }
    return Header(tuple(names), {field: place for field, place in found.items() if place is not None})


def require_fields(header: Header, needs: Iterable[tuple[str, str]], file_name: str) -> None:
    """Check that a file has the columns that are needed.

    Parameters
    ----------
    header
        Its columns.
    needs
        Pairs of our word and of what else can be done where the column is missing, or "".
    file_name
        For the message.

    Raises
    ------
    SubsongError
        When a column is missing; names it, and what to do.
    """
    for field, remedy in needs:
        if field not in header.positions:
            known = " or ".join(FIELD_NAMES[field])
            raise SubsongError(
                f"{file_name} has no column {known}: expected a file as eBird hands it out, found the columns "
                f"{_shorten(header.names)}; {remedy or 'download it again with all columns'}"
            )


def _simplify(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", " ", name.lower()).strip()


def _shorten(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:6])[:200]
    return f"{shown} and {len(names) - 6} more" if len(names) > 6 else shown
