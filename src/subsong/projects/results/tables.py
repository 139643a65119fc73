"""The tables of a report: birds, types, order, days, and what was left out.

A *sound* is a row of the embedding; its type is its cluster without the bird's name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from subsong.projects.recordings import Recording
from subsong.projects.results.contents import ProjectResults

MAX_GAP_S = 0.5
"""Sounds that lie further apart do not follow each other."""
PAUSE = "|"
"""What stands for the silence before and after a bout."""
_DAY_COLUMNS = ("day", "date", "session")


def describe_recordings(
    recordings: Sequence[Recording], results: ProjectResults, durations_s: Mapping[str, float]
) -> pl.DataFrame:
    """Return one row a recording.

    Columns ``recording``, ``bird``, ``duration_s`` (null where it cannot be read), ``num_given``, ``num_found``,
    ``is_annotated``, ``is_corrected``, ``left_out`` (why, or null).
    """
    given, found = (dict(table.group_by("recording").len().iter_rows()) for table in (results.given, results.found))
    rows = [
        (
            *(one.name, one.bird, durations_s.get(one.name), given.get(one.name, 0), found.get(one.name, 0)),
            *(one.name in results.annotated, one.name in results.corrected, results.left_out.get(one.name)),
        )
        for one in recordings
    ]
    schema = {
        "recording": pl.String,
        "bird": pl.String,
        "duration_s": pl.Float64,
        "num_given": pl.Int64,
        "num_found": pl.Int64,
        "is_annotated": pl.Boolean,
        "is_corrected": pl.Boolean,
        "left_out": pl.String,
    }
    return pl.DataFrame(rows, schema, orient="row")


def count_birds(described: pl.DataFrame) -> pl.DataFrame:
    """Return one row a bird, of the rows of `describe_recordings`.

    Columns ``bird``, ``num_recordings``, ``minutes``, ``num_annotated`` and ``num_corrected`` (recordings), ``given``
    and ``found`` (sounds), ``num_left_out`` (recordings).
    """
    return (
        described.group_by("bird")
        .agg(
            num_recordings=pl.len().cast(pl.Int64),
            minutes=pl.col("duration_s").sum() / 60,
            num_annotated=pl.col("is_annotated").sum().cast(pl.Int64),
            num_corrected=pl.col("is_corrected").sum().cast(pl.Int64),
            given=pl.col("num_given").sum(),
            found=pl.col("num_found").sum(),
            num_left_out=pl.col("left_out").is_not_null().sum().cast(pl.Int64),
        )
        .sort("bird")
    )


def name_sounds(embedding: pl.DataFrame) -> pl.DataFrame:
    """Return the embedding without its latent codes, with ``recording``, ``type``, ``duration_ms`` and ``row``."""
    table = embedding.rename({"source": "recording"}) if "recording" not in embedding.columns else embedding
    if "label" not in table.columns:
        table = table.with_columns(label=pl.lit(None, pl.String))
    return table.select(
        *("recording", "bird", "onset_s", "offset_s", "label", "cluster", "x", "y"),
        type=pl.col("cluster").str.strip_prefix(pl.col("bird") + ":").fill_null("(none)"),
        duration_ms=1000 * (pl.col("offset_s") - pl.col("onset_s")),
        row=pl.int_range(pl.len()),
    )


def describe_types(sounds: pl.DataFrame) -> pl.DataFrame:
    """Return one row a type, the largest of each bird first.

    Columns ``bird``, ``type``, ``num_sounds``, ``median_ms``, ``low_ms`` and ``high_ms`` (half of the sounds last
    between these), ``label`` (the most frequent one; null where nobody said), ``label_share`` (of the labelled sounds).
    """
    known = sounds.filter(pl.col("label").is_not_null())
    labels = known.group_by("bird", "type", "label").len().sort("len", "label", descending=[True, False])
    most = labels.group_by("bird", "type", maintain_order=True).agg(
        pl.col("label").first(), label_share=pl.col("len").first() / pl.col("len").sum()
    )
    return (
        sounds.group_by("bird", "type")
        .agg(
            num_sounds=pl.len().cast(pl.Int64),
            median_ms=pl.col("duration_ms").median(),
            low_ms=pl.col("duration_ms").quantile(0.25),
            high_ms=pl.col("duration_ms").quantile(0.75),
        )
        .join(most, on=["bird", "type"], how="left")
        .sort("bird", "num_sounds", "type", descending=[False, True, False])
    )


def count_transitions(sounds: pl.DataFrame, order: Sequence[str]) -> pl.DataFrame:
    """Return how often each type follows each, of the sounds of one bird: ``type``, ``next``, ``num_items``, all pairs.

    A sound more than half a second after the last one begins a new bout: `PAUSE` lies between them.

    Parameters
    ----------
    sounds
        As of `name_sounds`.
    order
        The types, as they are to stand.
    """
    ordered = sounds.sort("recording", "onset_s")
    follows = (pl.col("recording").shift(-1) == pl.col("recording")) & (
        pl.col("onset_s").shift(-1) - pl.col("offset_s") <= MAX_GAP_S
    )
    is_next = follows.fill_null(False)
    pairs = ordered.select(
        "type",
        next=pl.when(is_next).then(pl.col("type").shift(-1)).otherwise(pl.lit(PAUSE)),
        begins=~is_next.shift(1, fill_value=False),
    )
    firsts = pairs.filter("begins").select(pl.lit(PAUSE).alias("type"), next="type")
    counted = {
        (first, second): number
        for first, second, number in pl.concat([firsts, pairs.select("type", "next")])
        .group_by("type", "next")
        .len()
        .iter_rows()
    }
    shown = (PAUSE, *order)
    rows = [(first, second, counted.get((first, second), 0)) for first in shown for second in (*order, PAUSE)]
    return pl.DataFrame(rows, {"type": pl.String, "next": pl.String, "num_items": pl.Int64}, orient="row")


def count_days(described: pl.DataFrame, metadata: pl.DataFrame) -> pl.DataFrame | None:
    """Return one row a day and bird: ``day``, ``bird``, ``num_sounds`` (given and found), ``minutes``.

    Parameters
    ----------
    described
        As of `describe_recordings`.
    metadata
        ``source`` and what files.csv says of it; without a day, date or session there is nothing to count: None.
    """
    column = next((name for name in _DAY_COLUMNS if name in metadata.columns), None)
    if column is None:
        return None
    days = metadata.select(pl.col("source").alias("recording"), pl.col(column).alias("day")).drop_nulls()
    # Of a recording that is wholly annotated, what models say would count its sounds twice.
    number = pl.col("num_given") + pl.when("is_annotated").then(0).otherwise(pl.col("num_found"))
    counted = (
        described.join(days, on="recording")
        .group_by("day", "bird")
        .agg(num_sounds=number.sum(), minutes=pl.col("duration_s").sum() / 60)
        .sort("day", "bird")
    )
    return counted if counted["day"].n_unique() > 1 else None
