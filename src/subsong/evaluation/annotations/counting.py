"""Annotations found, missed and extra, counted by recording and class, under each way of agreeing.

Legend: T = true annotations, N = found ones, R = recordings, C = classes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.evaluation.annotations.matching import (
    Candidates,
    Spans,
    find_edges,
    find_onsets,
    find_overlaps,
    match_candidates,
)
from subsong.evaluation.annotations.options import IOUS, TOLERANCES_S, ScoringOptions
from subsong.evaluation.annotations.scope import Scope

COUNT_COLUMNS = ("num_truth", "num_found", "num_matched")


class Criterion(NamedTuple):
    """A way of agreeing.

    Attributes
    ----------
    name
        ``iou`` (overlap), ``edges`` (onset and offset), ``onset`` (alone) or ``event``.
    kind
        What it is of: ``segment`` or ``event``.
    unit
        Of its limits: ``IoU`` or ``s``.
    limits
        Of its curve, the loosest first or last.
    """

    name: str
    kind: str
    unit: str
    limits: tuple[float, ...]

    def find(self, truth: Spans, found: Spans, limit: float) -> Candidates:
        """Return the pairs that agree within a limit."""
        finders: dict[str, Callable[[Spans, Spans, float], Candidates]] = {"iou": find_overlaps, "edges": find_edges}
        return finders.get(self.name, find_onsets)(truth, found, limit)

    def to_distance(self, limit: float) -> float:
        """Return a limit in the unit of the candidates' distance."""
        return 1.0 - limit if self.name == "iou" else limit

    def get_limit(self, options: ScoringOptions) -> float:
        """Return the limit of the one number that stands for the criterion."""
        return options.min_iou if self.name == "iou" else options.tolerance_s


CRITERIA = (
    Criterion("iou", "segment", "IoU", IOUS),
    Criterion("edges", "segment", "s", TOLERANCES_S),
    Criterion("onset", "segment", "s", TOLERANCES_S),
    Criterion("event", "event", "s", TOLERANCES_S),
)


def count_matches(scope: Scope, options: ScoringOptions) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the counts at the options' limits, and those along the curves.

    Returns
    -------
    counts
        ``criterion``, ``recording``, ``label``, ``num_truth``, ``num_found``, ``num_matched``; one row for each class
        of a recording that has any.
    curves
        ``criterion``, ``unit``, ``limit``, ``recording`` and the counts, all classes together.
    """
    is_judged_N = find_judged(scope)
    counts, curves = [], []
    for criterion in CRITERIA:
        for limit, num_3RC in _count(scope, criterion, is_judged_N, options):
            if limit == criterion.get_limit(options):
                counts.append((criterion, limit, num_3RC))
            if limit in criterion.limits:
                curves.append((criterion, limit, num_3RC.sum(axis=2, keepdims=True)))
    by_class, pooled = _tabulate(counts, scope.recordings, scope.classes), _tabulate(curves, scope.recordings, ("",))
    return by_class.drop("unit", "limit"), pooled.drop("label")


def find_judged(scope: Scope) -> np.ndarray:
    """Return which found annotations count as extra when nothing true stands for them, bool, shape (N,).

    All do, unless there are windows: then those whose middle lies in a window or in a true segment.
    """
    if scope.windows is None:
        return np.ones(scope.found.height, bool)
    stretches = pl.concat([scope.windows, scope.truth.select(scope.windows.columns)])
    middle_N = (scope.found["onset_s"] + scope.found["offset_s"]).to_numpy() / 2
    end_s = max(float(stretches["offset_s"].max() or 0.0), float(middle_N.max(initial=0.0))) + 1.0  # type: ignore[arg-type]
    base = end_s * stretches["place"].to_numpy()
    starts, stops = (np.sort(base + stretches[name].to_numpy()) for name in ("onset_s", "offset_s"))
    key_N = end_s * scope.found["place"].to_numpy() + middle_N
    begun, ended = (np.searchsorted(ends, key_N, side="right") for ends in (starts, stops))
    judged: np.ndarray = begun > ended
    return judged


def get_spans(table: pl.DataFrame, scope: Scope, by_class: bool) -> Spans:
    """Return annotations as spans, grouped by place and, if wished, by class."""
    group = table["place"].to_numpy()
    if by_class:
        group = group * len(scope.classes) + table["class"].to_numpy()
    return Spans(table["onset_s"].to_numpy(), table["offset_s"].to_numpy(), group)


def _count(
    scope: Scope, criterion: Criterion, is_judged_N: np.ndarray, options: ScoringOptions
) -> Iterator[tuple[float, np.ndarray]]:
    """Yield each limit of a criterion with its true, found and matched annotations, shape (3, R, C)."""
    is_kind = pl.col("kind") == criterion.kind
    truth, found = scope.truth.filter(is_kind), scope.found.filter(is_kind)
    if not truth.height and not found.height:
        return
    limits = sorted({*criterion.limits, criterion.get_limit(options)})
    spans = [get_spans(table, scope, by_class=True) for table in (truth, found)]
    loosest = limits[0] if criterion.name == "iou" else limits[-1]
    candidates = criterion.find(spans[0], spans[1], loosest)
    is_judged = is_judged_N[(scope.found["kind"] == criterion.kind).to_numpy()]
    cell_T, cell_N = (_find_cells(table, scope) for table in (truth, found))
    shape = len(scope.recordings), len(scope.classes)
    for limit in limits:
        pairs = match_candidates(candidates, criterion.to_distance(limit))
        counts = is_judged.copy()
        counts[pairs.found] = True
        cells = (cell_T, cell_N[counts], cell_T[pairs.truth])
        yield limit, np.stack([np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape) for cell in cells])


def _find_cells(table: pl.DataFrame, scope: Scope) -> np.ndarray:
    """Return recording and class of each annotation as one number."""
    recording = scope.place_recording[table["place"].to_numpy()]
    return np.asarray(recording * len(scope.classes) + table["class"].to_numpy(), np.int64)


def _tabulate(
    counted: Sequence[tuple[Criterion, float, np.ndarray]], recordings: Sequence[str], classes: Sequence[str]
) -> pl.DataFrame:
    """Return one row for each cell that holds anything."""
    used = [np.nonzero(num_3RC[0] + num_3RC[1]) for _, _, num_3RC in counted]
    times = [len(recording) for recording, _ in used]
    part = np.repeat(np.arange(len(counted)), times).tolist()
    nums = [num_3RC[:, recording, label] for (_, _, num_3RC), (recording, label) in zip(counted, used, strict=True)]
    columns = np.concatenate([np.empty((3, 0), np.int64), *nums], axis=1)
    return pl.DataFrame(
        {
            "criterion": [counted[number][0].name for number in part],
            "unit": [counted[number][0].unit for number in part],
            "limit": [counted[number][1] for number in part],
            "recording": [recordings[number] for recording, _ in used for number in recording.tolist()],
            "label": [classes[number] for _, label in used for number in label.tolist()],
            **dict(zip(COUNT_COLUMNS, columns, strict=True)),
        },
        schema=_SCHEMA,
    )


_SCHEMA: dict[str, type[pl.DataType]] = {
    **{"criterion": pl.String, "unit": pl.String, "limit": pl.Float64, "recording": pl.String, "label": pl.String},
    **dict.fromkeys(COUNT_COLUMNS, pl.Int64),
}
