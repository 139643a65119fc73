"""Annotations that cannot be: named by recording and row, with a guess where all times are in another unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.datasets.song.labels import name_rows
from subsong.datasets.syllables.gathering import list_problems
from subsong.sources.annotations import check_segments
from subsong.sources.audio import AudioInfo

_DROPPED, _AGAIN, _OVERLAP = "; dropped", "same as an earlier row", "overlaps an earlier segment"
_LARGEST_COVERAGE = 1.02


class CheckedAnnotations(NamedTuple):
    """Annotations that can be used, and what was found.

    Attributes
    ----------
    kept
        Sorted; columns as in `ANNOTATION_SCHEMA`.
    skipped
        What was dropped, changed or deserves a look; see `list_skipped`.
    """

    kept: pl.DataFrame
    skipped: pl.DataFrame


def check_annotations(
    table: pl.DataFrame, recordings: Mapping[str, AudioInfo], may_skip: bool = False, may_overlap: bool = True
) -> CheckedAnnotations:
    """Check annotations against their recordings.

    Parameters
    ----------
    table
        Columns as in `ANNOTATION_SCHEMA` and ``number``: which one of its recording each is.
    recordings
        The recordings, all of those that `table` names, at their own rates.
    may_skip
        Leave out rows that cannot be, in place of an error. Times in another unit are an error all the same.
    may_overlap
        Whether segments of one channel and annotator may overlap; else that is an error.

    Raises
    ------
    SubsongError
        When most annotations of a recording lie past its end, a row cannot be, or segments overlap that may not; names
        recording and row.
    """
    _check_units(table, recordings)
    durations_s = {name: info.duration_s for name, info in recordings.items()}
    checked = check_segments(table, durations_s, keep_events=True)
    is_fault = pl.col("problem").str.ends_with(_DROPPED) & ~pl.col("problem").str.starts_with(_AGAIN)
    faults = checked.problems.filter(is_fault)
    if faults.height and not may_skip:
        raise SubsongError(_explain_faults(table, faults))
    overlaps = checked.problems.filter(pl.col("problem").str.starts_with(_OVERLAP))
    if overlaps.height and not may_overlap:
        raise SubsongError(
            f"{name_rows(table[overlaps['row'].to_list()])}: overlaps an earlier segment; mend the annotations, or "
            "allow it with --set overlaps=keep"
        )
    return CheckedAnnotations(checked.kept, list_problems(checked.problems))


def _explain_faults(table: pl.DataFrame, faults: pl.DataFrame) -> str:
    reason = faults["problem"][0]
    alike = faults.filter(pl.col("problem") == reason)
    others = faults.height - alike.height
    more = f"; {count_noun(others, 'other row')} cannot be used either" if others else ""
    return (
        f"{name_rows(table[alike['row'].to_list()])}: {reason.removesuffix(_DROPPED)}{more}; mend the annotations, or "
        "leave such rows out with --set bad_rows=skip"
    )


def _check_units(table: pl.DataFrame, recordings: Mapping[str, AudioInfo]) -> None:
    """Refuse annotations that mostly lie past the ends of their recordings."""
    ends = {name: info.duration_s for name, info in recordings.items()}
    end_s = pl.col("recording").replace_strict(ends, return_dtype=pl.Float64)
    times = table.filter(pl.col("offset_s").is_finite()).group_by("recording", maintain_order=True)
    found = times.agg(
        pl.len().alias("num"),
        (pl.col("onset_s") > end_s).sum().alias("num_past"),
        pl.col("offset_s").max().alias("last"),
    )
    wrong = found.filter(2 * pl.col("num_past") > pl.col("num"))
    if wrong.height:
        name, num, num_past, last = wrong.row(0)
        unit = _guess_unit(wrong, recordings)
        raise SubsongError(
            f"{name}: {num_past:,} of {count_noun(num, 'annotation')} begin past its end ({ends[name]:.3f} s; the last "
            f"ends at {last:g}): {unit}write them in seconds, or name their format with --set annotation_format=NAME"
        )


def _guess_unit(wrong: pl.DataFrame, recordings: Mapping[str, AudioInfo]) -> str:
    """Return which unit fills the recordings best with their annotations, in words."""
    last = dict(wrong.select("recording", "last").iter_rows())
    covered = {
        "milliseconds": max(time / (1000 * recordings[name].duration_s) for name, time in last.items()),
        "samples": max(time / recordings[name].num_samples for name, time in last.items()),
    }
    fitting = {unit: share for unit, share in covered.items() if share <= _LARGEST_COVERAGE}
    if not fitting:
        return "they belong to another recording, or to a longer one that it was cut from; "
    return f"the times look like {max(fitting, key=lambda unit: fitting[unit])}, not seconds; "
