"""One set of annotations scored against another, from any tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.core.errors import SubsongError
from subsong.evaluation.annotations.agreement import count_edits, count_recording_frames
from subsong.evaluation.annotations.counting import count_matches
from subsong.evaluation.annotations.options import ScoringOptions
from subsong.evaluation.annotations.outcomes import count_confusions, get_errors, list_outcomes
from subsong.evaluation.annotations.scope import Scope, build_scope
from subsong.evaluation.annotations.tables import (
    build_class_table,
    build_curve_table,
    build_recording_counts,
    build_recording_table,
    build_summary,
)
from subsong.evaluation.annotations.timing import describe_errors

_NO_DURATIONS: Mapping[str, float] = MappingProxyType({})


class AnnotationScores(NamedTuple):
    """How well one set of annotations agrees with another.

    Attributes
    ----------
    summary
        One row a score over all recordings: ``score``, ``value``, ``low`` and ``high`` (95 % bootstrap interval),
        ``numerator``, ``denominator``. Scores are ``<criterion>_precision``, ``_recall`` and ``_f1`` (criteria ``iou``,
        ``edges``, ``onset``, ``event``), ``frame_precision``, ``frame_recall``, ``frame_f1`` (any sound),
        ``frame_error`` (all frames), ``frame_error_in_sound`` (frames of true segments) and ``syllable_error_rate``.
        What cannot be computed has no row.
    curves
        F1, precision and recall along limits: ``criterion``, ``unit``, ``limit``, the counts, ``precision``,
        ``recall``, ``f1``, ``low``, ``high``.
    timing
        Distribution of the errors of edges; see `describe_errors`.
    errors_s
        The errors themselves: edge -> seconds, found minus true.
    per_class
        One row a label and criterion.
    per_recording
        One row a recording: counts, and every score of the summary.
    matches
        One row a pair, miss and extra; see `list_outcomes`.
    confusion
        See `count_confusions`.
    uses_labels
        Whether only annotations of equal label agree.
    interval_units
        What the intervals are over: ``recordings``, or ``annotations`` where there is one recording.
    options
        As given.
    warnings
        What a reader has to know before believing the numbers.
    """

    summary: pl.DataFrame
    curves: pl.DataFrame
    timing: pl.DataFrame
    errors_s: dict[str, np.ndarray]
    per_class: pl.DataFrame
    per_recording: pl.DataFrame
    matches: pl.DataFrame
    confusion: pl.DataFrame
    uses_labels: bool
    interval_units: str
    options: ScoringOptions
    warnings: tuple[str, ...]


def score_annotations(
    found: pl.DataFrame,
    truth: pl.DataFrame,
    options: ScoringOptions | None = None,
    durations_s: Mapping[str, float] = _NO_DURATIONS,
    windows: pl.DataFrame | None = None,
    recordings: Sequence[str] | None = None,
) -> AnnotationScores:
    """Score one set of annotations against another.

    Parameters
    ----------
    found, truth
        Columns as in `ANNOTATION_SCHEMA`; recordings have the same names in both.
    options
        Limits, labels, windows.
    durations_s
        Length of each recording; frame errors need it, as silence is part of the recording.
    windows
        Annotations that mark where the truth is complete; beside those that ``options.within`` names. All of the truth
        counts wherever it lies; what is found beyond it is extra within windows and within true segments, and is not
        judged elsewhere.
    recordings
        Those that are scored; by default those of the truth, so that recordings nobody annotated do not count.

    Raises
    ------
    SubsongError
        When there is nothing to compare, or the sets have no recording in common.

    Notes
    -----
    Precision is matched / found, recall matched / true, F1 their harmonic mean ``2 matched / (true + found)``.
    Annotations are matched one to one within a recording (a channel, where both sets name it), segments with segments,
    events with events.
    """
    options = options or ScoringOptions()
    scope = build_scope(found, truth, options, durations_s, windows, recordings)
    if not scope.truth.height and not scope.found.height:
        raise SubsongError("neither set has an annotation to compare: check that the right files were given")
    counts, along = count_matches(scope, options)
    has_segments = any((table["kind"] == "segment").any() for table in (scope.truth, scope.found))
    edits = count_edits(scope) if has_segments and scope.uses_labels and scope.windows is None else None
    units = build_recording_counts(scope, counts, count_recording_frames(scope, options.frame_s), edits)
    outcomes = list_outcomes(scope)
    errors_s = get_errors(outcomes, options.min_iou)
    is_one = len(scope.recordings) == 1
    return AnnotationScores(
        build_summary(units, options),
        build_curve_table(along, scope.recordings, options),
        describe_errors(errors_s),
        errors_s,
        build_class_table(counts, scope.recordings, options),
        build_recording_table(units, scope),
        outcomes,
        count_confusions(outcomes),
        scope.uses_labels,
        "annotations" if is_one else "recordings",
        options,
        (*scope.warnings, *_warn_of_numbers(scope, is_one, has_segments)),
    )


def _warn_of_numbers(scope: Scope, is_one: bool, has_segments: bool) -> list[str]:
    said = []
    if is_one:
        said.append(
            "There is one recording: intervals are over its annotations, which are alike, and say nothing of another "
            "recording; frame errors and the syllable error rate have none."
        )
    elif len(scope.recordings) < 5:
        said.append(f"Intervals over {len(scope.recordings)} recordings are rough, and mostly too narrow.")
    if has_segments and scope.windows is None and not np.isfinite(scope.durations_s).all():
        said.append(
            "The length of the recordings is not known: the frame error over all frames, silence included, is not "
            "computed; give the recordings."
        )
    said += [
        f"{label!r} is a segment in one set and an event (a point) in the other: such rows never agree."
        for label in (scope.classes if scope.uses_labels else ())
        if _differs_in_kind(scope, label)
    ]
    return said


def _differs_in_kind(scope: Scope, label: str) -> bool:
    kinds = [set(table.filter(pl.col("label") == label)["kind"]) for table in (scope.truth, scope.found)]
    return all(kinds) and not kinds[0] & kinds[1]
