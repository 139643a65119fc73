"""Small eBird files of any era, written from what a test says of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

_PLACE_2025 = (
    "COUNTRY|COUNTRY CODE|STATE|STATE CODE|COUNTY|COUNTY CODE|IBA CODE|BCR CODE|USFWS CODE|ATLAS BLOCK|LOCALITY|"
    "LOCALITY ID|LOCALITY TYPE|LATITUDE|LONGITUDE|OBSERVATION DATE|TIME OBSERVATIONS STARTED|OBSERVER ID"
)
_EVENT_2025 = (
    "OBSERVER ORCID ID|SAMPLING EVENT IDENTIFIER|OBSERVATION TYPE|PROTOCOL NAME|PROTOCOL CODE|PROJECT NAMES|"
    "PROJECT IDENTIFIERS|DURATION MINUTES|EFFORT DISTANCE KM|EFFORT AREA HA|NUMBER OBSERVERS|ALL SPECIES REPORTED|"
    "GROUP IDENTIFIER"
)
_EVENT_OLD = (
    "SAMPLING EVENT IDENTIFIER|PROTOCOL TYPE|PROTOCOL CODE|PROJECT CODE|DURATION MINUTES|EFFORT DISTANCE KM|"
    "EFFORT AREA HA|NUMBER OBSERVERS|ALL SPECIES REPORTED|GROUP IDENTIFIER"
)
_TAXON_OLD = (
    "GLOBAL UNIQUE IDENTIFIER|LAST EDITED DATE|TAXONOMIC ORDER|CATEGORY|COMMON NAME|SCIENTIFIC NAME|"
    "SUBSPECIES COMMON NAME|SUBSPECIES SCIENTIFIC NAME|OBSERVATION COUNT|BREEDING BIRD ATLAS CODE|"
    "BREEDING BIRD ATLAS CATEGORY|AGE/SEX"
)
_TAXON_2022 = (
    "GLOBAL UNIQUE IDENTIFIER|LAST EDITED DATE|TAXONOMIC ORDER|CATEGORY|TAXON CONCEPT ID|COMMON NAME|SCIENTIFIC NAME|"
    "SUBSPECIES COMMON NAME|SUBSPECIES SCIENTIFIC NAME|EXOTIC CODE|OBSERVATION COUNT|BREEDING CODE|BREEDING CATEGORY|"
    "BEHAVIOR CODE|AGE/SEX"
)
_END = "HAS MEDIA|APPROVED|REVIEWED|REASON"
HEADERS: dict[str, tuple[str, ...]] = {
    era: tuple("|".join(parts).split("|"))
    for era, parts in {
        "2017": (_TAXON_OLD, _PLACE_2025, "FIRST NAME|LAST NAME", _EVENT_OLD, _END, "TRIP COMMENTS|SPECIES COMMENTS"),
        "2019": (_TAXON_OLD, _PLACE_2025, _EVENT_OLD, _END, "TRIP COMMENTS|SPECIES COMMENTS"),
        "2022": (_TAXON_2022, _PLACE_2025, _EVENT_OLD, _END, "TRIP COMMENTS|SPECIES COMMENTS"),
        "2025": (_TAXON_2022, _PLACE_2025, _EVENT_2025, _END, "CHECKLIST COMMENTS|SPECIES COMMENTS"),
        "snake case": (
            "checklist_id|category|common_name|scientific_name|observation_count|approved",
            _PLACE_2025.lower(),
            "protocol_type|duration_minutes|effort_distance_km|number_observers|all_species_reported|group_identifier",
        ),
    }.items()
}
EVENT_HEADERS: dict[str, tuple[str, ...]] = {
    era: tuple("|".join(("LAST EDITED DATE", _PLACE_2025, event, comments)).split("|"))
    for era, event, comments in (
        ("2021", _EVENT_OLD, "TRIP COMMENTS"),
        ("2025", _EVENT_2025, "CHECKLIST COMMENTS"),
    )
}
_SAME_AS = {
    "PROTOCOL NAME": "protocol",
    "PROTOCOL TYPE": "protocol",
    "OBSERVATION TYPE": "protocol",
    "CHECKLIST ID": "SAMPLING EVENT IDENTIFIER",
}
_CODES = {"Traveling": "P22", "Stationary": "P21", "Incidental": "P20"}
_DEFAULTS = {
    "CATEGORY": "species",
    "OBSERVATION COUNT": "1",
    "STATE": "Kerala",
    "COUNTY": "Idukki",
    "COUNTRY CODE": "IN",
    "LOCALITY ID": "L7",
    "LATITUDE": "10.5",
    "LONGITUDE": "76.25",
    "OBSERVATION DATE": "2024-05-31",
    "TIME OBSERVATIONS STARTED": "07:30:00",
    "OBSERVER ID": "obsr1",
    "protocol": "Traveling",
    "DURATION MINUTES": "60",
    "EFFORT DISTANCE KM": "2",
    "NUMBER OBSERVERS": "2",
    "ALL SPECIES REPORTED": "1",
    "APPROVED": "1",
}


def list_row(list_id: str, **values: str) -> dict[str, str]:
    """Return a sampling event; underscores in names stand for spaces."""
    named = {name.replace("_", " "): value for name, value in values.items()}
    named = {name if name == "protocol" else name.upper(): value for name, value in named.items()}
    return _DEFAULTS | {"SAMPLING EVENT IDENTIFIER": list_id} | named


def record(list_id: str, species: str, count: str = "1", **values: str) -> dict[str, str]:
    """Return a record of a species, whose common name is its scientific one in capitals."""
    row = list_row(list_id, **values)
    return {"COMMON NAME": species.upper(), "SCIENTIFIC NAME": species} | row | {"OBSERVATION COUNT": count}


def render_rows(rows: Iterable[Mapping[str, str]], header: Sequence[str], end: str = "\t\n") -> bytes:
    """Return a file's bytes: header and rows, each line ended by `end`."""
    lines = ["\t".join(header), *("\t".join(_cell(row, name) for name in header) for row in rows)]
    return "".join(line + end for line in lines).encode()


def write_records(path: Path, rows: Iterable[Mapping[str, str]], era: str = "2025") -> Path:
    path.write_bytes(render_rows(rows, HEADERS[era]))
    return path


def write_events(path: Path, rows: Iterable[Mapping[str, str]], era: str = "2025") -> Path:
    path.write_bytes(render_rows(rows, EVENT_HEADERS[era]))
    return path


def _cell(row: Mapping[str, str], name: str) -> str:
    plain = name.upper().replace("_", " ")
    if plain == "PROTOCOL CODE":
        return row.get(plain, _CODES.get(row["protocol"], ""))
    return row.get(plain, row.get(_SAME_AS.get(plain, ""), ""))
