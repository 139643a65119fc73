"""Finding recordings and their segments, and checking both before anything is computed.

Nothing is lost without a word: what cannot be used is listed with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.datasets.syllables.reading import SyllableReading
from subsong.sources.annotations import check_segments, find_annotations
from subsong.sources.audio import AudioInfo, audit_recordings, build_audit_table, find_audio

Progress = Callable[[int, int], None]
METADATA_NAME = "files.csv"
_RECORDING_COLUMNS = ("audio_file", "recording", "file")
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
    segments
        One row a segment, by recording and onset: ``source`` (name of the recording), ``row`` (number of the segment
        within it), ``folder`` (the recording lies in), ``channel``, ``onset_s``, ``offset_s``, ``label``,
        ``annotator``, then what the table `METADATA_NAME` says of the recording (individual, session, ...).
    audit
        One row a recording (see `build_audit_table`).
    skipped
        What is left out, and why; columns `SKIPPED_SCHEMA`.
    """

    root: Path
    recordings: Mapping[str, AudioInfo]
    segments: pl.DataFrame
    audit: pl.DataFrame
    skipped: pl.DataFrame


def gather_segments(source: Path, reading: SyllableReading, progress: Progress | None = None) -> GatheredSegments:
    """Find the recordings at `source` (a file or folder) and their segments, and check both.

    Raises
    ------
    SubsongError
        When there are no recordings or no segments, or in strict mode a recording cannot be used.
    """
    root = source if source.is_dir() else source.parent
    paths = find_audio(source)
    audits = audit_recordings(paths, reading.audit, reading.channel, progress)
    names = {audit.path.relative_to(root).as_posix(): audit for audit in audits}
    usable = {name: audit.info for name, audit in names.items() if audit.is_usable and audit.info is not None}
    found = find_annotations(paths, root, reading.annotations, reading.annotation_format)
    table = found.table.filter(pl.col("recording").is_in(list(names)))
    is_usable = pl.col("recording").is_in(list(usable))
    checked = check_segments(table.filter(is_usable), {name: info.duration_s for name, info in usable.items()})
    skipped = [
        _list_recordings(found.recordings_without, "the recording has no annotations"),
        _list_segments(table.filter(~is_usable), "the recording cannot be used: see the audit"),
        _list_problems(checked.problems),
    ]
    kept, too_short = _divide_by_duration(checked.kept, reading.min_duration_s)
    skipped.append(too_short)
    segments = _join_metadata(_number_rows(kept), root)
    if segments.height == 0:
        raise SubsongError(_explain_nothing(source, found.table.height, len(paths), len(usable)))
    sources = set(segments["source"])
    recordings = {name: info for name, info in usable.items() if name in sources}
    return GatheredSegments(root, recordings, segments, build_audit_table(audits, root), pl.concat(skipped))


def list_skipped(table: pl.DataFrame, reasons: pl.Series | pl.Expr) -> pl.DataFrame:
    """Return segments as rows of the table of what was skipped."""
    columns = [pl.col(name) for name in SKIPPED_SCHEMA if name != "reason"]
    return table.select(*columns, reasons.alias("reason")).cast(pl.Schema(SKIPPED_SCHEMA))


def _list_segments(table: pl.DataFrame, reason: str) -> pl.DataFrame:
    return list_skipped(table, pl.lit(reason))


def _list_recordings(names: list[str], reason: str) -> pl.DataFrame:
    rows = [(name, None, None, None, reason) for name in names]
    return pl.DataFrame(rows, schema=SKIPPED_SCHEMA, orient="row")


def _list_problems(problems: pl.DataFrame) -> pl.DataFrame:
    """Return the segments that were dropped, and those that were changed, which are kept but named."""
    return list_skipped(problems.with_columns(pl.lit(None, pl.String).alias("label")), pl.col("problem"))


def _divide_by_duration(table: pl.DataFrame, min_duration_s: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    is_long = pl.col("offset_s") - pl.col("onset_s") >= min_duration_s
    return table.filter(is_long), _list_segments(
        table.filter(~is_long), f"shorter than min_duration_s = {min_duration_s:g}"
    )


def _number_rows(table: pl.DataFrame) -> pl.DataFrame:
    ordered = table.sort("recording", "onset_s", "offset_s", maintain_order=True)
    return ordered.select(
        pl.col("recording").alias("source"),
        pl.int_range(pl.len()).over("recording").alias("row"),
        pl.col("recording").str.extract(r"^(.*)/[^/]*$").fill_null(".").alias("folder"),
        *("channel", "onset_s", "offset_s", "label", "annotator"),
    )


def _join_metadata(segments: pl.DataFrame, root: Path) -> pl.DataFrame:
    """Add what a table of the recordings says of each: individual, session, day, ..."""
    path = root / METADATA_NAME
    if not path.is_file():
        return segments
    metadata = pl.read_csv(path, infer_schema=False)
    key = next((name for name in _RECORDING_COLUMNS if name in metadata.columns), None)
    if key is None:
        raise SubsongError(
            f"{path} tells of recordings but does not name them: expected a column {' or '.join(_RECORDING_COLUMNS)}, "
            f"found {', '.join(metadata.columns)}"
        )
    twice = metadata.filter(pl.col(key).is_duplicated())
    if twice.height:
        raise SubsongError(f"{path} names the recording {twice[key][0]} twice: expected one row a recording")
    known = {key, *segments.columns, "n_samples", "sample_rate", "duration_s", "n_units"}
    columns = [name for name in metadata.columns if name not in known]
    return segments.join(
        metadata.select(key, *columns), left_on="source", right_on=key, how="left", maintain_order="left"
    )


def _explain_nothing(source: Path, num_annotations: int, num_recordings: int, num_usable: int) -> str:
    return (
        f"{source} gives no syllables: {num_recordings} recordings, {num_usable} of them usable, {num_annotations} "
        "annotations; lay the annotations beside the recordings or name them with --set annotations=PATH, or find "
        "segments with 'subsong segment'"
    )
