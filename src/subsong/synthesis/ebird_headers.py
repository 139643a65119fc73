"""The headers of eBird Basic Dataset files through the years: names, and their order.

The newest header is written out; each older era is what changed since. ``EBD`` has one row a taxon and checklist, the
sampling file (``SED``) one row a checklist.
"""

from __future__ import annotations

from typing import NamedTuple

_EBD_2025 = """GLOBAL UNIQUE IDENTIFIER, LAST EDITED DATE, TAXONOMIC ORDER, CATEGORY, TAXON CONCEPT ID, COMMON NAME,
SCIENTIFIC NAME, SUBSPECIES COMMON NAME, SUBSPECIES SCIENTIFIC NAME, EXOTIC CODE, OBSERVATION COUNT, BREEDING CODE,
BREEDING CATEGORY, BEHAVIOR CODE, AGE/SEX, COUNTRY, COUNTRY CODE, STATE, STATE CODE, COUNTY, COUNTY CODE, IBA CODE,
BCR CODE, USFWS CODE, ATLAS BLOCK, LOCALITY, LOCALITY ID, LOCALITY TYPE, LATITUDE, LONGITUDE, OBSERVATION DATE,
TIME OBSERVATIONS STARTED, OBSERVER ID, OBSERVER ORCID ID, SAMPLING EVENT IDENTIFIER, OBSERVATION TYPE, PROTOCOL NAME,
PROTOCOL CODE, PROJECT NAMES, PROJECT IDENTIFIERS, DURATION MINUTES, EFFORT DISTANCE KM, EFFORT AREA HA,
NUMBER OBSERVERS, ALL SPECIES REPORTED, GROUP IDENTIFIER, HAS MEDIA, APPROVED, REVIEWED, REASON, CHECKLIST COMMENTS,
SPECIES COMMENTS"""
_TAXON_COLUMNS = frozenset(
    """GLOBAL UNIQUE IDENTIFIER, TAXONOMIC ORDER, CATEGORY, TAXON CONCEPT ID, COMMON NAME, SCIENTIFIC NAME,
SUBSPECIES COMMON NAME, SUBSPECIES SCIENTIFIC NAME, EXOTIC CODE, OBSERVATION COUNT, BREEDING CODE, BREEDING CATEGORY,
BREEDING BIRD ATLAS CODE, BREEDING BIRD ATLAS CATEGORY, BEHAVIOR CODE, AGE/SEX, HAS MEDIA, APPROVED, REVIEWED, REASON,
SPECIES COMMENTS""".replace("\n", " ").split(", ")
)
_BEFORE_2025 = {
    "PROTOCOL NAME": "PROTOCOL TYPE",
    "PROJECT NAMES": "PROJECT CODE",
    "CHECKLIST COMMENTS": "TRIP COMMENTS",
}
_BEFORE_2021 = {
    "BREEDING CODE": "BREEDING BIRD ATLAS CODE",
    "BREEDING CATEGORY": "BREEDING BIRD ATLAS CATEGORY",
}
_NEW_IN_2025 = ("OBSERVER ORCID ID", "OBSERVATION TYPE", "PROJECT IDENTIFIERS")
_NEW_IN_2022 = ("TAXON CONCEPT ID", "EXOTIC CODE")


class Era(NamedTuple):
    """The files of some years.

    Attributes
    ----------
    release
        A release that has these headers, as in the names of its files.
    ebd_columns, sampling_columns
        Names, in the order of the file.
    observer_prefix
        Of observers' ids in the sampling file; ``obsr`` in the other.
    """

    release: str
    ebd_columns: tuple[str, ...]
    sampling_columns: tuple[str, ...]
    observer_prefix: str = "obsr"


def _change(columns: tuple[str, ...], renamed: dict[str, str], dropped: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(renamed.get(name, name) for name in columns if name not in dropped)


def _add_observers_names(columns: tuple[str, ...]) -> tuple[str, ...]:
    place = columns.index("OBSERVER ID") + 1
    return (*columns[:place], "FIRST NAME", "LAST NAME", *columns[place:])


def _keep_lists_columns(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in columns if name not in _TAXON_COLUMNS)


def _build_eras() -> dict[str, Era]:
    ebd_2025 = tuple(_EBD_2025.replace("\n", " ").split(", "))
    ebd_2022 = _change(ebd_2025, _BEFORE_2025, _NEW_IN_2025)
    ebd_2021 = _change(ebd_2022, {}, _NEW_IN_2022)
    ebd_2018 = _change(ebd_2021, _BEFORE_2021, ("BEHAVIOR CODE",))
    ebd_2017 = _add_observers_names(ebd_2018)
    # The sampling file of August 2021 has one name in lower case.
    sed_2021 = tuple("country" if name == "COUNTRY" else name for name in _keep_lists_columns(ebd_2021))
    return {
        "2025": Era("Sep-2025", ebd_2025, _keep_lists_columns(ebd_2025)),
        "2022": Era("Aug-2023", ebd_2022, _keep_lists_columns(ebd_2022)),
        "2021": Era("Aug-2021", ebd_2021, sed_2021, "obs"),
        "2018": Era("Jun-2019", ebd_2018, _keep_lists_columns(ebd_2018), "obs"),
        "2017": Era("May-2017", ebd_2017, _keep_lists_columns(ebd_2017), "obs"),
    }


ERAS = _build_eras()
"""The year an era begins with -> its headers."""

NEWEST_NAMES = {
    **{old: new for new, old in (_BEFORE_2025 | _BEFORE_2021).items()},
    "PROJECT CODE": "PROJECT IDENTIFIERS",
    "country": "COUNTRY",
}
"""Under which name the newest files hold what stands in an older file's column, where the two differ."""
