"""Finding recordings and their segments, and checking both before anything is computed.

Nothing is lost without a word: what cannot be used is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.manifest import SourceFile, describe_sources
from subsong.datasets.syllables.metadata import join_metadata
from subsong.datasets.syllables.reading import AnnotatedReading, SegmentReading
from subsong.datasets.syllables.recordings import Progress, UsableRecordings, find_usable_recordings
from subsong.datasets.syllables.selection import divide_by_selection
from subsong.sources.acoustic_features import FEATURE_COLUMNS
from subsong.sources.annotations import FoundAnnotations, check_segments, find_annotations
from subsong.sources.audio import AudioInfo, Channel, find_audio, read_audio_info

SYLLABLE_COLUMNS = ("shown", *FEATURE_COLUMNS)
SKIPPED_SCHEMA = {
    "recording": pl.String,
    "onset_s": pl.Float64,
    "offset_s": pl.Float64,
    "label": pl.String,
    "reason": pl.String,
}


class GatheredSegments(NamedTuple):
    """What is to be computed.

    Attributes
    ----------
    root
        The folder that recordings are named relative to.
    recordings
        The usable recordings that have segments, by name, in order.
    means
        Mean of the samples of each, in units of full scale.
    segments
        One row a segment, by recording and onset: ``source`` (name of the recording), ``row`` (number of the segment
        within it), ``folder`` (the recording lies in), ``channel``, ``onset_s``, ``offset_s``, ``label``,
        ``annotator``, then what a table of the recordings says of each (see `join_metadata`).
    audit
        One row a recording (see `build_audit_table`).
    skipped
        What is left out, and why; columns `SKIPPED_SCHEMA`.
    """

    root: Path
    recordings: Mapping[str, AudioInfo]
    means: Mapping[str, float]
    segments: pl.DataFrame
    audit: pl.DataFrame
    skipped: pl.DataFrame

    @property
    def sample_rates_hz(self) -> list[int]:
        """The rates of the recordings, each once, in order."""
        return sorted({info.sample_rate_hz for info in self.recordings.values()})

    def describe_sources(self) -> list[SourceFile]:
        """Return name, size and hash of each recording."""
        return describe_sources([self.root / name for name in self.recordings], self.root)


def gather_segments(
    source: Path,
    reading: SegmentReading,
    progress: Progress | None = None,
    item_columns: Collection[str] = SYLLABLE_COLUMNS,
    advice: str = "",
) -> GatheredSegments:
    """Find the recordings at `source` (a file or folder) and their segments, and check both.

    Parameters
    ----------
    source
        A folder of recordings, or one.
    reading
        Which segments.
    progress
        Told the recordings checked and the recordings in all.
    item_columns
        What is computed for each item: no column of a table of the recordings may be named so.
    advice
        What else can be done where nothing is annotated.

    Raises
    ------
    SubsongError
        When there are no recordings that can be used or no segments, or in strict mode when a recording or a file of
        annotations cannot be used.
    """
    root = source if source.is_dir() else source.parent
    paths = find_audio(source)
    # Before recordings are read from start to end, which may take hours.
    found = find_source_annotations(source, paths, root, reading, advice)
    usable = find_usable_recordings(source, paths, reading, progress)
    table, unusable = divide_by_recording(found, usable.reasons)
    table, elsewhere = _divide_by_channel(table, usable.recordings, reading.channel)
    checked = check_segments(table, {name: info.duration_s for name, info in usable.recordings.items()})
    kept, too_short = _divide_by_duration(checked.kept, reading.min_duration_s)
    numbered, chosen = _leave_out(_number_rows(kept), reading)
    left_out = [list_unmatched(source, found), unusable, elsewhere, list_problems(checked.problems), too_short, chosen]
    skipped = pl.concat(left_out)
    if numbered.height == 0:
        raise SubsongError(_explain_nothing(source, found.table.height, skipped) + advice)
    return pick_recordings(usable, join_metadata(numbered, root, item_columns), skipped)


def pick_recordings(usable: UsableRecordings, segments: pl.DataFrame, skipped: pl.DataFrame) -> GatheredSegments:
    """Return segments with the recordings they lie in."""
    sources = set(segments["source"])
    recordings = {name: info for name, info in usable.recordings.items() if name in sources}
    means = {name: usable.means[name] for name in recordings}
    return GatheredSegments(usable.root, recordings, means, segments, usable.audit, skipped)


def list_skipped(table: pl.DataFrame, reasons: pl.Series | pl.Expr) -> pl.DataFrame:
    """Return segments as rows of the table of what was skipped."""
    columns = [pl.col(name) for name in SKIPPED_SCHEMA if name != "reason"]
    return table.select(*columns, reasons.alias("reason")).cast(pl.Schema(SKIPPED_SCHEMA))


def find_source_annotations(
    source: Path, paths: list[Path], root: Path, reading: AnnotatedReading, advice: str = ""
) -> FoundAnnotations:
    """Return the annotations of the recordings `paths`, which were found at `source` (a file or folder).

    Raises
    ------
    SubsongError
        When there are none, or they cannot be read; ends with `advice`.
    """
    if source.is_file():
        # A single file that is no recording is a slip of the user, whatever lies beside it.
        is_bare = source.suffix.lower() == ".npy"
        read_audio_info(source, reading.audit.sample_rate_hz if is_bare else None)
    annotations = None if reading.annotations is None else reading.annotations.expanduser()
    try:
        return find_annotations(paths, root, annotations, reading.annotation_format, reading.audit.mode)
    except SubsongError as error:
        raise SubsongError(f"{error}{advice}") from error


def list_unmatched(source: Path, found: FoundAnnotations) -> pl.DataFrame:
    """Return what has no annotations, and annotations that have no recording, as rows of what was skipped."""
    rows = [(name, "the recording has no annotations") for name in found.recordings_without]
    rows += [(name, f"its annotations cannot be read: {reason}") for name, reason in found.unreadable.items()]
    if source.is_dir():
        rows += [(name, "these annotations have no recording") for name in found.annotations_without]
    return pl.DataFrame([(name, None, None, None, reason) for name, reason in rows], SKIPPED_SCHEMA, orient="row")


def divide_by_recording(found: FoundAnnotations, reasons: Mapping[str, str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the annotations of recordings that can be used, and the others as skipped."""
    is_lost = pl.col("recording").is_in(list(reasons))
    reason = pl.col("recording").replace_strict(dict(reasons), default=None, return_dtype=pl.String)
    return found.table.filter(~is_lost), list_skipped(found.table.filter(is_lost), reason)


def _divide_by_channel(
    table: pl.DataFrame, recordings: Mapping[str, AudioInfo], channel: Channel
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the annotations that may be of the channel that is read, and those said to be of another as skipped."""
    if not isinstance(channel, int):
        return table, _list_segments(table.clear(), "")
    several = [name for name, info in recordings.items() if info.num_channels > 1]
    is_other = pl.col("recording").is_in(several) & pl.col("channel").is_not_null() & (pl.col("channel") != channel)
    reason = pl.format(f"is of channel {{}}, and channel {channel} is read", "channel")
    return table.filter(~is_other), list_skipped(table.filter(is_other), reason)


def _list_segments(table: pl.DataFrame, reason: str) -> pl.DataFrame:
    return list_skipped(table, pl.lit(reason))


def list_problems(problems: pl.DataFrame) -> pl.DataFrame:
    """Return the segments that were dropped, and those that were changed, which are kept but named."""
    return list_skipped(problems.with_columns(pl.lit(None, pl.String).alias("label")), pl.col("problem"))


def _divide_by_duration(table: pl.DataFrame, min_duration_s: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    is_long = pl.col("offset_s") - pl.col("onset_s") >= min_duration_s
    return table.filter(is_long), _list_segments(
        table.filter(~is_long), f"shorter than min_duration_s = {min_duration_s:g}"
    )


def _leave_out(segments: pl.DataFrame, reading: SegmentReading) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the segments without those that were chosen to be left out, and these as skipped."""
    if reading.leave_out is None:
        return segments, pl.DataFrame(schema=SKIPPED_SCHEMA)
    kept, chosen = divide_by_selection(segments, reading.leave_out.expanduser())
    return kept, _list_segments(chosen.rename({"source": "recording"}), f"named in {reading.leave_out}")


def _number_rows(table: pl.DataFrame) -> pl.DataFrame:
    ordered = table.sort("recording", "onset_s", "offset_s", maintain_order=True)
    return ordered.select(
        pl.col("recording").alias("source"),
        pl.int_range(pl.len()).over("recording").alias("row"),
        pl.col("recording").str.extract(r"^(.*)/[^/]*$").fill_null(".").alias("folder"),
        *("channel", "onset_s", "offset_s", "label", "annotator"),
    )


def _explain_nothing(source: Path, num_annotations: int, skipped: pl.DataFrame) -> str:
    if num_annotations and skipped.height:
        reason, count = skipped["reason"].value_counts(sort=True).row(0)
        return f"{source} has no segments: none of {num_annotations} annotations can be used ({count}: {reason})"
    return (
        f"{source} has no segments: its annotations are empty; name others with --set annotations=PATH, or "
        "find segments with 'subsong segment'"
    )
