"""Finding recordings and annotations, and checking both before any sound is stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.song.labelling import NUMBER, list_labelled, take_marks
from subsong.datasets.song.labels import add_boundary_events, apply_kinds, choose_labels, find_kinds
from subsong.datasets.song.problems import check_annotations
from subsong.datasets.song.reading import SongReading
from subsong.datasets.song.splitting import divide_song
from subsong.datasets.syllables.gathering import (
    divide_by_recording,
    find_source_annotations,
    list_skipped,
    list_unmatched,
)
from subsong.datasets.syllables.metadata import join_metadata
from subsong.datasets.syllables.recordings import Progress, UsableRecordings, find_usable_recordings
from subsong.sources.annotations import FoundAnnotations
from subsong.sources.audio import AudioInfo, find_audio
from subsong.sources.audio.rates import choose_rate, count_samples

ANNOTATION_COLUMNS = ("source", "channel", "onset_s", "offset_s", "label", "kind", "annotator")
_OWN_COLUMNS = ("source", "channel", "folder", "sample_rate_hz", "num_samples", "tile")


class GatheredSong(NamedTuple):
    """What is to be stored.

    Attributes
    ----------
    root
        The folder that recordings are named relative to.
    infos
        What each recording says of itself, by name.
    sample_rate_hz
        Of the store.
    recordings
        One row a recording and channel: ``source``, ``channel`` (null: the mean of all), ``folder``, what a table of
        the recordings says of each, ``sample_rate_hz`` and ``num_samples`` (both in the store).
    annotations
        Columns `ANNOTATION_COLUMNS`, sorted; ``channel`` null: of all channels.
    parts
        Which sound belongs to which split; columns `PART_SCHEMA`.
    labelled
        Where annotations are complete; columns `LABELLED_SCHEMA`; None: everywhere.
    how_divided, concerns
        See `SongSplits`.
    audit, skipped
        One row a recording, and what is left out or was changed.
    """

    root: Path
    infos: Mapping[str, AudioInfo]
    sample_rate_hz: int
    recordings: pl.DataFrame
    annotations: pl.DataFrame
    parts: pl.DataFrame
    labelled: pl.DataFrame | None
    how_divided: str
    concerns: tuple[str, ...]
    audit: pl.DataFrame
    skipped: pl.DataFrame


def gather_song(source: Path, reading: SongReading, progress: Progress | None = None) -> GatheredSong:
    """Find the recordings at `source` (a file or folder) and their annotations, check both, and divide the sound.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    reading
        How.
    progress
        Told the recordings checked and the recordings in all.

    Raises
    ------
    SubsongError
        When there are no recordings or annotations that can be used, an annotation cannot be, a setting names what is
        not there, or the sound cannot be divided.
    """
    root = source if source.is_dir() else source.parent
    paths = find_audio(source)
    # Before recordings are read from start to end, which may take hours.
    found = find_source_annotations(source, paths, root, reading)
    marks = take_marks(found.table.with_columns(NUMBER), reading.within, paths, root)
    found = found._replace(table=marks.sounds)
    usable = find_usable_recordings(source, paths, reading, progress)
    annotations, skipped = _gather_annotations(found, usable, reading)
    windows, unused = _gather_windows(found, marks.windows, usable, reading)
    unmatched = list_unmatched(source, found)
    infos = _pick_annotated(usable, found, reading)
    if reading.unannotated == "background":
        unmatched = unmatched.filter(~pl.col("recording").is_in(found.recordings_without))
    if annotations.is_empty():
        raise SubsongError(f"{source} has no annotations that can be used: see 'labels', 'ignore' and 'annotators'")
    rate = reading.sample_rate_hz or choose_rate(list(infos.values()))
    recordings = join_metadata(_list_recordings(infos, reading, rate), root, _OWN_COLUMNS)
    labelled = None
    if windows is not None:
        labelled = list_labelled(
            recordings, annotations, windows, reading.within_margin_s, set(found.recordings_without)
        )
    parts, how_divided, concerns = divide_song(recordings, annotations, reading)
    left_out = pl.concat([unmatched, *skipped, *unused])
    return GatheredSong(
        root, infos, rate, recordings, annotations, parts, labelled, how_divided, concerns, usable.audit, left_out
    )


def _gather_annotations(
    found: FoundAnnotations, usable: UsableRecordings, reading: SongReading
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Return the annotations that are used, and tables of those that are not."""
    table, unusable = divide_by_recording(found, usable.reasons)
    chosen = choose_labels(table, reading)
    placed, elsewhere = _place_in_channels(chosen.kept, usable.recordings, reading)
    kinds = find_kinds(placed, reading.kinds)
    checked = check_annotations(placed, usable.recordings, reading.bad_rows == "skip", reading.overlaps == "keep")
    formed = apply_kinds(checked.kept, kinds)
    table = add_boundary_events(formed.kept, reading.boundary_events).rename({"recording": "source"})
    table = table.select(ANNOTATION_COLUMNS).sort(ANNOTATION_COLUMNS, maintain_order=True)
    return table, [unusable, chosen.skipped, elsewhere, checked.skipped, formed.skipped]


def _gather_windows(
    found: FoundAnnotations, windows: pl.DataFrame | None, usable: UsableRecordings, reading: SongReading
) -> tuple[pl.DataFrame | None, list[pl.DataFrame]]:
    """Return the marks that can be used, None where there are to be none, and tables of those that cannot."""
    if windows is None:
        return None, []
    table, unusable = divide_by_recording(found._replace(table=windows), usable.reasons)
    placed, elsewhere = _place_in_channels(table, usable.recordings, reading)
    checked = check_annotations(placed, usable.recordings, reading.bad_rows == "skip")
    return checked.kept.rename({"recording": "source"}), [unusable, elsewhere, checked.skipped]


def _place_in_channels(
    table: pl.DataFrame, recordings: Mapping[str, AudioInfo], reading: SongReading
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Say which stored channel each annotation is of, null for all of them; return those of others as skipped."""
    counts = {name: info.num_channels for name, info in recordings.items()}
    table = table.with_columns(_num=pl.col("recording").replace_strict(counts, return_dtype=pl.Int64))
    is_other, channel = pl.lit(value=False), pl.col("channel")
    if reading.channel == "all":
        # One channel holds whatever was heard, whichever channel it was of a larger recording.
        is_other = (pl.col("_num") > 1) & (channel >= pl.col("_num"))
        channel = pl.when(pl.col("_num") > 1).then(channel).otherwise(None)
    elif isinstance(reading.channel, int):
        is_other = (pl.col("_num") > 1) & (channel != reading.channel)
        channel = pl.lit(None, pl.Int64)
    else:
        channel = pl.lit(None, pl.Int64)
    is_other = is_other.fill_null(value=False)
    skipped = list_skipped(table.filter(is_other), pl.format("is of channel {}, which is not read", "channel"))
    return table.filter(~is_other).with_columns(channel.alias("channel")).drop("_num"), skipped


def _pick_annotated(usable: UsableRecordings, found: FoundAnnotations, reading: SongReading) -> dict[str, AudioInfo]:
    """Return the usable recordings that have annotations, be they none, or all where silence is meant by none."""
    left_out = {*found.unreadable, *(found.recordings_without if reading.unannotated == "skip" else ())}
    return {name: info for name, info in usable.recordings.items() if name not in left_out}


def _list_recordings(infos: Mapping[str, AudioInfo], reading: SongReading, rate: int) -> pl.DataFrame:
    rows = [
        (name, channel, name.rpartition("/")[0] or ".", rate, count_samples(info, rate))
        for name, info in infos.items()
        for channel in _list_channels(info, reading)
    ]
    schema = {
        "source": pl.String,
        "channel": pl.Int64,
        "folder": pl.String,
        "sample_rate_hz": pl.Int64,
        "num_samples": pl.Int64,
    }
    return pl.DataFrame(rows, schema, orient="row").sort("source", "channel", maintain_order=True)


def _list_channels(info: AudioInfo, reading: SongReading) -> list[int | None]:
    if reading.channel == "all":
        return list(range(info.num_channels))
    if reading.channel == "mean" and info.num_channels > 1:
        return [None]
    return [reading.channel if isinstance(reading.channel, int) else 0]
