"""The text of an eBird file's fields: one table of lists, one of taxa, from which the file's rows are put together.

Legend: R = raw lists, D = species.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.seeds import derive_seed, numpy_generator
from subsong.synthesis.checklists import MadeChecklists
from subsong.synthesis.ebird_rows import CATEGORIES, KINDS, RawLists

_COMMENTS = (
    'Heard a "chip call',
    "wind 5&#61;strong, rain &amp; fog",
    'the "usual" pair, 2" of rain overnight',
    "O'Brien's list; see L100000",
)
_SUBTAXON_NAMES = {
    "issf": ("{name} (Northern)", "{key} borealis"),
    "form": ("{name} (dark morph)", "{key} (dark morph)"),
    "intergrade": ("{name} (Northern x Southern)", "{key} borealis x australis"),
    "domestic": ("{name} (Domestic type)", "{key} (Domestic type)"),
}
_COARSE_NAMES = {
    "spuh": ("{bird} sp.", "{genus} sp."),
    "slash": ("{name}/{other}", "{key}/{other_key}"),
    "hybrid": ("{name} x {other} (hybrid)", "{key} x {other_key}"),
}


class Region(NamedTuple):
    """A state, as eBird writes it, and its counties."""

    country: str
    country_code: str
    state: str
    state_code: str
    counties: tuple[str, ...]


KERALA = Region(
    "India",
    "IN",
    "Kerala",
    "IN-KL",
    ("Alappuzha", "Ernakulam", "Idukki", "Kannur", "Kollam", "Kottayam", "Palakkad", "Thrissur", "Wayanad"),
)
KHOMAS = Region("Namibia", "NA", "Khomas", "NA-KH", ("Windhoek East", "Windhoek Rural"))
"""The region whose country code is the text that many readers take for a missing value."""


def describe_raw_lists(made: MadeChecklists, lists: RawLists, region: Region, comment_share: float) -> pl.DataFrame:
    """Return the fields of every raw list under the names of the newest files, all text, R rows."""
    rng = numpy_generator(made.seed, "fields of lists")
    num = len(lists.template)
    items, covariates = made.checklists.items[lists.template], made.checklists.covariates[lists.template]
    group = items["list"].to_numpy()
    constant = {"OBSERVER ORCID ID": "", "EFFORT AREA HA": "", "ATLAS BLOCK": "", "BCR CODE": "", "USFWS CODE": ""}
    constant |= {"PROJECT NAMES": "eBird", "PROJECT IDENTIFIERS": "EBIRD"}
    edited_s = rng.integers(0, 86_400, num)
    return pl.DataFrame(
        {
            "LAST EDITED DATE": [f"2024-03-{1 + s % 28:02d} {_format_time(s // 60)}.{s % 1000:03d}" for s in edited_s],
            "IBA CODE": np.where(rng.random(num) < 0.05, f"{region.state_code}_001|{region.state_code}_002", ""),
            **_describe_places(made, lists, region),
            "OBSERVATION DATE": items["date"].dt.to_string("%Y-%m-%d"),
            **_describe_observers(made, lists),
            "SAMPLING EVENT IDENTIFIER": [f"S{number}" for number in lists.number],
            **_describe_effort(lists, covariates, rng),
            "ALL SPECIES REPORTED": np.where(np.isin(lists.kind, _find_kinds("incomplete", "incidental")), "0", "1"),
            "GROUP IDENTIFIER": np.where(lists.member >= 0, group, ""),
            "CHECKLIST COMMENTS": draw_comments(num, comment_share, rng),
        }
    ).with_columns(pl.lit(value).alias(name) for name, value in constant.items())


def _find_kinds(*names: str) -> list[int]:
    return [KINDS.index(name) for name in names]


def _describe_places(made: MadeChecklists, lists: RawLists, region: Region) -> dict[str, object]:
    items, covariates = made.checklists.items[lists.template], made.checklists.covariates[lists.template]
    place = made.truth.locality[lists.template]
    county = place % len(region.counties)
    num = len(place)
    return {
        "COUNTRY": [region.country] * num,
        "COUNTRY CODE": [region.country_code] * num,
        "STATE": [region.state] * num,
        "STATE CODE": [region.state_code] * num,
        "COUNTY": np.array(region.counties)[county],
        "COUNTY CODE": [f"{region.state_code}-{code:02d}" for code in county],
        "LOCALITY": [f"{habitat.title()} site {p}" for habitat, p in zip(items["habitat"], place, strict=True)],
        "LOCALITY ID": items["locality"],
        "LOCALITY TYPE": np.where(place % 3, "P", "H"),
        "LATITUDE": covariates["latitude"].cast(pl.String),
        "LONGITUDE": covariates["longitude"].cast(pl.String),
    }


def _describe_observers(made: MadeChecklists, lists: RawLists) -> dict[str, object]:
    """Return each copy's own observer: the list's for the first, their neighbours for the others."""
    first = made.checklists.items["observer"].str.slice(4).cast(pl.Int64).to_numpy()
    person = first[lists.template] + 100_000 * np.maximum(lists.member, 0)
    return {
        "OBSERVER ID": [f"obsr{number}" for number in person],
        "FIRST NAME": [f"Observer {number % 100_000}" for number in person],
        "LAST NAME": [f"of {number // 100_000}" for number in person],
    }


def _describe_effort(lists: RawLists, covariates: pl.DataFrame, rng: np.random.Generator) -> dict[str, object]:
    duration, distance = covariates["duration_min"].to_numpy(), covariates["distance_km"].to_numpy()
    is_excess = np.isin(lists.kind, _find_kinds("excess"))
    duration = np.where(is_excess & (distance == 0), rng.integers(400, 700, len(distance)), duration)
    distance = np.where(is_excess & (distance > 0), rng.integers(15, 60, len(distance)), distance)
    is_incidental = np.isin(lists.kind, _find_kinds("incidental"))
    protocol = np.where(is_incidental, 2, np.where(distance == 0, 1, 0))
    names = np.array(["Traveling", "Stationary", "Incidental"])[protocol]
    return {
        "TIME OBSERVATIONS STARTED": [_format_time(round(60 * hour)) for hour in covariates["hour"]],
        "OBSERVATION TYPE": names,
        "PROTOCOL NAME": names,
        "PROTOCOL CODE": np.array(["P22", "P21", "P20"])[protocol],
        "DURATION MINUTES": np.where(is_incidental, "", duration.astype(np.int64).astype(str)),
        # eBird leaves the distance of a stationary list blank.
        "EFFORT DISTANCE KM": np.where(protocol == 0, [_format_km(km) for km in distance], ""),
        "NUMBER OBSERVERS": covariates["num_observers"].cast(pl.Int64).cast(pl.String),
    }


def _format_time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"


def _format_km(km: float) -> str:
    """Return kilometres as eBird writes them: no zero before the point, none behind."""
    return f"{km:.3f}".rstrip("0").rstrip(".").removeprefix("0")


def draw_comments(num: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return comments, mostly none."""
    chosen = rng.integers(0, len(_COMMENTS), num)
    return np.where(rng.random(num) < share, np.array(_COMMENTS)[chosen], "")


def describe_taxa(made: MadeChecklists) -> pl.DataFrame:
    """Return the fields of every taxon, all text: ``CATEGORIES`` x D rows, the species of a category side by side.

    A sub-taxon's row names its species; what is coarser than a species has no species to name.
    """
    species = made.checklists.species
    names, keys = species["name"].to_list(), species["key"].to_list()
    rows = []
    for category in CATEGORIES:
        for number, (name, key) in enumerate(zip(names, keys, strict=True)):
            other = (number + 1) % len(names)
            words = {"name": name, "key": key, "other": names[other], "other_key": keys[other]}
            words |= {"bird": name.split()[-1].lower(), "genus": key.split()[0]}
            common, scientific = _COARSE_NAMES.get(category, ("{name}", "{key}"))
            finer, finer_scientific = _SUBTAXON_NAMES.get(category, ("", ""))
            concept = derive_seed(made.seed, "taxon", category, key) % 2**32
            filled = [text.format(**words) for text in (common, scientific, finer, finer_scientific)]
            exotic = "N" if number % 20 == 7 else ""
            rows.append((str(1000 + 10 * number), category, f"avibase-{concept:08X}", *filled, exotic))
    columns = ("TAXONOMIC ORDER", "CATEGORY", "TAXON CONCEPT ID", "COMMON NAME", "SCIENTIFIC NAME")
    more = ("SUBSPECIES COMMON NAME", "SUBSPECIES SCIENTIFIC NAME", "EXOTIC CODE")
    return pl.DataFrame(rows, {name: pl.String for name in (*columns, *more)}, orient="row")
