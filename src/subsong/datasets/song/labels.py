"""From labels to classes: renamed, chosen, and each either of segments or of events."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.words import count_noun
from subsong.datasets.song.reading import SongReading
from subsong.datasets.syllables.gathering import list_skipped
from subsong.sources.annotations.losses import UNLABELLED
from subsong.sources.song_class import SongClass, SongKind

_NUM_NAMED = 3
_IS_POINT = pl.col("onset_s") == pl.col("offset_s")


class ChosenLabels(NamedTuple):
    """Annotations by what becomes of them.

    Attributes
    ----------
    kept
        As given, with new labels, none of them null.
    skipped
        Those of labels and annotators that are not wanted; see `list_skipped`.
    """

    kept: pl.DataFrame
    skipped: pl.DataFrame


def choose_labels(table: pl.DataFrame, reading: SongReading) -> ChosenLabels:
    """Rename labels, and leave out annotations of labels and annotators that are not wanted.

    Raises
    ------
    SubsongError
        When the settings name a label or an annotator that no annotation has.
    """
    _check_known("rename", reading.rename, table["label"].drop_nulls())
    table = table.with_columns(pl.col("label").replace(reading.rename).fill_null(UNLABELLED))
    for name, labels in (("labels", reading.labels or ()), ("ignore", reading.ignore), ("kinds", reading.kinds)):
        _check_known(name, labels, table["label"])
    _check_known("annotators", reading.annotators or (), table["annotator"].drop_nulls())
    is_wanted = ~pl.col("label").is_in(list(reading.ignore))
    if reading.labels is not None:
        is_wanted &= pl.col("label").is_in(list(reading.labels))
    reason = pl.when(is_wanted).then(None).otherwise(pl.format("the label {} is not used", "label"))
    if reading.annotators is not None:
        is_theirs = pl.col("annotator").is_in(list(reading.annotators)).fill_null(value=False)
        reason = pl.when(is_theirs).then(reason).otherwise(pl.lit("is by another annotator"))
    reasons = table.select(reason.alias("reason"))["reason"]
    is_kept = reasons.is_null()
    return ChosenLabels(table.filter(is_kept), list_skipped(table.filter(~is_kept), reasons.filter(~is_kept)))


def find_kinds(table: pl.DataFrame, chosen: Mapping[str, SongKind]) -> dict[str, SongKind]:
    """Return the kind of each label: of events where no annotation has a duration, else of segments.

    Parameters
    ----------
    table
        Annotations, with a column ``number``: which one of its recording each is.
    chosen
        Kinds that are settled.

    Raises
    ------
    SubsongError
        When some annotations of a label have a duration and others have none, and its kind is not settled.
    """
    timed = table.filter(pl.col("onset_s").is_finite() & pl.col("offset_s").is_finite())
    kinds: dict[str, SongKind] = {}
    for (label,), rows in timed.group_by(["label"], maintain_order=True):
        name, points = str(label), rows.filter(_IS_POINT)
        if name not in chosen and 0 < points.height < rows.height:
            raise SubsongError(_explain_mixture(name, points, rows.height - points.height))
        kinds[name] = chosen.get(name, "event" if points.height else "segment")
    return dict(sorted(kinds.items()))


def apply_kinds(table: pl.DataFrame, kinds: Mapping[str, SongKind]) -> ChosenLabels:
    """Add the column ``kind``; events that have a duration become its middle, segments without one are left out."""
    table = table.with_columns(kind=pl.col("label").replace_strict(dict(kinds), return_dtype=pl.String))
    is_event, middle_s = pl.col("kind") == "event", 0.5 * (pl.col("onset_s") + pl.col("offset_s"))
    table = table.with_columns(
        pl.when(is_event).then(middle_s).otherwise(pl.col(name)).alias(name) for name in ("onset_s", "offset_s")
    )
    is_empty = ~is_event & _IS_POINT
    skipped = list_skipped(table.filter(is_empty), pl.format("has no duration, and {} is a segment", "label"))
    return ChosenLabels(table.filter(~is_empty), skipped)


def add_boundary_events(table: pl.DataFrame, how: bool | str) -> pl.DataFrame:
    """Add an event at each onset and each offset of a segment; see ``boundary_events`` of `SongReading`.

    Raises
    ------
    SubsongError
        When a label is named like such an event.
    """
    if how is False:
        return table
    segments = table.filter(pl.col("kind") == "segment")
    stem = pl.col("label") if how is True else pl.lit("syllable")
    events = [
        segments.with_columns(
            *(pl.col(f"{edge}_s").alias(name) for name in ("onset_s", "offset_s")),
            label=stem + f"_{edge}",
            kind=pl.lit("event"),
        )
        for edge in ("onset", "offset")
    ]
    clashing = set(table["label"]) & set(pl.concat(events)["label"])
    if clashing:
        raise SubsongError(
            f"boundary_events makes a class {min(clashing)!r}, and annotations have that label: rename it with "
            f"--set rename.{min(clashing)}=NEW"
        )
    return pl.concat([table, *events])


def list_classes(table: pl.DataFrame) -> tuple[SongClass, ...]:
    """Return the classes of annotations with a column ``kind``, sorted by name."""
    rows = table.select("label", "kind").unique().sort("label").rows()
    return tuple(SongClass(name, kind) for name, kind in rows)


def name_rows(rows: pl.DataFrame) -> str:
    """Return words for a few annotations: recording, number within it, annotator where there is one, times."""
    named = [
        f"{row['recording']} annotation {row['number']}"
        + (f" by {row['annotator']}" if row["annotator"] is not None else "")
        + f" (onset {row['onset_s']:g} s, offset {row['offset_s']:g} s)"
        for row in rows.head(_NUM_NAMED).iter_rows(named=True)
    ]
    more = f" and {rows.height - _NUM_NAMED:,} more" if rows.height > _NUM_NAMED else ""
    return ", ".join(named) + more


def _check_known(setting: str, names: Collection[str], known: pl.Series) -> None:
    found = known.unique().sort().to_list()
    for name in names:
        if name not in found:
            raise SubsongError(f"{setting} names {name!r}, which no annotation has: {did_you_mean(name, found)}")


def _explain_mixture(label: str, points: pl.DataFrame, num_segments: int) -> str:
    return (
        f"the label {label!r} has {count_noun(points.height, 'annotation')} without duration and "
        f"{count_noun(num_segments, 'annotation')} with one, so it is neither of events nor of segments: "
        f"{name_rows(points)}; mend them, or decide with --set kinds.{label}=segment (those without are left out) or "
        f"=event (the middle is taken)"
    )
