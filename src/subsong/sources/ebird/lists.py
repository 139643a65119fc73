"""The lists: their ids, places, times and effort, from sampling events or from the records themselves.

Legend: R = lines of a block.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from subsong.sources.ebird.blocks import Block, check_values, parse_fields, parse_numbers
from subsong.sources.ebird.options import EbirdOptions

_TEXT_FIELDS = ("list", "group", "locality", "observer", "county", "state")
_NUMBER_FIELDS = {"duration": "duration_min", "distance": "distance_km", "observers": "num_observers"}
_PLACE_FIELDS = ("latitude", "longitude")
_PROTOCOL_FIELDS = ("protocol", "protocol_kind", "protocol_code")
LIST_FIELDS = (*_TEXT_FIELDS, *_NUMBER_FIELDS, *_PLACE_FIELDS, *_PROTOCOL_FIELDS, "date", "time", "complete")
LIST_SCHEMA = {
    **dict.fromkeys(_TEXT_FIELDS, pl.String),
    **dict.fromkeys((*_NUMBER_FIELDS.values(), *_PLACE_FIELDS, "hour"), pl.Float64),
    "is_traveling": pl.Boolean,
    "is_wanted_protocol": pl.Boolean,
    "date": pl.Date,
    "complete": pl.Boolean,
    "source": pl.String,
}
_PROTOCOL_CODES = {"stationary": "p21", "traveling": "p22"}
_OLD_PROTOCOL = re.compile(r"ebird - (.*?)( count)?")


def needed_list_fields(options: EbirdOptions) -> list[tuple[str, str]]:
    """Return the fields the filters need, each with the option that does without."""
    off = "or do without its filter: {} null"
    needs = [
        (options.complete_only, "complete", "or take every list for incomplete: complete_only false"),
        (options.collapse_shared, "group", "or keep the copies of shared lists: collapse_shared false"),
        (options.max_duration_min, "duration", off.format("max_duration_min")),
        (options.max_distance_km, "distance", off.format("max_distance_km")),
        (options.max_speed_kmh, "duration", off.format("max_speed_kmh")),
        (options.max_speed_kmh, "distance", off.format("max_speed_kmh")),
        (options.max_observers, "observers", off.format("max_observers")),
        (options.first_date or options.last_date, "date", off.format("first_date and last_date")),
        (options.bounds, "latitude", off.format("bounds")),
        (options.bounds, "longitude", off.format("bounds")),
    ]
    return [("list", "")] + [
        (field, f"download it again with all columns, {remedy}")
        for filter_, field, remedy in needs
        if filter_ is not None and filter_ is not False
    ]


def parse_lists(block: Block, options: EbirdOptions) -> pl.DataFrame:
    """Return one row a line, columns `LIST_SCHEMA`.

    Raises
    ------
    SubsongError
        When a number, date or time is none, or a line has no id; names the line.
    """
    texts = parse_fields(block, LIST_FIELDS)
    check_values(block, "list", texts["list"], texts["list"].is_null(), "the id of a list")
    numbers = {name: parse_numbers(block, field, texts[field]) for field, name in _NUMBER_FIELDS.items()}
    numbers |= {field: parse_numbers(block, field, texts[field]) for field in _PLACE_FIELDS}
    columns = {
        **{field: texts[field] for field in _TEXT_FIELDS},
        **numbers,
        "hour": _parse_hours(block, texts["time"]),
        "is_traveling": _match_protocols(texts, ("Traveling",)),
        "is_wanted_protocol": _match_protocols(texts, options.protocols or ()),
        "date": _parse_dates(block, texts["date"]),
        "complete": _parse_flags(block, texts["complete"]),
        "source": pl.repeat(block.member.file_name, texts.height, eager=True),
    }
    is_stationary = _match_protocols(texts, ("Stationary",))
    # eBird leaves the distance of a stationary list blank.
    columns["distance_km"] = columns["distance_km"].set(is_stationary & columns["distance_km"].is_null(), 0.0)
    return pl.DataFrame(columns, schema_overrides=LIST_SCHEMA).select(list(LIST_SCHEMA))


def draw_sample(ids: pl.Series, options: EbirdOptions) -> np.ndarray:
    """Return which ids the sample holds, bool, shape (R,).

    An id is a list's group where it has one: copies of a shared list are in the sample or out of it together.
    """
    from subsong.core.seeds import derive_seed  # brings torch along, which a reader has no other use for

    limit = options.sample_fraction * 2**63
    return np.array([derive_seed(options.sample_seed, "list sample", name) < limit for name in ids.to_list()], bool)


def _match_protocols(texts: pl.DataFrame, names: tuple[str, ...]) -> pl.Series:
    """Return the lines whose kind, name or code of protocol is among `names`."""
    wanted = {_simplify(name) for name in names}
    wanted |= {_PROTOCOL_CODES[name] for name in wanted if name in _PROTOCOL_CODES}
    known = texts.select(_PROTOCOL_FIELDS).unique()
    matching = {text for row in known.rows() for text in row if text is not None and _simplify(text) in wanted}
    is_match = pl.any_horizontal(pl.col(_PROTOCOL_FIELDS).is_in(list(matching)).fill_null(False))
    return texts.select(is_match.alias("match")).to_series()


def _simplify(protocol: str) -> str:
    """Return a protocol's name in small letters, without what was around it before 2018 (eBird - Traveling Count)."""
    old = _OLD_PROTOCOL.fullmatch(protocol.lower())
    return old[1] if old else protocol.lower()


def _parse_dates(block: Block, texts: pl.Series) -> pl.Series:
    dates = texts.str.to_date("%Y-%m-%d", strict=False)
    check_values(block, "date", texts, dates.is_null() & texts.is_not_null(), "a date such as 2024-05-31")
    return dates


def _parse_hours(block: Block, texts: pl.Series) -> pl.Series:
    """Return the time of day in hours."""
    frame = texts.to_frame("time").select(
        (pl.col("time").str.extract(pattern, 1).cast(pl.Float64) / unit).alias(name)
        for name, pattern, unit in (("h", r"^(\d{1,2}):", 1), ("m", r"^\d+:(\d\d)", 60), ("s", r":\d+:(\d\d)$", 3600))
    )
    hours = frame["h"] + frame["m"] + frame["s"].fill_null(0.0)
    is_bad = (hours.is_null() & texts.is_not_null()) | (hours >= 24)
    check_values(block, "time", texts, is_bad, "a time such as 07:30:00")
    return hours


def _parse_flags(block: Block, texts: pl.Series) -> pl.Series:
    """Return 1 as true, 0 and blank as false."""
    is_bad = texts.is_not_null() & ~texts.is_in(["0", "1"])
    check_values(block, "complete", texts, is_bad, "0 or 1")
    return (texts == "1").fill_null(False)
